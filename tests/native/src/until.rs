//! Waiting for something that happens by itself.

use std::thread;
use std::time::{Duration, Instant};

/// A machine that takes longer than this is not slow: what is waited for will not happen.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `look` finds something, and gives that.
///
/// # Panics
/// Nothing was found for a minute: `what` did not happen.
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, look).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain until {what}"))
}

/// As [`until`], with a bound of one's own and nobody to blame.
pub fn within<T>(patience: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if begin.elapsed() > patience {
            return None;
        }
        thread::sleep(LOOK_EVERY);
    }
}
