//! Maintenance windows: whether changes may begin now. Pure; UTC.

use limpet_protocol::fleet::Window;

const DAY_MINUTES: u64 = 24 * 60;
const WEEK_MINUTES: u64 = 7 * DAY_MINUTES;
/// 1970-01-01 was a Thursday; Monday is 0.
const EPOCH_MINUTES: u64 = 3 * DAY_MINUTES;

/// Whether a change may begin at `now_s`, seconds since 1970. Without windows always; with some, and without a time that can be
/// believed (`None`), never: nobody can say that it is night.
pub(crate) fn is_open(windows: &[Window], now_s: Option<u64>) -> bool {
    windows.is_empty() || now_s.is_some_and(|now_s| windows.iter().any(|window| holds(window, now_s)))
}

fn holds(window: &Window, now_s: u64) -> bool {
    let minute = (now_s / 60 + EPOCH_MINUTES) % WEEK_MINUTES;
    (0..7).filter(|day| window.days >> day & 1 == 1).any(|day| {
        let from = day * DAY_MINUTES + u64::from(window.from_minute);
        // The last of Sunday's goes on in the week that follows.
        (minute + WEEK_MINUTES - from) % WEEK_MINUTES < u64::from(window.minutes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 2026-01-05, 00:00.
    const MONDAY_S: u64 = 1_767_571_200;

    fn at(day: u64, hour: u64, minute: u64) -> u64 {
        MONDAY_S + ((day * 24 + hour) * 60 + minute) * 60
    }

    fn window(days: u8, from_hour: u16, minutes: u16) -> Window {
        Window { days, from_minute: from_hour * 60, minutes }
    }

    #[test]
    fn a_window_holds_from_its_first_minute_to_its_last_on_its_days_only() {
        let tuesday = [window(0b10, 2, 120)];
        for (day, hour, minute, open) in [
            (1, 1, 59, false),
            (1, 2, 0, true),
            (1, 3, 59, true),
            (1, 4, 0, false),
            (0, 2, 30, false),
            (2, 2, 30, false),
            (8, 2, 30, true),
        ] {
            assert_eq!(is_open(&tuesday, Some(at(day, hour, minute))), open, "day {day}, {hour}:{minute}");
        }
    }

    #[test]
    fn a_window_goes_over_midnight_and_over_the_end_of_the_week() {
        let saturday_night = [window(0b10_0000, 23, 120)];
        assert!(is_open(&saturday_night, Some(at(6, 0, 59))) && !is_open(&saturday_night, Some(at(6, 1, 0))));
        let sunday_night = [window(0b100_0000, 23, 120)];
        assert!(is_open(&sunday_night, Some(at(6, 23, 0))) && is_open(&sunday_night, Some(at(7, 0, 59))));
        assert!(is_open(&sunday_night, Some(at(0, 0, 59))) && !is_open(&sunday_night, Some(at(0, 1, 0))));
    }

    #[test]
    fn a_window_of_a_whole_day_has_no_gap_and_any_of_several_will_do() {
        let always = [window(0x7f, 5, 1440)];
        assert!((0..7 * 24).all(|hour| is_open(&always, Some(at(0, hour, 0)))));
        let two = [window(0b1, 1, 60), window(0b1, 4, 60)];
        assert!(is_open(&two, Some(at(0, 4, 30))) && !is_open(&two, Some(at(0, 2, 30))));
    }

    #[test]
    fn without_windows_any_time_will_do_and_with_one_only_a_time_that_is_known() {
        assert!(is_open(&[], None) && is_open(&[], Some(0)));
        assert!(!is_open(&[window(0x7f, 0, 1440)], None));
    }
}
