//! Rollouts as an operator sees them, with boards that do what a test says.

use crate::desk::{Desk, IMAGE_1, IMAGE_2, Life, QUICK, images};
use limpet_protocol::fleet::Desired;

#[test]
fn an_apply_reaches_every_board_that_is_meant_and_keeps_its_other_apps() {
    let desk = Desk::new();
    let north = Life::of(&desk, desk.join(20, "north", &["site=north"]), "");
    let south = Life::of(&desk, desk.join(21, "south", &["site=south"]), "");
    desk.compose("web", IMAGE_1);
    desk.compose("log", IMAGE_2);
    let apply = |file: &str, to: &str| {
        let words = ["apply", "-f", file, "--to", to, "--set", "SITE=x"];
        desk.good(&[&words[..], &QUICK[..]].concat())
    };
    let said = apply("web.yaml", "site in (north, south)");
    assert!(said.contains("2 boards (north, south):") && said.contains("web/main: new"), "{said}");
    assert!(said.contains("done, 2 of 2 committed"), "{said}");
    apply("log.yaml", "site=north");
    assert!(
        desk.good(&["apply", "-f", "log.yaml", "--to", "site=north", "--set", "SITE=x"])
            .contains("nothing changes")
    );
    desk.good(
        &[&["set", "image", &format!("web/main={IMAGE_2}"), "--to", "site=north"], &QUICK[..]].concat(),
    );
    desk.good(&[&["delete", "app", "log", "--to", "site=north"], &QUICK[..]].concat());
    desk.bad(&["delete", "app", "log", "--all"]);
    assert!(desk.good(&["get", "apps", "-l", "site=north"]).contains("Committed"));
    assert!(desk.good(&["describe", "board", "north"]).contains("site=north"));
    assert!(desk.good(&["rollout", "history", "web"]).contains("done"));
    let (north, south) = (north.end(), south.end());
    let seen: Vec<_> = north.iter().map(images).collect();
    let both = vec![("log", IMAGE_2), ("web", IMAGE_1)];
    assert_eq!(
        seen,
        [vec![("web", IMAGE_1)], both, vec![("log", IMAGE_2), ("web", IMAGE_2)], vec![("web", IMAGE_2)]]
    );
    assert_eq!(south.len(), 1);
    let site = |desired: &Desired| desired.apps[0].workloads[0].environment[0].1.clone();
    assert_eq!((site(&north[0]).as_deref(), site(&south[0]).as_deref()), (Some("x north"), Some("x south")));
}

#[test]
fn a_bad_version_is_undone_and_what_is_signed_next_builds_on_what_was_before() {
    let desk = Desk::new();
    let life = Life::of(&desk, desk.join(22, "one", &[]), IMAGE_2);
    desk.compose("web", IMAGE_1);
    desk.good(&[&["apply", "-f", "web.yaml", "--all"], &QUICK[..]].concat());
    desk.compose("web", IMAGE_2);
    let output = desk.run(&[&["apply", "-f", "web.yaml", "--all"], &QUICK[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(desk.good(&["rollout", "status", "--no-wait"]).contains("undone"));
    let said = desk.good(&["apply", "-f", "web.yaml", "--all", "--dry-run"]);
    assert!(said.contains("image example.test/web@111111111111 -> example.test/web@222222222222"), "{said}");
    let taken = life.end();
    let seen: Vec<_> = taken.iter().map(|desired| images(desired)[0].1).collect();
    assert_eq!(seen, [IMAGE_1, IMAGE_2, IMAGE_1]);
    assert!(taken.windows(2).all(|pair| pair[0].generation < pair[1].generation));
}
