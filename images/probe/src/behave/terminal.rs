//! The size of the terminal.

use super::tell;
use rustix::termios::tcgetwinsize;
use std::time::Duration;
use std::{io, thread};

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Prints `size ROWS COLUMNS` now and at each change, until it is ended.
///
/// # Errors
/// stdin is not a terminal.
pub fn sizes() -> io::Result<u8> {
    let mut last = (0, 0);
    loop {
        let size = tcgetwinsize(io::stdin())?;
        if last != (size.ws_row, size.ws_col) {
            last = (size.ws_row, size.ws_col);
            tell(&format!("size {} {}", last.0, last.1))?;
        }
        thread::sleep(LOOK_EVERY);
    }
}
