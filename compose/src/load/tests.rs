//! Which files make a project, and what it is called.

use crate::tests::{Files, reader};
use crate::{Parsed, Problems, Request, load};

const PLAIN: &str = "services: {web: {image: \"a:${TAG:-none}\"}}\n";

fn request(files: &[&str]) -> Request {
    Request {
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        working_directory: "/srv/shop".to_owned(),
        ..Request::default()
    }
}

fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn run(request: &Request, files: Files<'_>) -> Result<Parsed, Problems> {
    load(request, &mut reader(files))
}

/// Name of the app and image of its first service.
fn seen(request: &Request, files: Files<'_>) -> (String, String) {
    let app = run(request, files).unwrap_or_else(|problems| panic!("{problems}")).app;
    (app.name, app.workloads.into_iter().next().map_or_else(String::new, |workload| workload.image))
}

fn said(request: &Request, files: Files<'_>) -> String {
    run(request, files).expect_err("wrong").to_string()
}

#[test]
fn files_are_found_here_and_above_with_their_override() {
    let over = "services: {web: {image: over}}";
    let preferred: Files<'_> = &[("/srv/shop/docker-compose.yml", over), ("/srv/shop/compose.yaml", PLAIN)];
    assert_eq!(seen(&request(&[]), preferred), ("shop".into(), "a:none".into()));
    let above: Files<'_> = &[("/srv/compose.yml", PLAIN), ("/srv/compose.override.yml", over)];
    assert_eq!(seen(&request(&[]), above), ("srv".into(), "over".into()));
    let fixed = Request { project_directory: Some(".".into()), ..request(&[]) };
    assert_eq!(said(&fixed, above), "there is no compose.yaml in /srv/shop; give one with -f");
    assert_eq!(said(&request(&[]), &[]), "there is no compose.yaml in /srv/shop; give one with -f");
    // With -f there is no override that is not named.
    assert_eq!(seen(&request(&["../compose.yml"]), above), ("srv".into(), "a:none".into()));
}

#[test]
fn files_are_named_by_flag_or_variable() {
    let files: Files<'_> = &[
        ("/srv/shop/a.yaml", PLAIN),
        ("/srv/b.yaml", "services: {web: {image: b}}"),
        ("-", "services: {web: {image: stdin}}"),
    ];
    assert_eq!(seen(&request(&["a.yaml", "/srv/b.yaml"]), files), ("shop".into(), "b".into()));
    assert_eq!(seen(&request(&["-"]), files), ("shop".into(), "stdin".into()));
    let listed =
        Request { environment: environment(&[("COMPOSE_FILE", "../b.yaml:a.yaml")]), ..request(&[]) };
    assert_eq!(seen(&listed, files), ("srv".into(), "a:none".into()));
    let other = environment(&[("COMPOSE_FILE", "a.yaml;../b.yaml"), ("COMPOSE_PATH_SEPARATOR", ";")]);
    assert_eq!(seen(&Request { environment: other, ..request(&[]) }, files), ("shop".into(), "b".into()));
    assert_eq!(said(&request(&["c.yaml"]), files), "the file /srv/shop/c.yaml is not there");
}

#[test]
fn variables_come_from_the_process_then_from_env_files() {
    let files: Files<'_> = &[
        ("/srv/shop/compose.yaml", PLAIN),
        ("/srv/shop/.env", "TAG=dotenv"),
        ("/srv/shop/one.env", "TAG=one\nX=1"),
        ("/srv/shop/two.env", "TAG=two$X"),
    ];
    let tag = |request: &Request| seen(request, files).1;
    assert_eq!(tag(&request(&[])), "a:dotenv");
    let process = environment(&[("TAG", "process")]);
    assert_eq!(tag(&Request { environment: process, ..request(&[]) }), "a:process");
    let flagged = Request { env_files: vec!["one.env".into(), "two.env".into()], ..request(&[]) };
    assert_eq!(tag(&flagged), "a:two1");
    let listed = environment(&[("COMPOSE_ENV_FILES", "two.env,one.env")]);
    assert_eq!(tag(&Request { environment: listed, ..request(&[]) }), "a:one");
    let missing = Request { env_files: vec!["three.env".into()], ..request(&[]) };
    assert_eq!(said(&missing, files), "the file three.env is not there");
    let broken: Files<'_> = &[("/srv/shop/compose.yaml", PLAIN), ("/srv/shop/.env", "A=1\nB C")];
    assert_eq!(said(&request(&[]), broken), ".env:2:1: 'B C' is no name of a variable; write NAME=VALUE");
}

#[test]
fn the_env_file_is_that_of_the_project() {
    let files: Files<'_> =
        &[("/srv/compose.yaml", PLAIN), ("/srv/.env", "TAG=above"), ("/srv/shop/.env", "X=1")];
    assert_eq!(seen(&request(&[]), files).1, "a:above");
    let files: Files<'_> =
        &[("/opt/x/c.yaml", PLAIN), ("/opt/x/.env", "TAG=there"), ("/srv/shop/.env", "TAG=here")];
    assert_eq!(seen(&request(&["/opt/x/c.yaml"]), files), ("x".into(), "a:there".into()));
    let fixed = Request { project_directory: Some("/srv/shop".into()), ..request(&["/opt/x/c.yaml"]) };
    assert_eq!(seen(&fixed, files), ("shop".into(), "a:here".into()));
}

#[test]
fn a_project_is_named_in_dockers_order() {
    let named = "name: ${WORD:-in}-file\nservices: {web: {image: \"$COMPOSE_PROJECT_NAME\"}}";
    let files: Files<'_> =
        &[("/srv/shop/compose.yaml", named), ("/srv/My Shop!/a.yaml", PLAIN), ("/a.yaml", PLAIN)];
    assert_eq!(seen(&request(&[]), files), ("in-file".into(), "in-file".into()));
    let word = Request { environment: environment(&[("WORD", "by")]), ..request(&[]) };
    assert_eq!(seen(&word, files).0, "by-file");
    let variable = Request { environment: environment(&[("COMPOSE_PROJECT_NAME", "var")]), ..request(&[]) };
    assert_eq!(seen(&variable, files), ("var".into(), "var".into()));
    let flag = Request { project_name: Some("flag".into()), ..variable };
    assert_eq!(seen(&flag, files), ("flag".into(), "flag".into()));
    assert_eq!(seen(&request(&["/srv/My Shop!/a.yaml"]), files).0, "myshop");
    assert!(said(&request(&["/a.yaml"]), files).contains("has no name"));
    let wrong = Request { project_name: Some("Flag".into()), ..request(&[]) };
    assert!(said(&wrong, files).starts_with("'Flag' is no name of a project"));
    let dotenv: Files<'_> =
        &[("/srv/shop/compose.yaml", named), ("/srv/shop/.env", "COMPOSE_PROJECT_NAME=dotenv")];
    assert_eq!(seen(&request(&[]), dotenv).0, "dotenv");
}

#[test]
fn profiles_choose_services() {
    let text = "services:
  always: {image: a}
  debug: {image: b, profiles: [debug, dev]}
  front: {image: c, profiles: [\"${FRONT:-front}\"]}
";
    let files: Files<'_> = &[("/srv/shop/compose.yaml", text)];
    let services = |profiles: &[&str], variable: &str| {
        let request = Request {
            profiles: profiles.iter().map(|profile| (*profile).to_owned()).collect(),
            environment: environment(&[("COMPOSE_PROFILES", variable)]),
            ..request(&[])
        };
        let app = run(&request, files).expect("right").app;
        app.workloads.into_iter().map(|workload| workload.service).collect::<Vec<_>>()
    };
    assert_eq!(services(&[], ""), ["always"]);
    assert_eq!(services(&["dev"], ""), ["always", "debug"]);
    assert_eq!(services(&[], "front, debug"), ["always", "debug", "front"]);
    assert_eq!(services(&["*"], ""), ["always", "debug", "front"]);
    assert_eq!(services(&["other"], ""), ["always"]);
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut unreadable = |path: &str| match path {
        "/srv/shop/compose.yaml" => Err("permission denied".to_owned()),
        _ => Ok(None),
    };
    let said = load(&request(&[]), &mut unreadable).expect_err("unreadable").to_string();
    assert_eq!(said, "compose.yaml: the file cannot be read: permission denied");
    let mut large =
        |path: &str| Ok(path.ends_with("compose.yaml").then(|| vec![b'#'; crate::SOURCE_BYTES_MAX + 1]));
    let said = load(&request(&[]), &mut large).expect_err("large").to_string();
    assert_eq!(said, "compose.yaml: the file is larger than 1024 KiB");
    let mut latin = |path: &str| Ok(path.ends_with("compose.yaml").then(|| b"a: 1\nb: \xe9\n".to_vec()));
    let said = load(&request(&[]), &mut latin).expect_err("not UTF-8").to_string();
    assert_eq!(said, "compose.yaml:2:1: the file is not UTF-8");
}
