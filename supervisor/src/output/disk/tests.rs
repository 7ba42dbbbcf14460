//! Sums and shares.

use super::Kind;

#[test]
fn what_is_not_in_use_can_be_had_back() {
    let mut kind = Kind::default();
    kind.add(3000, true);
    kind.add(1000, false);
    let row = kind.row("Containers");
    assert_eq!((&row["TotalCount"], &row["Active"]), (&"2".into(), &"1".into()));
    assert_eq!((&row["Size"], &row["Reclaimable"]), (&"4kB".into(), &"1kB (25%)".into()));
}

#[test]
fn nothing_is_no_division_by_zero() {
    assert_eq!(Kind::default().row("Images")["Reclaimable"], "0B (0%)");
}
