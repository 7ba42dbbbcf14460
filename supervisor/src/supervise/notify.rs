//! Telling whoever started the supervisor how it is: sd_notify(3), as systemd and Limpet's own PID 1 listen for it.
//!
//! In: the environment. Out: datagrams of `NAME=value` lines to the socket that it names.

#[cfg(test)]
mod tests;

use limpet_plan::Tick;
use rustix::fd::OwnedFd;
use rustix::io::{Errno, Result};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with,
};

/// Longest datagram that is sent.
const BYTES_MAX: usize = 512;

/// The way to whoever listens.
#[derive(Debug)]
pub(crate) struct Notifier {
    socket: Option<OwnedFd>,
    /// How often it wants to hear that all is well.
    interval_ms: Option<u64>,
    due: Option<Tick>,
}

impl Notifier {
    /// As `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say, looked up by `variable`; silent without them.
    ///
    /// # Errors
    /// The socket is named, but nobody can be told anything there.
    pub(crate) fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
        pid: u32,
        now: Tick,
    ) -> Result<Self> {
        let socket = variable("NOTIFY_SOCKET").map(|path| listener(&path)).transpose()?;
        let interval_ms =
            interval_ms(variable("WATCHDOG_USEC").as_deref(), variable("WATCHDOG_PID").as_deref(), pid);
        let interval_ms = interval_ms.filter(|_| socket.is_some());
        Ok(Self { socket, interval_ms, due: interval_ms.map(|_| now) })
    }

    /// When it must be told again that all is well.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Tick> {
        self.due
    }

    /// Tells that all is well, if that is due.
    pub(crate) fn beat(&mut self, now: Tick) {
        if let (Some(due), Some(interval_ms)) = (self.due, self.interval_ms)
            && due <= now
        {
            self.tell("WATCHDOG=1");
            self.due = Some(now.after(interval_ms));
        }
    }

    /// Everything has begun.
    pub(crate) fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", line(status)));
    }

    /// The end has begun; it may take `within_ms` more.
    pub(crate) fn stopping(&self, within_ms: u64) {
        self.tell(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}", within_ms.saturating_mul(1000)));
    }

    /// A listener that is gone or does not listen must not stop the supervisor.
    fn tell(&self, text: &str) {
        if let Some(socket) = &self.socket {
            let bytes = &text.as_bytes()[..text.len().min(BYTES_MAX)];
            send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).ok();
        }
    }
}

/// On one line, as the datagram has its fields on lines.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `/path`, or `@name` of the abstract namespace.
fn listener(path: &str) -> Result<OwnedFd> {
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes())?,
        None if path.starts_with('/') => SocketAddrUnix::new(path)?,
        None => return Err(Errno::AFNOSUPPORT),
    };
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    connect(&socket, &address)?;
    Ok(socket)
}

/// Half of the listener's patience, as sd_watchdog_enabled(3) asks; `None` if it is meant for another process.
pub(crate) fn interval_ms(usec: Option<&str>, for_pid: Option<&str>, pid: u32) -> Option<u64> {
    let ours = for_pid.is_none_or(|for_pid| for_pid.parse() == Ok(pid));
    let usec: u64 = usec?.parse().ok()?;
    (ours && usec > 0).then(|| (usec / 2000).max(1))
}
