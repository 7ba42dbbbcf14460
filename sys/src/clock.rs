//! Whether the wall clock can be believed.

/// Whether something has set the clock and keeps it right (adjtimex(2), `STA_UNSYNC`).
#[must_use]
pub fn is_synchronised() -> bool {
    // SAFETY: all zeroes is a valid timex, and with no mode set the call only reads.
    unsafe {
        let mut timex = std::mem::zeroed::<libc::timex>();
        libc::adjtimex(&raw mut timex) >= 0 && timex.status & libc::STA_UNSYNC == 0
    }
}
