//! A container that runs while the test looks at it.

use crate::outcome::{Outcome, typed};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A runtime in the foreground, with a container in it. Dropped, it is killed: the fixture then looks at what is left.
#[derive(Debug)]
pub struct Live {
    name: String,
    typed: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
    heard: String,
}

impl Live {
    /// Starts `command`, whose container is called `name`.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start(mut command: Command, name: String) -> Self {
        let typed = typed(&command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("starting {typed}: {e}"));
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Self { name, typed, child, stdout, heard: String::new() }
    }

    /// The container's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The runtime's own process.
    #[must_use]
    pub fn runtime_pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that the container prints; `None` at its end.
    ///
    /// # Panics
    /// What it prints is not text.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read =
            self.stdout.read_line(&mut line).unwrap_or_else(|e| panic!("reading of {}: {e}", self.typed));
        self.heard.push_str(&line);
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Reads on until it prints `wanted`.
    ///
    /// # Panics
    /// It ends without.
    #[track_caller]
    pub fn hear(&mut self, wanted: &str) {
        while let Some(line) = self.line() {
            if line == wanted {
                return;
            }
        }
        let mut stderr = String::new();
        // Only to say more in the message.
        let _ = self.child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut stderr));
        panic!("{} ended before it said {wanted:?}: {:?}{stderr}", self.typed, self.heard);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It cannot be waited for.
    #[must_use]
    pub fn wait(mut self) -> Outcome {
        while self.line().is_some() {}
        let mut stderr = String::new();
        let _ = self.child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut stderr));
        let status = self.child.wait().unwrap_or_else(|e| panic!("waiting for {}: {e}", self.typed));
        Outcome {
            typed: self.typed.clone(),
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            stdout: std::mem::take(&mut self.heard),
            stderr,
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Already waited for, most of the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
