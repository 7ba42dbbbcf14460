use super::*;

fn row(received: u64) -> Row {
    let state = State::Coming(Arc::new(AtomicU64::new(received)));
    Row { state, ..Row::new(&Digest::of(b"x"), 2_000_000) }
}

#[test]
fn a_bar_fills() {
    for (received, bar) in [(0, "[>         ]"), (1_000_000, "[=====>    ]"), (2_000_000, "[==========]")] {
        let line = rows(&[row(received)], 12 + 13 + 6 + 10 + amount(received).len()).remove(0);
        assert!(line.contains(bar) && line.ends_with(&amount(received)), "{line}");
    }
}

fn amount(received: u64) -> String {
    format!("{}/2MB", decimal(received))
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in 20..120 {
        let others = [State::Pending, State::There, State::Waiting, State::Done];
        let others = others.map(|state| Row { state, ..row(0) });
        for line in rows(&[&others[..], &[row(1_234_567)]].concat(), width) {
            assert!(line.len() < width, "{width}: {line}");
        }
    }
}
