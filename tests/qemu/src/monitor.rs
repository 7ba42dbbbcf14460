//! What is done to a board from outside: QEMU's monitor (QMP, of QEMU's documentation). In: its socket. Out: orders that were obeyed.

use serde_json::{Value, json};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// QEMU answers at once, or never.
const PATIENCE: Duration = Duration::from_secs(30);

/// A conversation with it.
pub(crate) struct Monitor {
    stream: UnixStream,
    lines: io::Lines<BufReader<UnixStream>>,
}

impl Monitor {
    /// The one that listens there; only one at a time may talk to it.
    pub(crate) fn connect(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let lines = BufReader::new(stream.try_clone()?).lines();
        let mut monitor = Self { stream, lines };
        monitor.order("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    /// Gives an order, and waits until it is obeyed. What else is told (greetings and events) is passed over.
    pub(crate) fn order(&mut self, order: &str, arguments: &Value) -> io::Result<()> {
        writeln!(self.stream, "{}", json!({ "execute": order, "arguments": arguments }))?;
        for line in self.lines.by_ref() {
            let told: Value = serde_json::from_str(&line?)?;
            if let Some(error) = told.get("error") {
                return Err(io::Error::other(error.to_string()));
            }
            if told.get("return").is_some() {
                return Ok(());
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
