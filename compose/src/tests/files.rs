//! Several files: overrides, extended services, env files.

use super::{Files, project};
use limpet_protocol::app::{App, AppMountSource};

fn app(texts: &[&str], files: Files<'_>) -> App {
    project(texts, &[("HOME", "/root"), ("PASSED", "on")], files)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .app
}

fn said(texts: &[&str], files: Files<'_>) -> String {
    project(texts, &[], files).expect_err("wrong").to_string()
}

fn environment(app: &App, service: &str) -> Vec<String> {
    let workload = app.workload(service).expect("there");
    let shown = |(name, value): &(String, Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    workload.environment.iter().map(shown).collect()
}

#[test]
fn an_override_makes_a_file_of_others_usable() {
    let theirs = "services:
  app:
    image: example/app
    build: .
    ports: [\"8080:80\"]
    networks: [front]
    links: [db]
    environment: {A: 1}
networks:
  front: {}
";
    assert_eq!(said(&[theirs], &[]).lines().count(), 5);
    let ours = "services:
  app:
    build: !reset null
    ports: !reset []
    networks: !reset []
    links: !reset []
    network_mode: host
    environment: [B=2]
networks: !reset {}
";
    assert_eq!(environment(&app(&[theirs, ours], &[]), "app"), ["A=1", "B=2"]);
}

#[test]
fn problems_of_an_override_name_its_file() {
    let seen = said(&["services: {a: {image: a}}", "services:\n  a:\n    init: maybe\n"], &[]);
    assert_eq!(seen, "over1.yaml:3:11: services.a.init: 'maybe' is not true or false");
}

#[test]
fn services_are_extended_within_a_file() {
    let text = "services:
  base: {image: base, environment: {A: 1, B: 2}, command: [one], profiles: [never]}
  middle: {extends: base, environment: {B: 3}, profiles: !reset []}
  web: {extends: {service: middle}, image: web, environment: [C=4], command: [two]}
";
    let app = app(&[text], &[]);
    let web = app.workload("web").expect("there");
    assert_eq!((web.image.as_str(), web.command.as_deref()), ("web", Some(&["two".to_owned()][..])));
    assert_eq!(environment(&app, "web"), ["A=1", "B=3", "C=4"]);
    assert_eq!(app.workload("middle").map(|middle| middle.image.as_str()), Some("base"));
    assert!(app.workload("base").is_none());
}

#[test]
fn services_of_other_files_keep_their_directory() {
    let text =
        "services: {web: {extends: {file: ../common/base.yaml, service: base}, volumes: [\"./mine:/mine\"]}}";
    let files: Files<'_> = &[
        (
            "/srv/common/base.yaml",
            "services:\n  base:\n    extends: {file: deeper/more.yaml, service: more}\n    volumes: [\"./data:/data\"]\n    env_file: base.env\n",
        ),
        (
            "/srv/common/deeper/more.yaml",
            "services: {more: {image: \"more:$PASSED\", volumes: [\"./more:/more\"]}}",
        ),
        ("/srv/common/base.env", "FROM=base"),
    ];
    let app = app(&[text], files);
    assert_eq!(app.workloads[0].image, "more:on");
    assert_eq!(environment(&app, "web"), ["FROM=base"]);
    let paths: Vec<_> = app.workloads[0]
        .mounts
        .iter()
        .map(|mount| match &mount.source {
            AppMountSource::Bind { path, .. } => path.as_str(),
            AppMountSource::Volume { .. } | AppMountSource::Tmpfs { .. } => "",
        })
        .collect();
    assert_eq!(paths, ["/srv/common/deeper/more", "/srv/common/data", "/srv/shop/mine"]);
}

#[test]
fn extensions_that_cannot_be_are_refused() {
    let files: Files<'_> = &[
        ("/srv/shop/loop.yaml", "services: {a: {extends: {file: loop2.yaml, service: b}}}"),
        ("/srv/shop/loop2.yaml", "services: {b: {extends: {file: loop.yaml, service: a}}}"),
        ("/srv/shop/broken.yaml", "services:\n  a: [\n"),
    ];
    for (extends, why) in [
        ("web", "extends itself"),
        ("gone", "extends the service gone, which is not there"),
        ("{file: gone.yaml, service: a}", "the file /srv/shop/gone.yaml is not there"),
        ("{file: loop.yaml, service: a}", "extends itself, or more than 16 services in a row"),
        ("{file: loop.yaml}", "names no service"),
        ("{service: web, files: a}", "there is no field files in extends"),
        ("{file: broken.yaml, service: a}", "broken.yaml:3:1: services.web: is no YAML"),
        ("[a]", "a mapping is wanted"),
    ] {
        let seen = said(&[&format!("services: {{web: {{image: a, extends: {extends}}}}}")], files);
        assert!(seen.contains(why), "{seen}");
    }
    let chain: String = (0..40).map(|n| format!("  s{n}: {{extends: s{}}}\n", n + 1)).collect();
    let seen = said(&[&format!("services:\n{chain}  s40: {{image: a}}\n")], &[]);
    assert!(seen.contains("more than 16 services in a row"), "{seen}");
}

#[test]
fn env_files_stand_under_the_environment() {
    let text = "services:
  web:
    image: a
    env_file:
      - one.env
      - {path: two.env, required: true}
      - {path: gone.env, required: false}
      - {path: raw.env, format: raw}
    environment: {C: mine, PASSED: , UNSET: }
";
    let files: Files<'_> = &[
        ("/srv/shop/one.env", "A=1\nB=1\nC=1\nPASSED\n"),
        ("/srv/shop/two.env", "B=two$A\nHOME=x$HOME"),
        ("/srv/shop/raw.env", "RAW='$A'\n"),
    ];
    let seen = environment(&app(&[text], files), "web");
    assert_eq!(seen, ["A=1", "B=two1", "HOME=x/root", "RAW='$A'", "C=mine", "PASSED=on", "UNSET"]);
}

#[test]
fn label_files_stand_under_the_labels() {
    let text = "services: {web: {image: a, label_file: [l.txt], labels: {b: mine}}}";
    let app = app(&[text], &[("/srv/shop/l.txt", "a.b=1\nb=2\n")]);
    let labels: Vec<_> =
        app.workloads[0].labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(labels, ["a.b=1", "b=mine"]);
}

#[test]
fn home_is_a_variable() {
    let app = app(&["services: {web: {image: a, volumes: [\"~/x:/x\", \"~:/h\"]}}"], &[]);
    let bind = |path: &str| AppMountSource::Bind { path: path.to_owned(), create: true, id_mapped: true };
    let sources: Vec<_> = app.workloads[0].mounts.iter().map(|mount| mount.source.clone()).collect();
    assert_eq!(sources, [bind("/root/x"), bind("/root")]);
}

#[test]
fn what_comes_from_a_variable_is_what_its_place_needs() {
    let text = "services:
  web:
    image: $IMAGE
    init: ${INIT}
    read_only: \"${INIT}\"
    scale: $N
    cpus: $CPUS
    user: $N
    environment: {E: $NONE, T: $INIT}
    healthcheck: {retries: $N}
";
    let variables = [("IMAGE", "5"), ("INIT", "true"), ("N", "3"), ("CPUS", "0.5"), ("NONE", "")];
    let seen = project(&[text], &variables, &[]).expect_err("quotes are text").to_string();
    assert_eq!(
        seen,
        "compose.yaml:5:16: services.web.read_only: \"true\" is text; write true or false, without quotes"
    );
    let app = project(&[&text.replace("\"${INIT}\"", "$INIT")], &variables, &[]).expect("right").app;
    let web = &app.workloads[0];
    assert_eq!((web.image.as_str(), web.init, web.read_only, web.replicas), ("5", true, true, 3));
    assert_eq!(
        (web.limits.cpu_millis, web.user.as_deref(), web.health.retries),
        (Some(500), Some("3"), Some(3))
    );
    assert_eq!(environment(&app, "web"), ["E=", "T=true"]);
}

#[test]
fn variables_that_are_not_set_are_remarked() {
    let parsed = project(&["services: {web: {image: \"a:$TAG${X:-}\", network_mode: none}}"], &[], &[])
        .expect("right");
    let remarks: Vec<_> = parsed.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(
        remarks,
        [
            "compose.yaml:1:25: services.web.image: the variable TAG is not set and becomes empty; write ${TAG:-} if it \
          may be"
        ]
    );
}
