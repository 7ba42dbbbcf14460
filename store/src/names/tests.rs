use super::*;

#[test]
fn references_are_file_names() {
    for text in ["docker.io/library/redis:7", "host.example:5000/a/b/c:x", "localhost/a:b_C.1-2"] {
        let name = encoded(text);
        assert!(!name.contains('/') && name.len() < 255);
        assert_eq!(decoded(&name), text);
    }
    let longest = format!("{}:{}", "a/".repeat(100) + "b", "t".repeat(128));
    let reference = Reference::parse(&longest).unwrap();
    let file = encoded(&reference.to_string());
    assert!(file.len() <= 255 && file.starts_with(HASHED), "{file}");
    let name = Name { reference: Some(reference), id: Digest::of(b"x"), origin: None };
    assert_eq!(Name::parse(&file, &name.text()), Some(name));
}

#[test]
fn records_are_read_back() {
    let id = Digest::of(b"x");
    let origin = Reference::parse(&format!("redis@{}", Digest::of(b"m"))).unwrap();
    let named = Name { reference: Reference::parse("redis:7").ok(), id, origin: Some(origin.clone()) };
    assert_eq!(Name::parse("docker.io,library,redis:7", &named.text()), Some(named));
    let nameless = Name { reference: None, id, origin: Some(origin) };
    assert_eq!(Name::parse(&format!("@{}", id.hex()), &nameless.text()), Some(nameless));
}

#[test]
fn what_is_no_record() {
    let id = Digest::of(b"x");
    let name = Name { reference: Reference::parse("redis:7").ok(), id, origin: None };
    let (file, text) = (name.file(), name.text());
    assert_eq!(Name::parse(&file, &text), Some(name));
    assert_eq!(Name::parse("docker.io,library,redis:8", &text), None);
    assert_eq!(Name::parse(&file, &format!("{id}\n")), None);
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let parsed = String::from_utf8(bytes).ok().and_then(|text| Name::parse(&file, &text));
        assert_eq!(parsed, None, "bit {bit}");
    }
}
