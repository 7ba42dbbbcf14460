use super::*;

const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn text_and_back() {
    assert_eq!(Digest::parse(EMPTY).unwrap().to_string(), EMPTY);
    assert_eq!(Digest::of(b"").to_string(), EMPTY);
}

#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        "sha256:",
        "sha512:e3b0",
        &EMPTY[7..],
        &EMPTY.to_uppercase(),
        &format!("{EMPTY}0"),
        "sha256:../../etc/passwd",
    ] {
        assert!(Digest::parse(text).is_err(), "{text}");
    }
}

#[test]
fn claims_are_proven() {
    let empty = Digest::parse(EMPTY).unwrap();
    assert!(Claimed(vec![]).verify(&empty).is_ok());
    assert_eq!(Claimed(vec![1]).verify(&empty).unwrap_err().claimed, empty);
}

#[test]
fn hashes_what_flows() {
    let mut source: &[u8] = b"abc";
    let mut hashing = Hashing::new(&mut source);
    hashing.drain().unwrap();
    assert_eq!(hashing.count_bytes(), 3);
    assert_eq!(hashing.finish(), Digest::of(b"abc"));
}
