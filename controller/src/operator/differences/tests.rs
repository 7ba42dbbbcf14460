use super::*;

fn app(name: &str, services: &[(&str, &str)]) -> App {
    let workloads = services.iter().map(|(service, image)| Workload::new(service, image)).collect();
    App { name: name.to_owned(), workloads, volumes: Vec::new() }
}

fn content(apps: Vec<App>) -> Content {
    Content { apps, ..Content::default() }
}

#[test]
fn every_change_is_a_line_and_nothing_else_is() {
    let digest = |c: char| format!("docker.io/library/web@sha256:{}", c.to_string().repeat(64));
    let before = content(vec![app("a", &[("web", &digest('1')), ("db", "d")]), app("gone", &[("x", "y")])]);
    let mut after =
        content(vec![app("a", &[("web", &digest('2')), ("cache", "c")]), app("new", &[("n", "i")])]);
    after.apps[0].workloads[0].tty = true;
    after.apps[1].workloads[0].privileged = true;
    assert_eq!(
        differences(&before, &after),
        [
            "a/web: image web@111111111111 -> web@222222222222; tty",
            "a/cache: new, c",
            "a/db: deleted",
            "new/n: new, i; privileged",
            "gone: deleted",
        ]
    );
    assert!(differences(&after, &after.clone()).is_empty());
}

#[test]
fn a_change_of_replicas_windows_or_the_program_is_seen() {
    let before = content(vec![app("a", &[("web", "i")])]);
    let mut after = before.clone();
    after.apps[0].workloads[0].replicas = 2;
    after.windows =
        heapless::Vec::from_slice(&[super::super::words::window("Mon 01:00-02:00").unwrap()]).unwrap();
    after.program =
        Some(limpet_protocol::fleet::Program { version: "2".try_into().unwrap(), sha256: [0; 32], bytes: 1 });
    assert_eq!(
        differences(&before, &after),
        ["a/web: replicas 1 -> 2", "windows: mon 01:00-02:00", "limpet: as it is -> 2@000000000000"]
    );
}

#[test]
fn boards_with_equal_changes_are_one_group() {
    let line = |text: &str| vec![text.to_owned()];
    let boards = [
        ("a".to_owned(), line("x")),
        ("b".to_owned(), line("y")),
        ("c".to_owned(), line("x")),
        ("d".to_owned(), vec![]),
    ];
    let groups: Vec<_> = grouped(&boards).into_iter().map(|(names, lines)| (names, lines.to_vec())).collect();
    assert_eq!(groups, [(vec!["a", "c"], line("x")), (vec!["b"], line("y")), (vec!["d"], vec![])]);
}
