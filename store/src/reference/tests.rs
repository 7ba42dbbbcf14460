use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[track_caller]
fn same(text: &str, normal: &str, familiar: &str) {
    let reference = Reference::parse(text).unwrap();
    assert_eq!(reference.to_string(), normal);
    assert_eq!(reference.familiar(), familiar);
    assert_eq!(Reference::parse(normal).unwrap(), reference);
    assert_eq!(Reference::parse(familiar).unwrap(), reference);
}

#[test]
fn normal_and_familiar_forms() {
    same("redis", "docker.io/library/redis:latest", "redis:latest");
    same("redis:7.2", "docker.io/library/redis:7.2", "redis:7.2");
    same("docker.io/redis", "docker.io/library/redis:latest", "redis:latest");
    same("index.docker.io/library/redis", "docker.io/library/redis:latest", "redis:latest");
    same("bitnami/redis", "docker.io/bitnami/redis:latest", "bitnami/redis:latest");
    same("localhost/x", "localhost/x:latest", "localhost/x:latest");
    same("host.example:5000/a/b:t", "host.example:5000/a/b:t", "host.example:5000/a/b:t");
    same("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest");
    same("library/redis", "docker.io/library/redis:latest", "redis:latest");
    let pinned = format!("redis@sha256:{HEX}");
    same(&pinned, &format!("docker.io/library/{pinned}"), &pinned);
}

#[test]
fn what_is_refused() {
    for text in [
        "",
        ":",
        "Redis",
        "redis:",
        "redis:-x",
        "a//b",
        "/a",
        "a/",
        "-a",
        "a..b",
        "a___b",
        "redis@sha256:12",
        "host:port/a",
        "../etc",
        "a/../b",
        "a b",
        HEX,
        &"a".repeat(300),
        "ho_st.example/a",
    ] {
        assert!(Reference::parse(text).is_err(), "{text}");
    }
}
