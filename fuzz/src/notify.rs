//! sd_notify: whatever the status is, the datagram has the lines that it is to have; whatever the environment says of the
//! watchdog, it is a time or none.

use limpet_supervisor::fuzzing::{status_line, watchdog_ms};

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let line = status_line(&text);
    assert!(!line.contains(['\n', '\r', '\0']), "{line:?}");
    assert_eq!(line.chars().count(), text.chars().count());
    let (usec, pid) = text.split_once(' ').map_or((&*text, None), |(usec, pid)| (usec, Some(pid)));
    if let Some(ms) = watchdog_ms(Some(usec), pid, 7) {
        assert!(ms >= 1 && usec.parse::<u64>().is_ok_and(|usec| ms <= usec.max(2000) / 2000));
        assert!(pid.is_none_or(|pid| pid.parse() == Ok(7)));
    }
}
