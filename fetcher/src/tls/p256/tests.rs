//! Against ring, which has all of this from elsewhere.

use super::*;
use ring::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

#[test]
fn both_sides_come_to_the_same_secret() {
    for _ in 0..20 {
        let random = SystemRandom::new();
        let theirs = EphemeralPrivateKey::generate(&agreement::ECDH_P256, &random).expect("a key");
        let their_public = theirs.compute_public_key().expect("a point");
        let ours = Group.start().expect("random numbers");
        let our_public = UnparsedPublicKey::new(&agreement::ECDH_P256, ours.pub_key().to_vec());
        let shared = agree_ephemeral(theirs, &our_public, <[u8]>::to_vec).expect("our point is one");
        let also = ours.complete(their_public.as_ref()).expect("their point is one");
        assert_eq!(shared, also.secret_bytes());
    }
}

#[test]
fn what_is_no_point_of_the_curve_is_refused() {
    let good = Group.start().expect("random numbers").pub_key().to_vec();
    let mut off_the_curve = good.clone();
    off_the_curve[64] ^= 1;
    let mut compressed = good[..33].to_vec();
    compressed[0] = 2 + (good[64] & 1);
    let too_large = [&[4][..], &[0xff; 64]].concat();
    for bad in [
        &[][..],
        &[0],
        &[4],
        &good[..64],
        &[&good[..], &[0]].concat(),
        &off_the_curve,
        &compressed,
        &too_large,
    ] {
        let ours = Group.start().expect("random numbers");
        let refused = ours.complete(bad).err();
        assert_eq!(refused, Some(PeerMisbehaved::InvalidKeyShare.into()), "{bad:?}");
    }
}

#[test]
fn a_signature_counts_for_its_message_and_key_alone() {
    const SHA256: Ecdsa = Ecdsa { hash: &ring::digest::SHA256, identifier: alg_id::ECDSA_SHA256 };
    const SHA384: Ecdsa = Ecdsa { hash: &ring::digest::SHA384, identifier: alg_id::ECDSA_SHA384 };
    let random = SystemRandom::new();
    let pair = || {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random)
            .expect("the same key")
    };
    let (one, other) = (pair(), pair());
    let signature = one.sign(&random, b"message").expect("a signature");
    let (key, signature) = (one.public_key().as_ref(), signature.as_ref());
    assert!(SHA256.verify_signature(key, b"message", signature).is_ok());
    assert!(SHA256.verify_signature(key, b"massage", signature).is_err());
    assert!(SHA256.verify_signature(other.public_key().as_ref(), b"message", signature).is_err());
    assert!(SHA384.verify_signature(key, b"message", signature).is_err());
    assert!(SHA256.verify_signature(&key[1..], b"message", signature).is_err());
    for at in 0..signature.len() {
        let mut changed = signature.to_vec();
        changed[at] ^= 1;
        assert!(SHA256.verify_signature(key, b"message", &changed).is_err(), "byte {at}");
        assert!(SHA256.verify_signature(key, b"message", &signature[..at]).is_err(), "{at} bytes");
    }
}
