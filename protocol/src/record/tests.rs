use super::*;
use alloc::string::String;

fn sample() -> Vec<u8> {
    encode(Kind::Exit, &String::from("payload")).expect("encodes")
}

#[test]
fn what_goes_in_comes_out() {
    assert_eq!(decode::<String>(Kind::Exit, &sample()).as_deref(), Ok("payload"));
}

#[test]
fn another_kind_is_foreign() {
    assert_eq!(decode::<String>(Kind::Container, &sample()), Err(RecordError::Foreign));
}

#[test]
fn a_record_of_another_format_is_foreign_however_whole_it_is() {
    let mut bytes = sample();
    bytes[4] -= 1;
    let checked = bytes.len() - CHECKSUM_BYTES;
    let checksum = fnv1a(&bytes[..checked]).to_le_bytes();
    bytes[checked..].copy_from_slice(&checksum);
    assert_eq!(decode::<String>(Kind::Exit, &bytes), Err(RecordError::Foreign));
}

#[test]
fn every_truncation_is_noticed() {
    let bytes = sample();
    for end in 0..bytes.len() {
        assert_eq!(decode::<String>(Kind::Exit, &bytes[..end]), Err(RecordError::Truncated), "cut at {end}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = sample();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(decode::<String>(Kind::Exit, &damaged).is_err(), "bit {bit}");
    }
}
