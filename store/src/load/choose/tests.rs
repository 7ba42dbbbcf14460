use super::*;

#[test]
fn stems() {
    for (path, wanted) in [
        ("a/redis.oci", "redis"),
        ("redis.docker.tar.gz", "redis"),
        ("redis", "redis"),
        ("nginx.tgz", "nginx"),
    ] {
        assert_eq!(stem(Path::new(path)).as_deref(), Some(wanted), "{path}");
    }
    assert_eq!(stem(Path::new("Strange Name!.tar")), None);
}

#[test]
fn digests_in_names() {
    let hex = Digest::of(b"").hex();
    assert_eq!(digest_in_name(&format!("blobs/sha256/{hex}")), Some(Digest::of(b"")));
    assert_eq!(digest_in_name(&format!("{hex}.json")), Some(Digest::of(b"")));
    assert_eq!(digest_in_name("config.json"), None);
}

#[test]
fn equal_images_are_one() {
    let plan = |name: &str| Plan {
        references: references(&[name.to_owned()]).unwrap(),
        config: Claimed(b"{}".to_vec()).measure(),
        layers: Vec::new(),
    };
    let mut plans = vec![plan("a")];
    join(&mut plans, plan("b"));
    join(&mut plans, plan("a"));
    assert_eq!((plans.len(), plans[0].references.len()), (1, 2));
}
