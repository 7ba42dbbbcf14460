use super::*;

#[test]
fn a_supervisor_has_time_to_begin_and_then_speaks_often() {
    let mut heart = Heart::new(1000);
    heart.started(2000);
    assert_eq!(heart.hung_at_ms(), 2000 + START_MS);
    heart.heard(5000);
    assert_eq!(heart.hung_at_ms(), 5000 + SILENCE_MS);
    // The next one begins anew.
    heart.started(60_000);
    assert_eq!(heart.hung_at_ms(), 60_000 + START_MS);
}

#[test]
fn only_its_word_keeps_the_board_alive() {
    let mut heart = Heart::new(1000);
    for start_ms in (2000..200_000).step_by(10_000) {
        heart.started(start_ms);
    }
    assert_eq!(heart.dead_at_ms(), 1000 + DEAD_MS);
    heart.heard(250_000);
    assert_eq!(heart.dead_at_ms(), 250_000 + DEAD_MS);
}

#[test]
fn one_that_hangs_or_ends_soon_after_each_start_does_no_work() {
    let mut heart = Heart::new(0);
    for start_ms in (0..400_000).step_by(40_000) {
        heart.started(start_ms);
        heart.heard(start_ms + 100);
    }
    assert_eq!(heart.dead_at_ms(), DEAD_MS);
    heart.heard(360_000 + SILENCE_MS / 2);
    assert_eq!(heart.dead_at_ms(), 360_000 + SILENCE_MS / 2 + DEAD_MS);
}

#[test]
fn one_that_hangs_is_ended_and_begins_anew_twice_before_the_board_is_given_up() {
    let mut heart = Heart::new(0);
    heart.heard(0);
    let ended_ms = heart.hung_at_ms();
    heart.started(ended_ms + 10_000);
    let ended_ms = heart.hung_at_ms();
    heart.started(ended_ms + 10_000);
    assert!(heart.hung_at_ms() < heart.dead_at_ms());
}

#[test]
fn notes_are_read_line_by_line() {
    for well in [&b"WATCHDOG=1"[..], b"READY=1\nSTATUS=keeping", b"STATUS=x\nWATCHDOG=1\n"] {
        assert!(is_well(well));
    }
    for other in [&b""[..], b"STOPPING=1", b"WATCHDOG=10", b"STATUS=WATCHDOG=1", b"READY=0", b"\xff\n\n"] {
        assert!(!is_well(other));
    }
}
