//! Finding out whether a container is healthy: a command in it, or a request in its network.
//!
//! What a container answers is read here, by a process that has given up everything but a socket.

#[cfg(test)]
mod tests;

use super::status;
use crate::board::Board;
use crate::failure::Failure;
use limpet_protocol::container::Container;
use limpet_protocol::health::Probe;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Running;
use limpet_protocol::launch::{Launch, Network, Process};
use limpet_runner::exec::{self, Exec, Outcome, Streams};
use limpet_runner::spawn;
use limpet_runner::status::Status;
use rustix::fd::AsFd;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Most that is read of an answer: its status line is all that counts.
const ANSWER_BYTES_MAX: usize = 64;
/// The user and group that nobody is.
const NOBODY: u32 = 65534;

/// As [`probe`]; whoever asked looks for the answer in its own time, unless standard output says that it is to look now: it does
/// unless the container is healthy and that was found out within `unhurried_ms`.
pub(super) fn unhurried(board: &Board, id: &ContainerId, unhurried_ms: &str) -> Result<u8, Failure> {
    let unhurried = Duration::from_millis(unhurried_ms.parse().unwrap_or(0));
    let begun = Instant::now();
    let found = probe(board, id);
    if !matches!(found, Ok(status::DONE)) || begun.elapsed() >= unhurried {
        // A pipe that is full was not heard yet; one that nobody reads is that of a supervisor that is gone.
        std::io::stdout().write_all(b"\n").and_then(|()| std::io::stdout().flush()).ok();
    }
    found
}

/// [`status::DONE`] if it is healthy, [`status::UNWELL`] if not, or not within its time.
pub(super) fn probe(board: &Board, id: &ContainerId) -> Result<u8, Failure> {
    let container = board.home.load(id)?;
    let (Some(health), Status::Running(running)) = (container.health.clone(), board.status(id)?) else {
        return Ok(status::DISAGREES);
    };
    let until = Instant::now() + Duration::from_millis(u64::from(health.pace.timeout_ms.max(1)));
    let healthy = match &health.probe {
        Probe::Exec(words) => execute(&container, &running, words, until)?,
        Probe::Http { port, path } => {
            enter_network(&container, &running)?;
            http(*port, path, until)
        }
        Probe::Tcp { port } => {
            enter_network(&container, &running)?;
            connect(*port, until).is_some()
        }
    };
    Ok(if healthy { status::DONE } else { status::UNWELL })
}

/// What is left until then; `None` if nothing is.
fn left(until: Instant) -> Option<Duration> {
    until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

/// Runs the command as the container's own user; nobody reads what it says.
fn execute(
    container: &Container,
    running: &Running,
    words: &[String],
    until: Instant,
) -> Result<bool, Failure> {
    if !spawn::is_protected() {
        return Err(Failure::new(format!("start again from a protected program: {}", spawn::again())));
    }
    let base = container.keep.launch.process.clone();
    let process = Process { args: words.to_vec(), terminal: None, stdin_open: false, ..base };
    let launch = Launch { process, ..container.keep.launch.clone() };
    let held = exec::begin(&Exec { launch: &launch, running, detached: false })?;
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    let streams = Streams {
        stdin: None,
        stdout: Some(null.as_fd()),
        stderr: Some(null.as_fd()),
        terminal: None,
        detach: limpet_runner::attach::DetachKeys::none(),
    };
    Ok(held.converse_until(&streams, until)? == Some(Outcome::Exited(0)))
}

/// From here on this process is in the container's network, and nobody.
fn enter_network(container: &Container, running: &Running) -> Result<(), Failure> {
    if container.keep.launch.network == Network::None {
        let pid = Pid::from_raw(running.pid).ok_or_else(|| Failure::new("the container has just ended"))?;
        let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
        move_into_thread_name_spaces(pidfd.as_fd(), ThreadNameSpaceType::NETWORK)?;
    }
    limpet_sys::confine::become_nobody(NOBODY)?;
    Ok(())
}

fn connect(port: u16, until: Instant) -> Option<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, left(until)?).ok()?;
    stream.set_write_timeout(Some(left(until)?)).ok().map(|()| stream)
}

fn http(port: u16, path: &str, until: Instant) -> bool {
    let Some(mut stream) = connect(port, until) else { return false };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: limpet-health\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    if stream.write_all(request.as_bytes()).is_err() {
        return false;
    }
    let mut answer = [0; ANSWER_BYTES_MAX];
    let mut length = 0;
    while length < answer.len() && status_of(&answer[..length]).is_none() {
        if left(until).is_none_or(|left| stream.set_read_timeout(Some(left)).is_err()) {
            break;
        }
        match stream.read(&mut answer[length..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => length += count,
        }
    }
    status_of(&answer[..length]).is_some_and(|status| (200..400).contains(&status))
}

/// The status of an answer's first line (RFC 9112, section 4), as soon as it is there.
#[must_use]
pub(crate) fn status_of(answer: &[u8]) -> Option<u16> {
    let rest = answer.strip_prefix(b"HTTP/1.")?;
    match rest {
        [b'0' | b'1', b' ', digits @ ..] => {
            let (digits, after) = digits.split_first_chunk::<3>()?;
            let ends = matches!(after.first(), Some(b' ' | b'\r' | b'\n'));
            let number = digits.iter().try_fold(0u16, |number, digit| {
                digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
            })?;
            (ends && (100..600).contains(&number)).then_some(number)
        }
        _ => None,
    }
}
