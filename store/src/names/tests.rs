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
fn records_of_the_first_version_have_an_id_alone() {
    let id = Digest::of(b"x");
    let name = Name::parse("docker.io,library,redis:7", &format!("{id}\n")).unwrap();
    assert_eq!((name.reference, name.id), (Reference::parse("redis:7").ok(), id));
}

#[test]
fn what_is_no_record() {
    let id = Digest::of(b"x");
    assert_eq!(Name::parse("@00", &format!("{id}\n")), None);
    assert_eq!(Name::parse("redis", "sha256:12\n"), None);
    assert_eq!(Name::parse("redis", &format!("{id}\nsomething else\n")), None);
}
