use super::*;

#[test]
fn ids_go_in_and_out() {
    let owners = Owners::of(0x7000_0000);
    assert_eq!(owners.inside(0x7000_0000), 0);
    assert_eq!(owners.inside(0x7000_03e8), 1000);
    assert_eq!(owners.outside(1000), Some(0x7000_03e8));
}

#[test]
fn ids_that_the_container_lacks_are_nobody_or_nothing() {
    let owners = Owners::of(0x7000_0000);
    assert_eq!(owners.inside(0), NOBODY);
    assert_eq!(owners.inside(0x7001_0000), NOBODY);
    assert_eq!(owners.outside(65536), None);
}

#[test]
fn without_own_ids_nothing_changes() {
    assert_eq!(Owners::of(0), Owners::Same);
    assert_eq!(Owners::Same.inside(70000), 70000);
    assert_eq!(Owners::Same.outside(70000), Some(70000));
}
