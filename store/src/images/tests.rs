use super::*;

#[test]
fn prefixes() {
    let ids = [Digest::of(b"a"), Digest::of(b"b")];
    let hex = ids[0].hex();
    assert_eq!(by_prefix(&ids, &hex[..12]).unwrap(), Found::ById(ids[0]));
    assert_eq!(by_prefix(&ids, &format!("sha256:{}", &hex[..3])).unwrap(), Found::ById(ids[0]));
    assert!(matches!(by_prefix(&ids, ""), Err(FindError::NotFound(_))));
    assert!(matches!(by_prefix(&[ids[0], ids[0]], &hex[..1]), Err(FindError::Ambiguous(_, 2))));
}
