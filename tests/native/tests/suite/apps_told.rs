//! Apps: what a person is told where something is not as it seems: no image, no container, no name, no app any more.

use native_tests::{App, Limpet, Outcome, Supervisor};

/// `limpet ARGS`, typed in a directory that has a compose file, or above which there is one.
fn typed_beside(limpet: &Limpet, app: &App<'_>, args: &[&str]) -> Outcome {
    let directory = limpet.home().join("project");
    std::fs::create_dir_all(&directory).expect("the scratch directory is writable");
    std::fs::copy(app.file(), directory.join("compose.yaml")).expect("the app has a file");
    Outcome::of(limpet.command(args).current_dir(directory))
}

#[test]
fn a_plan_says_which_images_are_not_here() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let absent = App::service("db", &["pull_policy: never"]).replace("image: busybox", "image: nosuch:7");
    let app = App::new(&limpet, "shop", &[App::service("web", &[]), absent].concat());
    for verb in [&["up", "--dry-run"][..], &["app", "diff"]] {
        let plan = app.try_to(verb, &[]).ok();
        assert!(
            plan.stderr.contains("image nosuch:7 is not here; with pull_policy: never, up would fail"),
            "{plan:#?}"
        );
    }
}

#[test]
fn a_container_that_could_not_be_made_has_no_log_to_see() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let db = App::service("db", &[]).replace("DIARY:/diary\"", "DIARY:/diary\", \"data:/data\"");
    let app = App::new(&limpet, "shop", &format!("{db}volumes: {{data: {{external: true}}}}\n"));
    let up = app.try_to(&["up"], &[]).code(1);
    let failure = up.stderr.lines().find(|line| line.starts_with("limpet: container shop-db-1: "));
    let failure = failure.unwrap_or_else(|| panic!("nobody says why: {up:#?}"));
    assert!(failure.contains("data") && !failure.contains("limpet logs"), "it has none: {failure}");
    app.down();
}

#[test]
fn the_app_of_the_file_that_is_here_need_not_be_named() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let app = App::new(&limpet, "shop", &App::service("web", &[]));
    app.up();
    let before = app.instances();
    typed_beside(&limpet, &app, &["app", "restart"]).ok();
    assert_ne!(app.instances()[0].2, before[0].2, "another process");
    let logs = typed_beside(&limpet, &app, &["app", "logs"]).ok();
    assert_eq!(logs.lines().filter(|line| *line == "web-1  | web begun").count(), 2, "{logs:#?}");
    app.down();
    let gone = typed_beside(&limpet, &app, &["app", "logs"]);
    gone.refused(1, &["no such app: shop"]);
}

#[test]
fn volumes_of_an_app_that_is_gone_are_told_and_never_guessed() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let web = App::service("web", &[]).replace("DIARY:/diary\"", "DIARY:/diary\", \"data:/data\"");
    let app = App::new(&limpet, "shop", &format!("{web}volumes: {{data: {{}}}}\n"));
    app.up();
    app.down();
    let volume = limpet.root().join("volumes/shop_data");
    assert!(volume.exists(), "only -v takes it");
    limpet
        .try_to(&["down", "-v", "shop"])
        .refused(1, &["no such app: shop", "shop_data", "limpet down -v -f"]);
    assert!(volume.exists(), "its file was not there to tell");
    app.try_to(&["down", "-v"], &[]).ok();
    assert!(!volume.exists());
    limpet.try_to(&["down", "-v", "shop"]).refused(1, &["no such app: shop; see: limpet app ls"]);
}
