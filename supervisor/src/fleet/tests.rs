use super::*;

#[test]
fn the_time_of_the_build_is_digits_or_unknown() {
    assert_eq!(seconds(b"1767225600"), 1_767_225_600);
    assert_eq!([seconds(b""), seconds(b"yesterday"), seconds(b"99999999999999999999")], [0, 0, 0]);
}
