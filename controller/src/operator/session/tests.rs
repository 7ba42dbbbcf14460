use super::*;
use limpet_protocol::fleet::report::{Report, Stamp};

fn board(taken: (u64, u64)) -> Board {
    let word = |text: &str| text.try_into().unwrap();
    let report = Report {
        sequence: 1,
        at: Stamp { seconds: 1, synchronised: true },
        uptime_s: 1,
        name: word("one"),
        arch: word("x86_64"),
        version: "1".try_into().unwrap(),
        kernel: word("6.1"),
        root_generation: taken.0,
        taken,
        refused: None,
        held: None,
        program: None,
        apps: Vec::new(),
        disk_is_low: false,
    };
    Board {
        id: String::new(),
        name: String::new(),
        labels: api::Labels::new(),
        serial: None,
        enrolled_s: 0,
        seen_s: 0,
        online: true,
        cordoned: false,
        revoked: false,
        cloned_s: None,
        offered: (0, 0),
        sign_anew: false,
        report: Some(report),
    }
}

#[test]
fn the_highest_generation_of_boards_counts_if_it_is_possible() {
    let boards =
        [board((2, 5)), board((2, 9)), board((1, 50)), board((2, 10 + AHEAD_MAX)), board((2, u64::MAX))];
    assert_eq!(reported(&boards, 2, 3), 9);
    assert_eq!(reported(&boards, 3, 3), 0);
    assert_eq!(reported(&boards, 2, 10), 10 + AHEAD_MAX);
}
