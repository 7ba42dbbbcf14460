use super::*;

#[test]
fn waits_double_and_end() {
    let mut attempts = Attempts::default();
    let broken = Trouble::passing("x");
    let waits: Vec<_> = (0..5).map(|_| attempts.failed(&broken, 0, 0)).collect();
    let after = Next::After;
    assert_eq!(waits, [after(1000), after(2000), after(4000), after(8000), Next::GiveUp]);
}

#[test]
fn boards_do_not_come_back_at_once() {
    let wait = |chance| Attempts::default().failed(&Trouble::passing("x"), 0, chance);
    assert_eq!((wait(249), wait(250)), (Next::After(751), Next::After(1000)));
}

#[test]
fn a_bad_line_is_tried_on_and_on() {
    let mut attempts = Attempts::default();
    for _ in 0..100 {
        assert_eq!(attempts.failed(&Trouble::passing("x"), ATTEMPT_BYTES, 0), Next::After(1000));
    }
    for _ in 0..3 {
        assert!(matches!(attempts.failed(&Trouble::passing("x"), ATTEMPT_BYTES - 1, 0), Next::After(_)));
    }
    assert_eq!(attempts.failed(&Trouble::passing("x"), 0, 0), Next::GiveUp);
}

#[test]
fn a_registry_is_given_the_time_it_asks_for() {
    let asks = |s| Trouble { message: String::new(), remedy: Remedy::Again(Some(s)) };
    assert_eq!(Attempts::default().failed(&asks(20), 0, 7), Next::After(20_007));
    assert_eq!(Attempts::default().failed(&asks(RETRY_AFTER_S_MAX + 1), 0, 0), Next::GiveUp);
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    assert_eq!(Attempts::default().failed(&Trouble::lasting("x"), 0, 0), Next::GiveUp);
    assert_eq!(Attempts::default().failed(&Trouble::missing("x"), 0, 0), Next::GiveUp);
}

#[test]
fn numbers_and_dates() {
    assert_eq!(after_s(Some("120"), None), Some(120));
    let (now, then) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT");
    assert_eq!(date_s(now), Some(784_111_777));
    assert_eq!(after_s(Some(then), Some(now)), Some(30));
    for (field, date) in [(None, None), (Some("soon"), None), (Some(then), None), (Some(now), Some(then))] {
        assert_eq!(after_s(field, date), None);
    }
}
