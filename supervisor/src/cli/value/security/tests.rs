//! Security options and log options, right and wrong.

use super::*;

#[test]
fn options_are_dockers() {
    let profile = |path: &str| SecurityOption::Seccomp(SeccompChoice::Profile(path.to_owned()));
    for (text, meaning) in [
        ("no-new-privileges", SecurityOption::NoNewPrivileges(true)),
        ("no-new-privileges:true", SecurityOption::NoNewPrivileges(true)),
        ("no-new-privileges=false", SecurityOption::NoNewPrivileges(false)),
        ("seccomp=unconfined", SecurityOption::Seccomp(SeccompChoice::Unconfined)),
        ("seccomp:unconfined", SecurityOption::Seccomp(SeccompChoice::Unconfined)),
        ("seccomp=/a=b.json", profile("/a=b.json")),
        ("apparmor=unconfined", SecurityOption::AsItIs),
    ] {
        assert_eq!(option(text), Ok(meaning), "{text}");
    }
    for text in [
        "",
        "seccomp",
        "seccomp=",
        "no-new-privileges=maybe",
        "apparmor=x",
        "label=type:x",
        "systempaths=unconfined",
    ] {
        assert!(option(text).is_err(), "{text}");
    }
}

#[test]
fn logs_have_bounds() {
    assert_eq!(log_option("max-size=10m").map(|log| log.file_bytes_max), Ok(Some(10 << 20)));
    assert_eq!(log_option("max-file=0").map(|log| log.files_max), Ok(Some(0)));
    assert_eq!(log_option("storage=disk").map(|log| log.disk), Ok(Some(true)));
    for text in [
        "max-size=1k",
        "max-size=",
        "max-file=-1",
        "max-file=101",
        "compress=true",
        "max-size",
        "storage=flash",
        "rate=fast",
    ] {
        assert!(log_option(text).is_err(), "{text}");
    }
    assert_eq!((log_driver("local"), log_driver("none")), (Ok(None), Ok(Some(0))));
    assert!(log_driver("syslog").is_err());
}

#[test]
fn user_namespaces_are_own_or_the_boards() {
    assert_eq!((user_namespace_is_host("host"), user_namespace_is_host("private")), (Ok(true), Ok(false)));
    assert!(user_namespace_is_host("keep-id").is_err());
}
