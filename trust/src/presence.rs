//! Showing who is at the other end of a connection, by a signature over the connection itself.
//!
//! In: what the TLS exporter of this connection gives. Out: a proof that counts on it and on no other.

use crate::envelope::holds;
use crate::sign::Secret;
use limpet_protocol::fleet::link::{EXPORTED_BYTES, Proof, proven};
use limpet_protocol::fleet::{BoardId, Signature};

/// The proof of whoever has this secret.
#[must_use]
pub fn prove(secret: &Secret, exported: &[u8; EXPORTED_BYTES], instance: [u8; 16]) -> Proof {
    let signature = secret.signature(&proven(exported, &instance));
    Proof { board: BoardId(secret.public()), instance, signature }
}

/// Whether it is a proof for this connection.
#[must_use]
pub fn is_proven(proof: &Proof, exported: &[u8; EXPORTED_BYTES]) -> bool {
    is_signed_by(proof.board, &proof.signature, exported, &proof.instance)
}

/// As [`is_proven`], for a proof that comes in parts.
#[must_use]
pub fn is_signed_by(
    board: BoardId,
    signature: &Signature,
    exported: &[u8; EXPORTED_BYTES],
    instance: &[u8; 16],
) -> bool {
    signature.key == board.0 && holds(signature, &proven(exported, instance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_counts_on_its_own_connection_only() {
        let secret = Secret::from_seed(&[9; 32]).expect("32 bytes");
        let proof = prove(&secret, &[1; EXPORTED_BYTES], [2; 16]);
        assert!(is_proven(&proof, &[1; EXPORTED_BYTES]));
        assert!(!is_proven(&proof, &[3; EXPORTED_BYTES]));
        assert!(!is_proven(&Proof { instance: [4; 16], ..proof }, &[1; EXPORTED_BYTES]));
        let other = Secret::from_seed(&[8; 32]).expect("32 bytes").public();
        assert!(!is_proven(&Proof { board: BoardId(other), ..proof }, &[1; EXPORTED_BYTES]));
    }
}
