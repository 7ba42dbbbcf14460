//! What a command came to: its exit code and what it printed.

use probe::report::Report;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

/// A command that has ended.
#[derive(Debug)]
pub struct Outcome {
    /// The command as it was typed, for messages.
    pub typed: String,
    /// Exit code, or 128+n for signal n as a shell says it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Runs `command` to its end with nothing on stdin.
    ///
    /// # Panics
    /// It cannot be started, or it never ends.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let typed = typed(command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap_or_else(|e| panic!("starting {typed}: {e}"));
        let guard = crate::hang::guard(&child);
        let output = child.wait_with_output().unwrap_or_else(|e| panic!("waiting for {typed}: {e}"));
        assert!(!guard.join().expect("the guard does not panic"), "{typed} did not end");
        Self::from_output(typed, &output)
    }

    pub(crate) fn from_output(typed: String, output: &Output) -> Self {
        let status = output.status;
        Self {
            typed,
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// # Panics
    /// It ended with another code.
    #[track_caller]
    #[must_use]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, wanted, "exit code of {self:#?}");
        self
    }

    /// # Panics
    /// It did not end with 0.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "that it went well is often all one wants to know")]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// Ended with `code` and one line on stderr that holds each of `words` (case is ignored).
    ///
    /// # Panics
    /// It did not.
    #[track_caller]
    pub fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "exit code of {self:#?}");
        let message = self.stderr.trim_end_matches('\n');
        assert!(!message.is_empty() && !message.contains('\n'), "not one line on stderr: {self:#?}");
        let message = message.to_lowercase();
        for word in words {
            assert!(message.contains(&word.to_lowercase()), "the message lacks {word:?}: {self:#?}");
        }
        assert!(!message.contains("panicked"), "{self:#?}");
    }

    /// The lines of stdout.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.stdout.lines()
    }

    /// stdout without its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        self.stdout.trim_end_matches('\n')
    }

    /// stdout as JSON.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self:#?}"))
    }

    /// stdout as the probe's report.
    ///
    /// # Panics
    /// It is not.
    #[track_caller]
    #[must_use]
    pub fn report(&self) -> Report {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no report ({e}): {self:#?}"))
    }
}

pub(crate) fn typed(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
