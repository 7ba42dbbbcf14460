//! Ways to misbehave, one per subcommand. In: a number. Out: lines for the test to read, and an exit code.

pub mod children;
pub mod hogs;
pub mod overwrite;
pub mod signals;
pub mod terminal;

use std::io::{self, Write as _};

/// Prints a line at once: the reader waits for it, and the process may be killed at any time.
fn tell(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
