//! What a person reads: results on standard output, one line of trouble on standard error.

use std::io::{self, Write};

/// The status that a shell shows for a program that SIGPIPE ended.
const BROKEN_PIPE_STATUS: i32 = 141;

/// Writes `text` to standard output. When nobody reads it any more, the program ends as SIGPIPE would end it.
pub fn print(text: &str) {
    write(text.as_bytes());
}

/// Writes `text` and a newline to standard output; see [`print`].
pub fn line(text: &str) {
    let mut whole = String::with_capacity(text.len() + 1);
    whole.push_str(text);
    whole.push('\n');
    print(&whole);
}

/// Writes bytes to standard output; see [`print`].
pub fn write(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(BROKEN_PIPE_STATUS),
        Err(error) => {
            complain(&format!("write to standard output: {error}"));
            std::process::exit(1);
        }
    }
}

/// Writes `text` to standard error as it is: the progress of a command whose result is on standard output.
pub fn progress(text: &str) {
    // If nobody can be told, nobody can be told that either.
    io::stderr().write_all(text.as_bytes()).ok();
}

/// Says one line on standard error, with the program's name.
pub fn complain(message: &str) {
    // If nobody can be told, nobody can be told that either.
    writeln!(io::stderr(), "limpet: {message}").ok();
}
