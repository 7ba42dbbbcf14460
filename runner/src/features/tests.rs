use super::*;

#[test]
fn releases_of_all_kinds_are_read() {
    for (release, kernel) in
        [("6.18.44-fc-v657", (6, 18)), ("5.10.0-28-arm64", (5, 10)), ("6.1", (6, 1)), ("junk", (0, 0))]
    {
        assert_eq!(parse_release(release), kernel, "{release}");
    }
}

#[test]
fn an_old_kernel_falls_back() {
    let old = Features::of((5, 10), true, true);
    assert_eq!(old.mount_api, MountApi::Classic);
    assert!(!old.id_mapped_overlay);
}

#[test]
fn ids_are_mapped_only_with_user_namespaces() {
    assert!(Features::of((6, 1), true, true).id_mapped_overlay);
    assert!(!Features::of((6, 1), false, true).id_mapped_overlay);
    assert!(!Features::of((6, 1), true, true).classic().id_mapped_overlay);
}
