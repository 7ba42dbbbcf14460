use super::*;

const MIB: u64 = 1024 * 1024;

#[test]
fn a_layer_is_bound_by_what_comes_first() {
    let bound = |asked: Option<u64>, stored, usable| {
        let (bytes, bound) = Allowance::of(asked).bound(stored, usable);
        (
            bytes,
            match bound {
                Bound::Size => "size",
                Bound::Ratio => "ratio",
                Bound::Disk => "disk",
            },
        )
    };
    assert_eq!(bound(None, 321 * 1024, None), (RATIO_FREE_BYTES, "ratio"));
    assert_eq!(bound(None, 10 * MIB, None), (1000 * MIB, "ratio"));
    assert_eq!(bound(None, 100 * MIB, None), (IMAGE_BYTES_DEFAULT, "size"));
    assert_eq!(bound(Some(MIB), 1024, None), (MIB, "size"));
    assert_eq!(bound(Some(64 * 1024 * MIB), 1024, None), (64 * 1024 * MIB, "size"));
    assert_eq!(bound(None, 10 * MIB, Some(MIB)), (MIB, "disk"));
    assert_eq!(bound(None, u64::MAX, None), (IMAGE_BYTES_DEFAULT, "size"));
}
