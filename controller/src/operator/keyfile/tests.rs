use super::*;

fn sealed() -> (Secret, KeyFile) {
    make_with(Role::Deploy, Some(b"correct horse"), 8, 1).unwrap()
}

fn written(file: &KeyFile) -> serde_json::Value {
    serde_json::to_value(file).unwrap()
}

fn read(value: &serde_json::Value) -> Result<Secret, KeyFileError> {
    KeyFile::parse(&serde_json::to_vec(value).unwrap())?.open(Some(b"correct horse"))
}

#[test]
fn what_was_written_is_read_with_the_passphrase_only() {
    let (secret, file) = sealed();
    assert_eq!(read(&written(&file)).unwrap().public(), secret.public());
    assert_eq!(file.open(Some(b"wrong")).err(), Some(KeyFileError::Sealed));
    assert_eq!(file.open(None).err(), Some(KeyFileError::NoPassphrase));
}

#[test]
fn the_seed_does_not_stand_in_a_sealed_file() {
    let (secret, file) = sealed();
    let seed = from_base64(&file.seed).unwrap();
    assert_eq!(seed.len(), 32 + 16);
    let first: [u8; 32] = seed[..32].try_into().unwrap();
    assert_ne!(Secret::from_seed(&first).unwrap().public(), secret.public());
}

#[test]
fn whatever_is_changed_in_a_sealed_file_is_seen() {
    let whole = written(&sealed().1);
    let other = written(&sealed().1);
    let mut tried = 0;
    let mut changed = |path: &str, value: serde_json::Value| {
        let mut file = whole.clone();
        *file.pointer_mut(path).unwrap() = value;
        assert!(read(&file).is_err(), "{path}");
        tried += 1;
    };
    changed("/role", "root".into());
    changed("/limpet_key", 2.into());
    changed("/argon2id/passes", 2.into());
    changed("/argon2id/memory_kib", 16.into());
    changed("/argon2id/memory_kib", u32::MAX.into());
    for path in ["/public", "/seed", "/argon2id/salt", "/argon2id/nonce"] {
        changed(path, other.pointer(path).unwrap().clone());
    }
    let mut open = whole.clone();
    open.as_object_mut().unwrap().remove("argon2id");
    assert!(read(&open).is_err());
    assert_eq!(tried, 9);
}

#[test]
fn an_open_file_needs_no_passphrase_and_names_its_own_key() {
    let (secret, file) = make_with(Role::Root, None, 8, 1).unwrap();
    assert_eq!(file.open(None).unwrap().public(), secret.public());
    let file = KeyFile { public: hex(&[1; 32]), ..file };
    assert!(matches!(file.open(None), Err(KeyFileError::Malformed(_))));
}
