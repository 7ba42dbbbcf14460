//! The three ways to write a mount, right and wrong.

use super::{MountSource, MountSpec, mount, tmpfs, volume};

fn bind(path: &str, create: bool) -> MountSource {
    MountSource::Bind { path: path.to_owned(), create, id_mapped: true, relabel: false }
}

fn at(target: &str, source: MountSource, readonly: bool) -> MountSpec {
    MountSpec { target: target.to_owned(), source, readonly }
}

#[test]
fn volumes_are_paths_or_names() {
    let named = |name: Option<&str>, copy| MountSource::Volume { name: name.map(str::to_owned), copy };
    assert_eq!(volume("/a:/b"), Ok(at("/b", bind("/a", true), false)));
    assert_eq!(volume("./a:/b:ro"), Ok(at("/b", bind("./a", true), true)));
    assert_eq!(volume("data:/d/"), Ok(at("/d", named(Some("data"), true), false)));
    assert_eq!(volume("data:/d:ro,nocopy"), Ok(at("/d", named(Some("data"), false), true)));
    assert_eq!(volume("/d"), Ok(at("/d", named(None, true), false)));
    let odd = MountSource::Bind { path: String::from("/a"), create: true, id_mapped: false, relabel: true };
    assert_eq!(volume("/a:/b:noidmap,z,rprivate"), Ok(at("/b", odd, false)));
}

#[test]
fn wrong_volumes_say_why() {
    for (text, why) in [
        ("", "the path inside must be absolute"),
        ("data", "the path inside must be absolute"),
        ("/a:b", "the path inside must be absolute"),
        ("/a:/", "nothing can be mounted on /; make a container of another image"),
        ("/a:/b/../c", "write the path inside without //, . and .."),
        ("a/b:/c", "paths of the board begin with / or ./"),
        ("x:/c", "names of volumes are two or more of a-z A-Z 0-9 _ . -"),
        ("/a:/b:ro:x", "write SRC:DST[:OPTIONS], such as /srv/www:/www:ro"),
        ("/a:/b:rshared", "rshared: mounts never propagate (rprivate); leave it out"),
        ("/a:/b:nocopy", "no option nocopy here; there are ro, rw, noidmap (paths), nocopy (volumes)"),
    ] {
        assert_eq!(volume(text).expect_err(text).to_string(), why, "{text}");
    }
}

#[test]
fn the_long_form_means_the_same() {
    assert_eq!(mount("type=bind,source=/a,target=/b,readonly"), Ok(at("/b", bind("/a", false), true)));
    assert_eq!(mount("dst=/b,type=bind,src=/a,ro=false"), Ok(at("/b", bind("/a", false), false)));
    let volume = MountSource::Volume { name: Some(String::from("data")), copy: false };
    assert_eq!(mount("src=data,destination=/b,volume-nocopy"), Ok(at("/b", volume, false)));
    let memory =
        MountSource::Tmpfs { size_bytes: Some(1 << 20), mode: 0o700, exec: false, suid: false, dev: false };
    assert_eq!(mount("type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=700"), Ok(at("/t", memory, false)));
}

#[test]
fn wrong_long_forms_say_why() {
    for (text, why) in [
        ("type=bind,source=/a", "has no target="),
        ("type=bind,target=/b", "a bind needs source="),
        ("type=bind,source=a,target=/b", "source= of a bind begins with / or ./"),
        ("type=npipe,source=a,target=/b", "no type npipe; there are bind, volume and tmpfs"),
        ("type=tmpfs,source=a,target=/b", "a tmpfs has no source="),
        ("type=bind,source=/a,target=/b,readonly=maybe", "write true or false"),
        (
            "type=bind,source=/a,target=/b,bind-propagation=shared",
            "shared: mounts never propagate (rprivate); leave it out",
        ),
        ("\"source=/a,b\",target=/b", "quotes are not understood here"),
    ] {
        assert_eq!(mount(text).expect_err(text).to_string(), why, "{text}");
    }
    assert!(
        mount("type=tmpfs,target=/t,noidmap")
            .expect_err("not a bind")
            .to_string()
            .starts_with("no key noidmap")
    );
}

#[test]
fn tmpfs_is_strict_unless_told_otherwise() {
    let memory =
        |size_bytes, mode, exec| MountSource::Tmpfs { size_bytes, mode, exec, suid: false, dev: false };
    assert_eq!(tmpfs("/t"), Ok(at("/t", memory(None, 0o1777, false), false)));
    assert_eq!(
        tmpfs("/t:size=64m,mode=755,exec,ro"),
        Ok(at("/t", memory(Some(64 << 20), 0o755, true), true))
    );
    for text in ["t", "/t:size=0", "/t:mode=9", "/t:huge=always", "/t:ro=1", "/t:exec=1"] {
        assert!(tmpfs(text).is_err(), "{text}");
    }
}
