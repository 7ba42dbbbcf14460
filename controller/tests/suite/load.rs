//! Figures with many boards; run by hand: `BOARDS=5000 cargo test ... -- --ignored --nocapture many_boards`.

use crate::board::Board;
use crate::rig::{Rig, secret_of};
use std::time::Instant;

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has one");
    line.split_whitespace().nth(1).expect("a number").parse().expect("digits")
}

#[test]
#[ignore = "figures, not a judgement"]
fn many_boards_wait_and_are_woken() {
    let count: u32 = std::env::var("BOARDS").map_or(500, |text| text.parse().expect("a number"));
    let rig = Rig::new();
    let pid = rig.server.as_ref().expect("it runs").child.id();
    let invite = rig.operator().invite(count);
    let board = |n: u32| {
        let mut seed = [9; 32];
        seed[..4].copy_from_slice(&n.to_le_bytes());
        Board { secret: secret_of(&seed), ..Board::new(1, &format!("b{n}")) }
    };
    let began = Instant::now();
    let boards: Vec<_> = (0..count).map(board).collect();
    for board in &boards {
        assert_eq!(board.enrol(rig.address(), invite).status, 200);
    }
    println!("{count} boards enrolled in {:.1} s", began.elapsed().as_secs_f64());
    let before = resident_kib(pid);
    let mut links = Vec::new();
    let began = Instant::now();
    for board in &boards {
        let mut link = board.connect(rig.address());
        let tag = crate::board::etag(&link.poll(None, 0));
        link.begin_poll(Some(&tag), 3600);
        links.push(link);
    }
    println!("{count} boards connected in {:.1} s", began.elapsed().as_secs_f64());
    let after = resident_kib(pid);
    let each = (after - before) as f64 / f64::from(count);
    println!("resident: {before} KiB before, {after} KiB after: {each:.1} KiB per board that waits");
    let began = Instant::now();
    let all: Vec<_> = boards.iter().collect();
    let (answer, _) = rig.operator().roll_out(&rig.keys, crate::rig::at_once(), &all);
    assert_eq!(answer.status, 200, "{}", answer.text());
    println!("uploaded and judged in {:.2} s", began.elapsed().as_secs_f64());
    for link in &mut links {
        assert_eq!(link.client.answer().expect("an answer").status, 200);
    }
    println!("the last board has it {:.2} s after the upload began", began.elapsed().as_secs_f64());
}
