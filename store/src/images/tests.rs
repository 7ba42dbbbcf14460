use super::*;

#[test]
fn references_are_file_names() {
    for text in ["docker.io/library/redis:7", "host.example:5000/a/b/c:x", "localhost/a:b_C.1-2"] {
        let name = encoded(text);
        assert!(!name.contains('/') && name.len() < 255);
        assert_eq!(decoded(&name), text);
    }
    let longest = format!("{}:{}", "a/".repeat(26) + "b", "t".repeat(128));
    let reference = Reference::parse(&longest).unwrap();
    assert!(encoded(&reference.to_string()).len() <= 255, "{}", encoded(&reference.to_string()).len());
}

#[test]
fn prefixes() {
    let ids = [Digest::of(b"a"), Digest::of(b"b")];
    let hex = ids[0].hex();
    assert_eq!(by_prefix(&ids, &hex[..12]).unwrap(), Found::ById(ids[0]));
    assert_eq!(by_prefix(&ids, &format!("sha256:{}", &hex[..3])).unwrap(), Found::ById(ids[0]));
    assert!(matches!(by_prefix(&ids, ""), Err(FindError::NotFound(_))));
    assert!(matches!(by_prefix(&[ids[0], ids[0]], &hex[..1]), Err(FindError::Ambiguous(_, 2))));
}
