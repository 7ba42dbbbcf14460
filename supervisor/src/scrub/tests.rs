use super::*;

const DAY_MS: u64 = 86_400_000;
const DAY_NS: u64 = DAY_MS * 1_000_000;
const WEEK_MS: u64 = 7 * DAY_MS;

#[test]
fn it_is_due_an_interval_after_the_last_one_and_never_at_once() {
    let now_ns = 100 * DAY_NS;
    let due = |last_ns| due_in_ms(last_ns, now_ns, WEEK_MS, 600_000);
    assert_eq!(due(None), 600_000, "there was none");
    assert_eq!(due(Some(98 * DAY_NS)), 5 * DAY_MS);
    assert_eq!(due(Some(0)), 600_000, "long ago");
    assert_eq!(due(Some(now_ns)), WEEK_MS);
    assert_eq!(due(Some(200 * DAY_NS)), WEEK_MS, "by another clock");
}

#[test]
fn a_long_line_is_cut_between_characters() {
    assert_eq!(short(&"ä".repeat(200)).len(), DAMAGE_LINE_BYTES_MAX);
    assert_eq!(short("short"), "short");
}
