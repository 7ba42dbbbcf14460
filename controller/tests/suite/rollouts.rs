//! Rollouts go by steps, stop, go back, and go on after a kill.

use crate::board::{Board, app, delivery, etag};
use crate::rig::{Operator, Rig, at_once, base64};
use limpet_controller::api::{Boards, Event, NewRollout, Rollout};
use limpet_fleet::rollout::{Part, Share, Status, Strategy};
use limpet_protocol::fleet::report::{AppReport, Progress, Report};

type Edit<'a> = &'a dyn Fn(&mut NewRollout);

fn canary() -> Strategy {
    Strategy { canary: Share::Count(1), batch: Share::Count(1), soak_s: 0, undo: true, ..at_once() }
}

/// With what became of the app `web`.
fn report(board: &Board, sequence: u64, generation: u64, progress: Progress) -> Report {
    Report { apps: vec![AppReport { progress, ..app("web") }], ..board.report(sequence, (1, generation)) }
}

/// Asks until it is so.
fn until(operator: &mut Operator, is_so: impl Fn(&Rollout) -> bool) -> Rollout {
    for _ in 0..600 {
        let rollout: Rollout = operator.get("/rollouts/1");
        if is_so(&rollout) {
            return rollout;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it never came to that: {:?}", operator.get::<Rollout>("/rollouts/1"));
}

fn offered(operator: &mut Operator) -> Vec<(u64, u64)> {
    operator.get::<Boards>("/boards").boards.iter().map(|board| board.offered).collect()
}

#[test]
fn a_good_version_goes_to_the_canary_and_then_to_the_others() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let boards: Vec<_> = (0..3).map(|n| rig.board(20 + n, &format!("b{n}"))).collect();
    let mut links: Vec<_> = boards.iter().map(|board| board.connect(rig.address())).collect();
    let etags: Vec<_> = links.iter_mut().map(|link| etag(&link.poll(None, 0))).collect();
    for (link, etag) in links.iter_mut().zip(&etags) {
        link.begin_poll(Some(etag), 3600);
    }
    let (answer, new) = operator.roll_out(&rig.keys, canary(), &boards.iter().collect::<Vec<_>>());
    assert_eq!(answer.status, 200, "{}", answer.text());
    for (n, link) in links.iter_mut().enumerate() {
        // Woken in turn, and the next not before the one before it is well.
        let woken = link.client.answer().expect("an answer");
        assert_eq!(base64(&delivery(&woken).desired), new.boards[n].desired);
        assert_eq!(offered(&mut operator)[n + 1..], vec![(0, 0); 2 - n]);
        assert_eq!(link.tell(&report(&boards[n], 1, 1, Progress::Committed)).status, 204);
    }
    let rollout = until(&mut operator, |rollout| rollout.status == Status::Done);
    assert!(rollout.boards.iter().all(|(_, part)| matches!(part, Part::Committed { .. })), "{rollout:?}");
}

#[test]
fn a_bad_version_stops_at_the_canary_and_goes_back_also_after_a_kill() {
    let mut rig = Rig::new();
    let mut operator = rig.operator();
    let boards: Vec<_> = (0..2).map(|n| rig.board(20 + n, &format!("b{n}"))).collect();
    let (_, new) = operator.roll_out(&rig.keys, canary(), &boards.iter().collect::<Vec<_>>());
    let mut link = boards[0].connect(rig.address());
    let first = link.poll(None, 0);
    until(&mut operator, |rollout| matches!(rollout.boards[0].1, Part::Offered { .. }));
    rig.server.as_mut().expect("it runs").kill();
    rig.start();
    let mut operator = rig.operator();
    let mut link = boards[0].connect(rig.address());
    let offered_now = link.poll(Some(&etag(&first)), 60);
    assert_eq!(base64(&delivery(&offered_now).desired), new.boards[0].desired);
    let why = Progress::Reverted("exited with status 1".try_into().expect("short"));
    assert_eq!(link.tell(&report(&boards[0], 1, 1, why)).status, 204);
    let undo = link.poll(Some(&etag(&offered_now)), 60);
    assert_eq!(base64(&delivery(&undo).desired), new.boards[0].undo);
    assert_eq!(link.tell(&report(&boards[0], 2, 2, Progress::Committed)).status, 204);
    let rollout = until(&mut operator, |rollout| matches!(rollout.status, Status::Undone(_)));
    assert_eq!(rollout.boards[0].1, Part::Undone);
    assert_eq!(offered(&mut operator), [(1, 2), (0, 0)]);
    let events: Vec<Event> = operator.get("/events?since=0");
    let count = |kind: &str| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!((count("reverted"), count("rollout-undone")), (1, 1), "{events:?}");
    // What was uploaded last says for both boards what was before: the next signature builds on that.
    for (n, board) in boards.iter().enumerate() {
        let path = format!("/boards/{}/desired", board.id());
        let desired: limpet_controller::api::BoardDesired = operator.get(&path);
        assert_eq!(desired.desired.as_ref(), Some(&new.boards[n].undo));
    }
}

#[test]
fn a_person_pauses_resumes_and_undoes() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let board = rig.board(20, "b0");
    let (_, _) = operator.roll_out(&rig.keys, canary(), &[&board]);
    let mut wish = |wish: &str| operator.ask("POST", &format!("/rollouts/1/{wish}"), &[]).expect("an answer");
    let paused = wish("pause");
    assert_eq!(paused.status, 200, "{}", paused.text());
    assert_eq!(wish("pause").status, 409);
    assert_eq!(wish("resume").status, 200);
    assert_eq!(wish("undo").status, 200);
    assert_eq!(wish("undo").status, 409);
    assert_eq!(wish("dance").status, 404);
    let audit: Vec<Event> = operator.get("/audit");
    let kinds: Vec<_> = audit.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["invite", "rollout", "pause", "resume", "undo"]);
}

#[test]
fn a_canary_that_vanishes_is_waited_for_and_replaced_only_by_a_person() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    // Who was never there is no canary, wherever it stands in the list.
    let boards = ["absent", "canary", "next", "other"].into_iter().zip(20..);
    let boards: Vec<_> = boards.map(|(name, seed)| rig.board(seed, name)).collect();
    let mut links: Vec<_> = boards[1..].iter().map(|board| board.connect(rig.address())).collect();
    links.iter_mut().for_each(|link| drop(link.poll(None, 0)));
    let strategy = Strategy { patience_s: 2, ..canary() };
    let (answer, _) = operator.roll_out(&rig.keys, strategy, &boards.iter().collect::<Vec<_>>());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let place = |rollout: &Rollout, name: &str| {
        rollout.boards.iter().find(|(board, _)| board == name).expect("it is in it").1.clone()
    };
    let is_offered = |rollout: &Rollout, name: &str| matches!(place(rollout, name), Part::Offered { .. });
    let rollout = until(&mut operator, |rollout| is_offered(rollout, "canary"));
    assert_eq!(rollout.waits, "waits for canary");
    drop(links.remove(0));
    let rollout = until(&mut operator, |rollout| rollout.waits.contains("away since it was offered"));
    assert_eq!((&rollout.status, place(&rollout, "next")), (&Status::Canary, Part::Waiting), "{rollout:?}");
    assert_eq!(operator.ask("POST", "/rollouts/1/resume", &[]).expect("an answer").status, 200);
    let rollout = until(&mut operator, |rollout| is_offered(rollout, "next"));
    assert_eq!((&rollout.status, place(&rollout, "other")), (&Status::Canary, Part::Waiting), "{rollout:?}");
    assert_eq!(operator.ask("POST", "/rollouts/1/resume", &[]).expect("an answer").status, 409);
}

#[test]
fn of_each_app_some_rollouts_that_are_over_are_kept() {
    let mut rig = Rig::new();
    let mut operator = rig.operator();
    let board = rig.board(20, "b0");
    for number in 1..=24 {
        let (answer, _) = operator.roll_out(&rig.keys, canary(), &[&board]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let undo = format!("/rollouts/{number}/undo");
        assert_eq!(operator.ask("POST", &undo, &[]).expect("an answer").status, 200);
    }
    let ids = |operator: &mut Operator| -> Vec<u64> {
        operator.get::<Vec<Rollout>>("/rollouts").iter().map(|rollout| rollout.id).collect()
    };
    let kept = ids(&mut operator);
    assert_eq!(kept, (4..=24).collect::<Vec<u64>>());
    rig.server.as_mut().expect("it runs").kill();
    rig.start();
    let mut operator = rig.operator();
    assert_eq!(ids(&mut operator), kept);
    // Numbers go on, and what was uploaded last is there.
    assert_eq!(operator.generation(), 48);
    let path = format!("/boards/{}/desired", board.id());
    assert!(operator.get::<limpet_controller::api::BoardDesired>(&path).desired.is_some());
    assert_eq!(operator.roll_out(&rig.keys, canary(), &[&board]).0.status, 200);
}

#[test]
fn what_boards_would_refuse_and_what_comes_too_late_is_not_stored() {
    let rig = Rig::new();
    let mut operator = rig.operator();
    let (one, other) = (rig.board(20, "one"), rig.board(21, "other"));
    let refused = |operator: &mut Operator, change: Edit<'_>| {
        let boards = vec![rig.keys.upload(&one, 5)];
        let strategy = at_once();
        let mut new = NewRollout { subject: "web".into(), note: String::new(), strategy, boards };
        change(&mut new);
        let answer = operator.send("POST", "/rollouts", &new);
        (answer.status, answer.text())
    };
    let mut cases: Vec<(u16, Edit<'_>)> = Vec::new();
    let stranger = Board::new(99, "stranger");
    let swapped = |new: &mut NewRollout| {
        let upload = &mut new.boards[0];
        std::mem::swap(&mut upload.desired, &mut upload.undo);
    };
    let forged = |new: &mut NewRollout| {
        let desired = rig.keys.desired(one.id(), 1, 5);
        let sealed = limpet_trust::sign::seal(&[&crate::rig::secret(66)], &desired).expect("fits");
        new.boards[0].desired = base64(&sealed);
    };
    let others = |new: &mut NewRollout| {
        new.boards[0].desired = rig.keys.upload(&other, 5).desired;
    };
    let unknown = |new: &mut NewRollout| new.boards = vec![rig.keys.upload(&stranger, 5)];
    let nobody = |new: &mut NewRollout| new.boards.clear();
    let twice = |new: &mut NewRollout| {
        let again = new.boards[0].clone();
        new.boards.push(again);
    };
    let rubbish = |new: &mut NewRollout| new.boards[0].undo = "AAAA".into();
    cases.extend::<[(u16, Edit<'_>); 7]>([
        (400, &swapped),
        (400, &forged),
        (400, &others),
        (404, &unknown),
        (400, &nobody),
        (400, &twice),
        (400, &rubbish),
    ]);
    for (number, (status, change)) in cases.into_iter().enumerate() {
        let (found, text) = refused(&mut operator, change);
        assert_eq!(found, status, "{number}: {text}");
    }
    let rollouts: Vec<Rollout> = operator.get("/rollouts");
    assert!(rollouts.is_empty());
    // The same upload twice is one rollout; the same board in another is refused while that one is not over.
    let boards = vec![rig.keys.upload(&one, 5)];
    let new = NewRollout { subject: "web".into(), note: String::new(), strategy: at_once(), boards };
    let ids: Vec<_> = (0..2).map(|_| operator.send("POST", "/rollouts", &new).status).collect();
    assert_eq!(ids, [200, 200]);
    assert_eq!(operator.get::<Vec<Rollout>>("/rollouts").len(), 1);
    assert_eq!(refused(&mut operator, &|new| new.boards = vec![rig.keys.upload(&one, 7)]).0, 409);
    assert_eq!(refused(&mut operator, &|new| new.boards = vec![rig.keys.upload(&other, 6)]).0, 409);
    assert_eq!(refused(&mut operator, &|new| new.boards = vec![rig.keys.upload(&other, 7)]).0, 200);
}
