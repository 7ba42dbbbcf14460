use super::*;

#[test]
fn capabilities_name_the_containers_root_only_outside() {
    let second = [[1, 0, 0, 2].as_slice(), &[9; 16]].concat();
    let third = outside(CAPABILITY, &second, Owners::From(0x7000_0000));
    assert_eq!(third, [[1, 0, 0, 3].as_slice(), &[9; 16], &[0, 0, 0, 0x70]].concat());
    assert_eq!(inside(CAPABILITY, third, Owners::From(0x7000_0000)), second);
    assert_eq!(outside(CAPABILITY, &second, Owners::Same), second);
}

#[test]
fn nothing_but_capabilities_and_the_users_own_is_copied() {
    assert!(is_copied(b"user.note") && is_copied(CAPABILITY));
    for name in [
        &b"user.overlay.opaque"[..],
        b"trusted.overlay.opaque",
        b"security.selinux",
        b"system.posix_acl_access",
        b"",
    ] {
        assert!(!is_copied(name));
    }
}

#[test]
fn values_that_are_no_capabilities_stay_as_they_are() {
    for value in [&b""[..], b"abc", &[3; 24]] {
        assert_eq!(inside(b"user.note", value.to_vec(), Owners::From(1)), value);
        assert_eq!(outside(CAPABILITY, value, Owners::From(1)), value);
    }
}

#[test]
fn what_is_written_is_read_back() {
    use rustix::fd::AsFd;
    let path = std::env::temp_dir().join(format!("limpet-xattrs-{}", std::process::id()));
    let file = std::fs::File::create(&path).unwrap();
    let wanted = vec![(b"user.long".to_vec(), vec![7; 2000]), (b"user.note".to_vec(), b"a".to_vec())];
    let skipped = write(file.as_fd(), &wanted, Owners::Same).unwrap();
    let mut found = read(file.as_fd(), Owners::Same).unwrap();
    found.sort();
    std::fs::remove_file(path).unwrap();
    // Not every temporary directory takes attributes.
    assert!(found == wanted || skipped == 2);
}
