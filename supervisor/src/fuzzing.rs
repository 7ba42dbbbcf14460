//! Parsers that nobody outside needs, for `fuzz/` only.

use crate::{act, supervise};

/// The status of an answer to an HTTP probe, as soon as it is there.
#[must_use]
pub fn status_of(answer: &[u8]) -> Option<u16> {
    act::probe::status_of(answer)
}

/// A status as it stands in a datagram to the service manager.
#[must_use]
pub fn status_line(text: &str) -> String {
    supervise::notify::line(text)
}

/// How often the service manager's watchdog wants to hear of process `pid`.
#[must_use]
pub fn watchdog_ms(usec: Option<&str>, for_pid: Option<&str>, pid: u32) -> Option<u64> {
    supervise::notify::interval_ms(usec, for_pid, pid)
}
