use super::*;

const MIB: u64 = 1 << 20;

#[test]
fn a_gzip_layer_says_what_it_unpacks_to() {
    let end = |bytes: u64| u32::try_from(bytes % ISIZE_MODULUS).unwrap().to_le_bytes();
    assert_eq!(claimed_bytes(10 * MIB, &end(35 * MIB)), 35 * MIB);
    assert_eq!(claimed_bytes(3000 * MIB, &end(6000 * MIB)), 6000 * MIB);
    assert_eq!(claimed_bytes(MIB, &end(MIB - 100)), MIB - 100, "packed, it can be longer by a little");
}

#[test]
fn what_makes_no_sense_counts_as_what_is_fetched() {
    assert_eq!(claimed_bytes(MIB, &u32::MAX.to_le_bytes()), MIB);
    assert_eq!(claimed_bytes(MIB, b""), MIB);
}
