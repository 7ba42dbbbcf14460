//! From a command line and an image's configuration to the record.

use super::*;
use crate::cli::{Command, parse};

const CONFIG: &str = r#"{
    "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []},
    "config": {"Entrypoint": ["/entry"], "Cmd": ["serve"], "Env": ["A=image", "PATH=/opt/bin"], "User": "redis",
               "WorkingDir": "/data", "StopSignal": "SIGQUIT", "Labels": {"who": "image"}}
}"#;

fn options(line: &str) -> ContainerOptions {
    let words = ["run"].into_iter().chain(line.split_whitespace()).map(Into::into);
    match parse(words, |_| None).expect(line).command {
        Command::Run(args) => args.options,
        other => panic!("{other:?}"),
    }
}

fn made_on(line: &str, features: &Features) -> Result<Container, MakeError> {
    let options = options(line);
    let id = ContainerId::from_bytes([0xab; 32]);
    let materials = Materials {
        name: "name".into(),
        now_ns: 1,
        directory: "/root/containers/x".into(),
        state: "/state/containers/x".into(),
        image: ImageMaterials {
            image: ImageUse { reference: "image".into(), digest: "sha256:0".into() },
            config: ImageConfig::read(CONFIG.as_bytes()).expect("a configuration"),
            layers: vec!["/root/layers/a/tree".into()],
            volumes: vec![("/data".into(), "/root/volumes/data".into())],
        },
        environment: crate::cli::environment::resolve(&[], &options.environment, |_| None),
        labels: options.labels.clone(),
        sources: options.mounts.iter().map(|_| "/srv".to_owned()).collect(),
        devices: Vec::new(),
        throttles: Vec::new(),
        profile: None,
        board: "board".into(),
        window: None,
        last_capability: 40,
        id,
    };
    make(&options, materials, features)
}

fn made(line: &str) -> Container {
    made_on(line, &Features::of((6, 18), true, true)).expect(line)
}

#[test]
fn commands_follow_dockers_rules() {
    for (line, entrypoint_args, args) in [
        ("image", 1, vec!["/entry", "serve"]),
        ("image other arg", 1, vec!["/entry", "other", "arg"]),
        ("--entrypoint /mine image", 1, vec!["/mine"]),
        ("--entrypoint /mine image arg", 1, vec!["/mine", "arg"]),
        ("--entrypoint= image sh", 0, vec!["sh"]),
    ] {
        let made = made(line);
        assert_eq!(made.keep.launch.process.args, args, "{line}");
        assert_eq!(made.entrypoint_args, entrypoint_args, "{line}");
    }
    assert!(matches!(
        made_on("--entrypoint= image", &Features::of((6, 18), true, true)),
        Err(MakeError::NoCommand(_))
    ));
}

#[test]
fn variables_of_the_user_win_over_the_images_and_those_over_ours() {
    let env = made("-e A=mine -e B=1 -t image").keep.launch.process.env;
    for entry in ["PATH=/opt/bin", "A=mine", "B=1", "TERM=xterm", "HOSTNAME=abababababab"] {
        assert!(env.iter().any(|have| have == entry), "{entry} in {env:?}");
    }
    assert_eq!(env.iter().filter(|entry| entry.starts_with("PATH=")).count(), 1);
}

#[test]
fn what_the_image_says_counts_until_the_user_says_otherwise() {
    let image = made("image");
    assert_eq!(
        (image.keep.launch.process.user.as_str(), image.keep.launch.process.cwd.as_str()),
        ("redis", "/data")
    );
    assert_eq!(image.keep.stop, Stop { signal: 3, grace_ms: Some(10_000) });
    let user = made("-u 7 -w /x --stop-signal TERM --stop-timeout 3 -l who=me image");
    assert_eq!((user.keep.launch.process.user.as_str(), user.keep.launch.process.cwd.as_str()), ("7", "/x"));
    assert_eq!(user.keep.stop, Stop { signal: 15, grace_ms: Some(3000) });
    assert_eq!(user.labels, [("who".to_owned(), "me".to_owned())]);
    assert_eq!(made("--stop-timeout -1 image").keep.stop.grace_ms, None);
}

#[test]
fn ids_are_its_own_where_that_is_possible_and_sensible() {
    let namespace =
        |line: &str, features: &Features| made_on(line, features).expect(line).keep.launch.user_namespace;
    let (new, old) = (Features::of((6, 18), true, true), Features::of((5, 10), true, true));
    assert_eq!(namespace("image", &new), UserNamespace::Own);
    assert_eq!(namespace("image", &old), UserNamespace::Host);
    for line in ["--userns host image", "--network host image", "--privileged image"] {
        assert_eq!(namespace(line, &new), UserNamespace::Host, "{line}");
    }
}

#[test]
fn privileged_hides_and_filters_nothing() {
    let plain = made("image").keep.launch;
    assert!(!plain.masked_paths.is_empty() && !plain.readonly_paths.is_empty() && !plain.all_devices);
    assert!(matches!(plain.process.seccomp, Seccomp::Filter(_)));
    assert_eq!(plain.process.capabilities.bounding, capabilities::DEFAULT);
    let all = made("--privileged image").keep.launch;
    assert!(all.masked_paths.is_empty() && all.readonly_paths.is_empty() && all.all_devices);
    assert_eq!(all.process.seccomp, Seccomp::Unconfined);
    assert_eq!(all.process.capabilities.bounding, (1 << 41) - 1);
}

#[test]
fn a_mount_of_the_users_takes_the_place_of_ours_and_comes_after_what_it_stands_on() {
    let mounts = made("-v /srv:/dev/shm -v /srv:/etc/hosts:ro image").keep.launch.mounts;
    let shm: Vec<_> = mounts.iter().filter(|mount| mount.target == "/dev/shm").collect();
    assert!(matches!(shm.as_slice(), [Mount { kind: MountKind::Bind { .. }, .. }]));
    let place = |target: &str| mounts.iter().position(|mount| mount.target == target).expect(target);
    assert!(place("/dev") < place("/dev/shm"));
    assert!(mounts[place("/etc/hosts")].flags.readonly);
}

#[test]
fn names_are_written_unless_something_is_mounted_there() {
    let paths =
        |line: &str| made(line).keep.launch.files.into_iter().map(|file| file.path).collect::<Vec<_>>();
    assert_eq!(paths("image"), ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"]);
    assert_eq!(paths("-v /srv:/etc/hosts image"), ["/etc/hostname", "/etc/resolv.conf"]);
    let host = made("--network host image").keep.launch;
    assert_eq!(host.hostname.as_deref(), Some("board"));
    assert!(
        host.files.iter().any(|file| file.path == "/etc/hosts" && file.contents == FileContents::OfBoard)
    );
}

#[test]
fn too_much_of_anything_is_refused() {
    let line = format!("image {}", "x ".repeat(STRINGS_MAX));
    let error = made_on(&line, &Features::of((6, 18), true, true)).expect_err("too many arguments");
    assert!(error.to_string().starts_with("arguments and environment variables:"), "{error}");
}
