//! What operators do from day to day, and look at, with `limpetctl`.

use crate::board::Board;
use crate::desk::{Desk, IMAGE_1, Life, QUICK, token};
use limpet_controller::api;
use limpet_protocol::fleet::Window;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

#[test]
fn only_boards_whose_serial_number_was_approved_come_by_such_an_invitation_and_once_each() {
    let desk = Desk::new();
    desk.good(&["board", "approve", "SN-1", "SN-2", "--label", "rack=7"]);
    desk.bad(&["board", "approve", "SN-3", "--label", "arch=x"]);
    let invite = token(&desk.good(&["board", "invite", "--serials-only", "--uses", "9"])).invite;
    let comes = |seed: u8, name: &str, serial: Option<&str>| {
        let serial = serial.map(str::to_owned);
        let board = Board { serial, ..Board::new(seed, name) };
        board.enrol(desk.rig.address(), invite).status
    };
    assert_eq!(comes(60, "none", None), 403);
    assert_eq!(comes(61, "other", Some("SN-9")), 403);
    assert_eq!(comes(62, "good", Some("SN-1")), 200);
    assert_eq!(comes(63, "twin", Some("SN-1")), 403);
    let wide = desk.good(&["get", "boards", "-o", "wide"]);
    assert!(wide.contains("good") && wide.contains("SN-1") && wide.contains("rack=7"), "{wide}");
    assert!(desk.good(&["get", "invites"]).contains("true"));
    let open: Vec<api::Serials> = desk.rig.operator().get("/serials");
    assert_eq!(open[0].serials, ["SN-2"]);
}

#[test]
fn windows_are_set_shown_and_taken_away() {
    let desk = Desk::new();
    let life = Life::of(&desk, desk.join(64, "one", &[]), "");
    desk.bad(&["set", "windows", "sometimes", "--all"]);
    let set = |windows: &str| desk.good(&[&["set", "windows", windows, "--all"], &QUICK[..]].concat());
    let said = set("Mon-Wed 02:00-04:00");
    assert!(said.contains("windows: mon,tue,wed 02:00-04:00"), "{said}");
    let shown = desk.good(&["describe", "board", "one"]);
    assert!(shown.lines().any(|line| line.starts_with("Window:") && line.contains("02:00-04:00")), "{shown}");
    set("always");
    let taken: Vec<Vec<Window>> = life.end().iter().map(|desired| desired.windows.to_vec()).collect();
    assert_eq!(taken, [vec![Window { days: 0b111, from_minute: 120, minutes: 120 }], vec![]]);
}

/// A child whose lines are waited for.
struct Watch(Child, Receiver<String>);

impl Watch {
    fn of(desk: &Desk, words: &[&str]) -> Self {
        let mut child = desk.command(words).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let (tell, told) = channel();
        std::thread::spawn(move || lines.into_iter().try_for_each(|line| tell.send(line)));
        Self(child, told)
    }

    fn until(&self, word: &str) -> String {
        loop {
            let line = self.1.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|_| panic!("it never says {word}"));
            if line.contains(word) {
                return line;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn lists_are_watched_while_they_change() {
    let desk = Desk::new();
    let _board = desk.join(65, "one", &[]);
    let boards = Watch::of(&desk, &["get", "boards", "--watch"]);
    let rollouts = Watch::of(&desk, &["get", "rollouts", "-w"]);
    let events = Watch::of(&desk, &["get", "events", "-w", "one"]);
    assert!(boards.until("NAME").contains("STATUS"));
    assert!(boards.until("one").contains("Offline"));
    events.until("enrolled");
    desk.good(&["cordon", "one"]);
    boards.until("Cordoned");
    desk.good(&["uncordon", "one"]);
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--detach"]);
    rollouts.until("canary");
    desk.good(&["rollout", "pause"]);
    rollouts.until("paused");
    desk.good(&["board", "revoke", "one"]);
    events.until("revoked");
}

#[test]
fn rollouts_and_apps_are_described() {
    let desk = Desk::new();
    let life = Life::of(&desk, desk.join(66, "one", &[]), "");
    let _absent = desk.join(67, "two", &[]);
    desk.compose("web", IMAGE_1);
    let apply =
        ["apply", "-f", "web.yaml", "--all", "-m", "first", "--detach", "--canary", "1", "--soak", "0s"];
    desk.good(&apply);
    let told = Watch::of(&desk, &["rollout", "status"]);
    told.until("one: committed");
    drop(told);
    let shown = desk.good(&["describe", "rollout", "1"]);
    for line in
        ["Subject:      web", "Note:         first", "Canary:       1", "  one  committed", "  two  waiting"]
    {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    assert!(desk.good(&["rollout", "status", "--no-wait"]).contains("waits for"));
    let shown = desk.good(&["describe", "app", "web"]);
    assert!(shown.lines().any(|line| line == "  one  1/1 well  Committed"), "{shown}");
    desk.bad(&["describe", "app", "nosuch"]);
    desk.bad(&["describe", "rollout", "9"]);
    desk.bad(&["describe", "event", "1"]);
    assert_eq!(life.end().len(), 1);
}

#[test]
fn a_cordoned_board_is_left_out_and_that_is_said() {
    let desk = Desk::new();
    let _boards = [desk.join(68, "one", &[]), desk.join(69, "two", &[])];
    desk.good(&["cordon", "two"]);
    desk.compose("web", IMAGE_1);
    let output = desk.run(&["apply", "-f", "web.yaml", "--all", "--detach"]);
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 board (one):") && warned.contains("board two is cordoned"), "{output:?}");
    let rollout: api::Rollout = desk.rig.operator().get("/rollouts/1");
    assert_eq!(rollout.boards.len(), 1);
}

#[test]
fn words_for_shells_are_fit_for_them() {
    let desk = Desk::new();
    for (shell, word) in
        [("bash", "complete -F"), ("zsh", "#compdef limpetctl"), ("fish", "complete -c limpetctl")]
    {
        let words = desk.good(&["completion", shell]);
        assert!(words.contains(word) && words.contains("rollout"), "{shell}");
        if shell == "bash" {
            std::fs::write(desk.path("words"), &words).expect("written");
            let read = Command::new("bash").arg("-n").arg(desk.path("words")).status().expect("bash runs");
            assert!(read.success());
        }
    }
}

/// A file that begins as a program of x86_64 does.
fn elf(desk: &Desk, name: &str, version: u8) {
    let head = [&b"\x7fELF\x02\x01"[..], &[0; 12], &[0x3e, 0], &[version; 16]].concat();
    std::fs::write(desk.path(name), head).expect("written");
}

#[test]
fn the_first_file_of_limpet_is_undone_to_the_one_that_boards_had() {
    let desk = Desk::new();
    let life = Life::of(&desk, desk.join(70, "one", &[]), "");
    elf(&desk, "new", 2);
    elf(&desk, "old", 1);
    let set = ["set", "program", "new", "--release", "2", "--all"];
    let dry = desk.run(&[&set[..], &["--dry-run"]].concat());
    assert!(String::from_utf8_lossy(&dry.stderr).contains("an undo leaves them the new one"), "{dry:?}");
    let before = ["--before", "old", "--before-release", "1"];
    let said = desk.good(&[&set[..], &before, &QUICK].concat());
    assert!(said.contains("limpet: 1 -> 2@"), "{said}");
    desk.good(&["rollout", "undo"]);
    let versions: Vec<_> =
        life.end().iter().map(|desired| desired.program.as_ref().map(|it| it.version.to_string())).collect();
    assert_eq!(versions, [Some("2".to_owned()), Some("1".to_owned())]);
}
