//! Lines for people on standard output. Whoever listens may have heard enough (`limpetctl get boards | head -1`).

use std::fmt::Arguments;
use std::io::Write;

/// What a shell says of a program that wrote where nobody reads (128 + SIGPIPE).
const UNHEARD: i32 = 141;

/// Prints a line, or ends the program if nobody reads it any more.
pub(crate) fn line(line: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if out.write_fmt(line).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).is_err() {
        std::process::exit(UNHEARD);
    }
}

/// As `println!`, through [`line`].
macro_rules! say {
    ($($words:tt)*) => { $crate::operator::screen::line(format_args!($($words)*)) };
}
pub(crate) use say;
