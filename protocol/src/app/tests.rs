use super::*;
use crate::health::{HealthChoice, Probe};
use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec;

fn workload(service: &str) -> Workload {
    Workload { command: Some(vec!["true".to_owned()]), ..Workload::new(service, "busybox") }
}

fn app(change: impl FnOnce(&mut Workload)) -> App {
    let mut one = workload("web");
    change(&mut one);
    App { name: "shop".to_owned(), workloads: vec![one], volumes: Vec::new() }
}

fn file(target: &str) -> AppFile {
    AppFile {
        target: target.to_owned(),
        uid: 0,
        gid: 0,
        mode: 0o400,
        secret: true,
        contents: b"hush".to_vec(),
    }
}

#[test]
fn a_plain_app_is_valid_and_survives_its_wire_form() {
    let app = app(|web| web.files.push(file("/run/secrets/key")));
    assert_eq!(app.validate(), Ok(()));
    let bytes = postcard::to_allocvec(&app).expect("encodes");
    assert_eq!(postcard::from_bytes(&bytes), Ok(app));
}

#[test]
fn containers_are_named_as_compose_names_them() {
    let plain = app(|_| {});
    assert_eq!(plain.container_name(&plain.workloads[0], 2), "shop-web-2");
    let named = app(|web| web.container_name = Some("www".to_owned()));
    assert_eq!(named.container_name(&named.workloads[0], 1), "www");
}

#[test]
fn a_revision_changes_with_what_a_container_is_made_of_and_with_nothing_else() {
    let before = workload("web").revision();
    let revision = |change: fn(&mut Workload)| {
        let mut changed = workload("web");
        change(&mut changed);
        changed.revision()
    };
    assert_ne!(revision(|web| web.image = "nginx".to_owned()), before);
    assert_ne!(revision(|web| web.environment.push(("A".to_owned(), None))), before);
    assert_ne!(revision(|web| web.files.push(file("/a"))), before);
    assert_eq!(revision(|web| web.replicas = 3), before);
    let depends = |web: &mut Workload| {
        web.depends_on.push(Dependency {
            service: "db".to_owned(),
            condition: Condition::Healthy,
            required: true,
            restart: false,
        });
    };
    assert_eq!(revision(depends), before);
}

#[test]
fn what_a_secret_holds_is_not_shown() {
    let shown = alloc::format!("{:?}", file("/run/secrets/key"));
    assert!(
        shown.contains("/run/secrets/key") && !shown.contains("hush") && !shown.contains("104"),
        "{shown}"
    );
}

#[test]
fn names_that_could_be_paths_are_refused() {
    for name in ["", "Shop", "-shop", "a/b", "..", "a b", &"x".repeat(64)] {
        let app = App { name: name.to_owned(), workloads: Vec::new(), volumes: Vec::new() };
        assert!(matches!(app.validate(), Err(InvalidApp::Name(_))), "{name}");
    }
    for service in ["", "a/b", "..", ".a", "a\0", "a b"] {
        assert!(app(|web| web.service = service.to_owned()).validate().is_err(), "{service:?}");
    }
    let app = App { name: "shop".to_owned(), workloads: Vec::new(), volumes: vec!["../etc".to_owned()] };
    assert!(app.validate().is_err());
}

#[test]
fn every_rule_of_a_workload_is_kept() {
    let bind = |path: &str, target: &str| AppMount {
        target: target.to_owned(),
        source: AppMountSource::Bind { path: path.to_owned(), create: true, id_mapped: true },
        read_only: false,
    };
    let mut two_mounts = app(|web| web.mounts = vec![bind("/a", "/x"), bind("/b", "/x")]);
    let rules: Vec<(App, &str)> = vec![
        (app(|web| web.replicas = 65), "replicas"),
        (app(|web| (web.container_name, web.replicas) = (Some("a".to_owned()), 2)), "container_name"),
        (app(|web| web.image.clear()), "no image"),
        (app(|web| web.mounts.push(bind("relative", "/x"))), "not absolute"),
        (app(|web| web.mounts.push(bind("/a", "x"))), "not absolute"),
        (app(|web| web.mounts.push(bind("/a", "/"))), "not absolute"),
        (app(|web| web.files.push(file("key"))), "not absolute"),
        (core::mem::replace(&mut two_mounts, app(|_| {})), "one path"),
        (app(|web| web.working_dir = Some("srv".to_owned())), "working directory"),
        (app(|web| web.environment = vec![("A".to_owned(), None); LIST_MAX + 1]), "1024"),
        (app(|web| web.user = Some("x".repeat(TEXT_BYTES_MAX + 1))), "64 KiB"),
        (app(|web| web.user = Some("a\0b".to_owned())), "64 KiB"),
        (app(|web| web.command = Some(vec!["a\0b".to_owned()])), "command"),
        (app(|web| web.command = Some(vec!["x".repeat(STRINGS)])), "command"),
        (app(|web| web.oom_score_adj = Some(1001)), "oom_score_adj"),
        (app(|web| web.stop_signal = Some(65)), "signal"),
        (app(|web| web.files = (0..65).map(|n| file(&alloc::format!("/f{n}"))).collect()), "64 configs"),
        (app(|web| web.rlimits.push(Rlimit { resource: 16, soft: 0, hard: 0 })), "resource limit"),
        (app(|web| web.rlimits.push(Rlimit { resource: 7, soft: 2, hard: 1 })), "resource limit"),
        (app(|web| web.files.push(AppFile { mode: 0o10000, ..file("/a") })), "mode"),
        (app(|web| web.log.files_max = Some(LOG_FILES_MAX + 1)), "log"),
        (app(|web| web.log.file_bytes_max = Some(1)), "log"),
        (app(|web| web.seccomp = SeccompRequest::Profile("x".repeat(SECCOMP_BYTES_MAX + 1))), "64 KiB"),
        (app(|web| web.health.choice = HealthChoice::Probe(Probe::Exec(Vec::new()))), "health"),
        (app(|web| web.health.choice = HealthChoice::Probe(Probe::Tcp { port: 0 })), "health"),
        (
            app(|web| {
                let path = "/a b".to_owned();
                web.health.choice = HealthChoice::Probe(Probe::Http { port: 80, path });
            }),
            "health",
        ),
    ];
    for (app, part) in rules {
        let said = app.validate().expect_err(part).to_string();
        assert!(said.contains(part) && said.starts_with("service web: "), "{said}");
    }
}

const STRINGS: usize = crate::launch::STRINGS_BYTES_MAX + 1;

#[test]
fn a_service_stands_in_an_app_once() {
    let app = App {
        name: "shop".to_owned(),
        workloads: vec![workload("web"), workload("web")],
        volumes: Vec::new(),
    };
    assert_eq!(app.validate(), Err(InvalidApp::Twice("web".to_owned())));
}

fn depends(on: &str, required: bool) -> Dependency {
    Dependency { service: on.to_owned(), condition: Condition::Started, required, restart: false }
}

#[test]
fn dependencies_are_there_and_go_in_no_circle() {
    let app = |pairs: &[(&str, &str)]| {
        let mut app = App { name: "shop".to_owned(), workloads: Vec::new(), volumes: Vec::new() };
        for service in ["a", "b", "c"] {
            let mut one = workload(service);
            let own = pairs.iter().filter(|(from, _)| *from == service);
            one.depends_on = own.map(|(_, on)| depends(on, true)).collect();
            app.workloads.push(one);
        }
        app
    };
    assert_eq!(app(&[("a", "b"), ("a", "c"), ("b", "c")]).validate(), Ok(()));
    for pairs in [&[("a", "a")][..], &[("a", "b"), ("b", "c"), ("c", "a")], &[("c", "d")]] {
        let said = app(pairs).validate().expect_err("a circle or nothing there").to_string();
        assert!(said.contains("depends on"), "{said}");
    }
    let mut optional = app(&[]);
    optional.workloads[0].depends_on.push(depends("d", false));
    assert_eq!(optional.validate(), Ok(()));
}

#[test]
fn what_is_decoded_is_held_to_the_rules() {
    let good = app(|_| {});
    assert_eq!(App::decode(&good.encode().expect("small")), Ok(good));
    let bad = app(|web| web.replicas = 65);
    assert!(matches!(App::decode(&bad.encode().expect("small")), Err(InvalidApp::Workload { .. })));
    assert_eq!(App::decode(b"\xff\xff\xff"), Err(InvalidApp::Undecodable));
    assert_eq!(App::decode(&vec![0; APP_BYTES_MAX + 1]), Err(InvalidApp::TooLarge));
    let large = app(|web| web.files.push(AppFile { contents: vec![0; APP_BYTES_MAX], ..file("/a") }));
    assert_eq!(large.encode(), Err(InvalidApp::TooLarge));
}

#[test]
fn differences_are_told_in_the_words_of_the_file() {
    let before = workload("web");
    let mut after = before.clone();
    assert!(before.differences(&after).is_empty());
    // Neither makes another container of it.
    after.replicas = 3;
    after.depends_on.push(Dependency {
        service: "db".to_owned(),
        condition: Condition::Started,
        required: true,
        restart: false,
    });
    assert!(before.differences(&after).is_empty());
    assert_eq!(before.revision(), after.revision());
    after.image = "redis".to_owned();
    after.no_new_privileges = true;
    after.seccomp = SeccompRequest::Unconfined;
    assert_eq!(before.differences(&after), ["image", "security_opt"]);
    assert_ne!(before.revision(), after.revision());
}
