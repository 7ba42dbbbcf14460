//! Capabilities by name, and what adding and dropping come to.

use super::{CapabilityRules, NAMES, parse};

#[test]
fn names_have_their_numbers() {
    assert_eq!((parse("CHOWN"), parse("cap_net_admin"), parse("ALL")), (Ok(1), Ok(1 << 12), Ok(u64::MAX)));
    assert_eq!((parse("SYS_ADMIN"), parse("CHECKPOINT_RESTORE")), (Ok(1 << 21), Ok(1 << 40)));
    assert_eq!(NAMES.len(), 41);
    assert_eq!(
        parse("NET_ADMINN").expect_err("typo").to_string(),
        "no such capability; did you mean NET_ADMIN?"
    );
    assert_eq!(parse("").expect_err("empty").to_string(), "no such capability");
}

#[test]
fn all_comes_before_what_is_named_singly() {
    let (default, kernel) = (0b0110, 0b1111);
    for (add, drop, set) in [
        (0, 0, 0b0110),
        (0b1000, 0, 0b1110),
        (0, 0b0010, 0b0100),
        (0b1000, u64::MAX, 0b1000),
        (u64::MAX, 0b0001, 0b1110),
        (u64::MAX, u64::MAX, 0),
        (1 << 40, 0, 0b0110),
    ] {
        assert_eq!(CapabilityRules { add, drop }.apply(default, kernel), set, "{add:b} {drop:b}");
    }
}
