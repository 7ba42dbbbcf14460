//! What was answered is kept, through kills, full disks, backups and restores; nothing is there twice.

use crate::board::{Board, delivery};
use crate::rig::{Operator, Rig, Server, at_once, controller};
use limpet_controller::api::{Boards, Event, NewInvite, Rollout};
use limpet_fleet::rollout::Status;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Kills at so many different moments.
const KILLS: u64 = 25;

/// What a client was told that it is done.
#[derive(Default)]
struct Told {
    enrolled: Vec<Board>,
    invites: usize,
    reported: u64,
    taken: u64,
}

#[test]
fn nothing_that_was_answered_is_lost_or_doubled_by_kills_in_the_middle_of_rollouts() {
    let mut rig = Rig::new();
    let (mut told, mut generation) = (Told::default(), 0);
    for round in 0..KILLS {
        let pid = rig.server.as_ref().expect("it runs").child.id();
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(7 * round));
                let done = Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(done.expect("kill runs").success());
                killed.store(true, Ordering::SeqCst);
            });
            let seed = u8::try_from(100 + round).expect("few");
            // It stops with the first answer that does not come.
            let _ = play(&rig, seed, &mut told, &mut generation);
            while !killed.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        rig.server.as_mut().expect("it ran").kill();
        rig.start();
        check(&rig, &told);
    }
    assert!(told.enrolled.len() > 3 && told.taken > 0, "the kills came too early to show anything");
}

/// As much as there is time for; `None` when it is cut off.
fn play(rig: &Rig, seed: u8, told: &mut Told, generation: &mut u64) -> Option<()> {
    let mut operator = Operator::try_new(rig.address(), &rig.keys.deploy).ok()?;
    let new = NewInvite { ttl_s: 600, uses: 1, ..NewInvite::default() };
    let answer = operator.ask("POST", "/invites", &serde_json::to_vec(&new).expect("has a form")).ok()?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    told.invites += 1;
    let invite: limpet_controller::api::Invite = serde_json::from_slice(&answer.body).expect("JSON");
    let board = Board::new(seed, &format!("b{seed}"));
    let mut client = crate::client::Client::connect(rig.address()).ok()?;
    let answer = board.enrol_on(&mut client, crate::rig::bytes(&invite.invite)).ok()?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    told.enrolled.push(board);
    let board = told.enrolled.last().expect("just pushed");
    loop {
        let fleet = operator.ask("GET", "/fleet", &[]).ok()?;
        let fleet: limpet_controller::api::Fleet = serde_json::from_slice(&fleet.body).expect("JSON");
        assert!(fleet.generation >= *generation, "{} after {generation}", fleet.generation);
        *generation = fleet.generation;
        let boards = vec![rig.keys.upload(board, *generation + 1)];
        let note = format!("{seed}");
        let new =
            limpet_controller::api::NewRollout { subject: "web".into(), note, strategy: at_once(), boards };
        let answer =
            operator.ask("POST", "/rollouts", &serde_json::to_vec(&new).expect("has a form")).ok()?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        *generation += 2;
        let mut link = board.try_connect(rig.address()).ok()?;
        let answer = link.try_poll(None, 0).ok()?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sequence = told.reported + 1;
        let mut report = board.report(sequence, (1, *generation - 1));
        report.apps = vec![crate::board::app("web")];
        let body = postcard::to_allocvec(&report).expect("has a form");
        let answer = link.ask("PUT", limpet_protocol::fleet::link::REPORT, &[], &body).ok()?;
        assert_eq!(answer.status, 204, "{}", answer.text());
        (told.reported, told.taken) = (sequence, told.taken + 1);
        while !matches!(operator.rollout_of_note(&format!("{seed}")).ok()?.status, Status::Done) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn check(rig: &Rig, told: &Told) {
    let mut operator = rig.operator();
    let boards: Boards = operator.get("/boards");
    for board in &told.enrolled {
        let found = boards.boards.iter().filter(|found| found.id == board.id().to_string()).count();
        assert_eq!(found, 1, "{} is there {found} times", board.name);
    }
    // One more may have come whose answer was lost in each round; none came twice.
    let names: std::collections::BTreeSet<_> = boards.boards.iter().map(|board| &board.name).collect();
    assert_eq!(names.len(), boards.boards.len());
    let audit: Vec<Event> = operator.get("/audit");
    let invites = audit.iter().filter(|line| line.kind == "invite").count();
    assert!(invites >= told.invites, "{invites} of {}", told.invites);
    let rollouts: Vec<Rollout> = operator.get("/rollouts");
    // Old ones are not kept, and none has the number of another.
    let uploads = audit.iter().filter(|line| line.kind == "rollout").count() as u64;
    let last = rollouts.iter().map(|rollout| rollout.id).max();
    assert_eq!(uploads, last.unwrap_or(0), "each rollout is in the audit once");
    let taken: Vec<_> = operator.events().into_iter().filter(|event| event.kind == "taken").collect();
    assert!(taken.len() as u64 >= told.taken, "{} of {}", taken.len(), told.taken);
    let mut once = std::collections::BTreeSet::new();
    assert!(taken.iter().all(|event| once.insert((&event.who, &event.text))), "doubled: {taken:?}");
    // What a board is offered is what its last rollout says.
    for board in &boards.boards {
        let last =
            rollouts.iter().rfind(|rollout| rollout.boards.iter().any(|(name, _)| *name == board.name));
        if last.is_some_and(|rollout| rollout.status == Status::Done) {
            assert!(board.offered.1 > 0, "{} is offered nothing", board.name);
        }
    }
}

#[test]
fn a_backup_that_is_made_meanwhile_is_whole_and_a_restore_pauses_what_was_under_way() {
    let mut rig = Rig::new();
    let mut operator = rig.operator();
    let board = rig.board(10, "b");
    let _open = operator.invite(5);
    let (answer, _) = operator.roll_out(&rig.keys, at_once(), &[&board]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let file = rig.directory.0.join("backup");
    let words = ["backup", file.to_str().expect("UTF-8"), "--data"];
    let made = rig.run(&words);
    assert!(made.status.success(), "{made:?}");
    let again = rig.run(&words);
    assert!(!again.status.success(), "it does not overwrite");
    let later = rig.board(11, "later");
    // It is in use, and it is not empty.
    let restore = ["restore", file.to_str().expect("UTF-8"), "--force", "--data"];
    let used = rig.run(&restore);
    let text = String::from_utf8_lossy(&used.stderr).into_owned();
    assert!(!used.status.success() && text.contains("in use"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    rig.server.as_mut().expect("it runs").kill();
    let full = rig.run(&["restore", file.to_str().expect("UTF-8"), "--data"]);
    assert!(!full.status.success() && String::from_utf8_lossy(&full.stderr).contains("--force"));
    let done = rig.run(&restore);
    assert!(done.status.success(), "{done:?}");
    rig.start();
    let mut operator = rig.operator();
    assert_eq!(operator.get::<Boards>("/boards").boards.len(), 1);
    let rollout: Rollout = operator.get("/rollouts/1");
    assert!(matches!(rollout.status, Status::Paused(_)), "{:?}", rollout.status);
    assert_eq!(operator.get::<Vec<limpet_controller::api::Invite>>("/invites").len(), 0);
    assert_eq!(board.connect(rig.address()).poll(None, 0).status, 200);
    assert_eq!(later.connect(rig.address()).poll(None, 0).status, 403);
    let kinds: Vec<_> = operator.get::<Vec<Event>>("/audit").into_iter().map(|line| line.kind).collect();
    assert_eq!(kinds.last().map(String::as_str), Some("restored"));
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let rig = Rig::stopped();
    let file = rig.directory.0.join("odd");
    for bytes in [&b""[..], b"SQLite format 3\0 and then nothing", &[7; 100_000]] {
        std::fs::write(&file, bytes).expect("written");
        let done = rig.run(&["restore", file.to_str().expect("UTF-8"), "--force", "--data"]);
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && text.contains("no backup of a controller"), "{text}");
    }
    let mut rig = rig;
    rig.start();
    assert_eq!(rig.operator().get::<Boards>("/boards").boards.len(), 0);
}

/// The server's data is on a file system of its own in a mount namespace of its own, both gone with the server.
#[test]
fn a_full_disk_is_said_loses_nothing_and_heals() {
    let rig = Rig::stopped();
    let mount = rig.directory.0.join("mount");
    std::fs::create_dir(&mount).expect("a directory");
    let script = "mount -t tmpfs -o size=3m,mode=700 none \"$1\" && cp -a \"$2\" \"$1/data\" && exec \"$3\" serve \
                  --listen 127.0.0.1:0 --log-format json --data \"$1/data\"";
    let mut command = Command::new("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", script, "sh"]);
    command.arg(&mount).arg(rig.data()).arg(controller());
    let server = Server::spawn(command);
    let mut operator = Operator::new(server.address, &rig.keys.deploy);
    let board = Board::new(10, "b");
    assert_eq!(board.enrol(server.address, operator.invite(1)).status, 200);
    // Its own mount namespace, seen from here.
    let ballast = format!("/proc/{}/root{}/ballast", server.child.id(), mount.display());
    let mut file = std::fs::File::create(&ballast).expect("made");
    while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
    let (mut answered, mut text) = (0, String::new());
    for _ in 0..200 {
        let new = NewInvite { ttl_s: 600, uses: 1, ..NewInvite::default() };
        let answer = operator.send("POST", "/invites", &new);
        if answer.status != 200 {
            text = answer.text();
            assert_eq!(answer.status, 507, "{text}");
            break;
        }
        answered += 1;
    }
    assert!(text.contains("disk is full"), "{text}");
    // It still delivers, and still says who is there.
    let mut link = board.connect(server.address);
    let delivered = delivery(&link.poll(None, 0));
    assert!(delivered.desired.is_empty());
    let report = link.tell(&board.report(1, (0, 0)));
    assert_eq!(report.status, 507, "{}", report.text());
    let count =
        |operator: &mut Operator| operator.get::<Vec<limpet_controller::api::Invite>>("/invites").len();
    assert_eq!(count(&mut operator), answered);
    drop(file);
    std::fs::remove_file(&ballast).expect("removed");
    assert_eq!(link.tell(&board.report(2, (0, 0))).status, 204);
    let _ = operator.invite(1);
    assert_eq!(count(&mut operator), answered + 1);
    let audit: Vec<Event> = operator.get("/audit");
    assert_eq!(audit.len(), answered + 2, "one for each that was answered");
}

#[test]
fn it_ends_in_order_answers_who_waits_and_keeps_when_boards_were_seen() {
    let mut rig = Rig::new();
    let board = rig.board(10, "b");
    let mut link = board.connect(rig.address());
    let tag = crate::board::etag(&link.poll(None, 0));
    link.begin_poll(Some(&tag), 3600);
    let mut other = rig.operator();
    let seen_s = other.get::<Boards>("/boards").boards[0].seen_s;
    let ended = rig.server.as_mut().expect("it runs").terminate();
    assert!(ended.success(), "{ended:?}");
    assert_eq!(link.client.answer().expect("an answer").status, 304);
    rig.start();
    let kept = rig.operator().get::<Boards>("/boards");
    assert!(kept.boards[0].seen_s >= seen_s && !kept.boards[0].online);
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let rig = Rig::new();
    let second = Command::new(controller())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(rig.data())
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && text.contains("in use by another limpet-controller"), "{text}");
}
