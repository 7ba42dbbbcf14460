//! `run`, and what it has in common with `start`: a keeper, and a session with it.

use super::create::{announce, create};
use super::lifecycle;

use crate::board::Board;
use crate::cli::command::RunArgs;
use crate::cli::options::Streams;
use crate::control;
use crate::failure::{Failure, Outcome};
use crate::screen;
use limpet_protocol::container::Container;
use limpet_protocol::control::Did;
use limpet_protocol::exit::{Exit, code};
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply, Request};
use limpet_runner::attach::{self, Connection, DetachKeys, Notice, Session};
use limpet_runner::spawn;
use limpet_runner::status::Status;
use rustix::fd::{AsFd, OwnedFd};
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::isatty;
use std::path::Path;

/// The exit code of what SIGKILL ended.
const KILLED: u8 = code::SIGNAL_BASE + 9;

/// How a person is connected with a container.
pub(super) struct Link {
    /// Which streams.
    pub(super) streams: Streams,
    /// `--detach-keys`
    pub(super) keys: DetachKeys,
    /// The end of our stdin is the end of the container's.
    pub(super) ends_stdin: bool,
    /// `--sig-proxy`
    pub(super) signal_proxy: bool,
    /// This command starts the container.
    pub(super) is_new: bool,
}

/// `run`
pub(super) fn run(board: &Board, args: &RunArgs) -> Outcome {
    if args.options.tty && args.options.interactive && !args.detach && !isatty(stdin()) {
        return Err(Failure::new(
            "-t: standard input is no terminal; leave -t away, or run it from a terminal",
        ));
    }
    let container = create(board, &args.options)?;
    announce(board, &container, &args.options);
    let outcome = run_made(board, args, &container);
    if outcome.is_err() {
        forget_unstarted(board, &container)?;
    }
    outcome
}

/// A container that could not even be started leaves nothing behind; `create` and `start` would leave it to be mended.
fn forget_unstarted(board: &Board, container: &Container) -> Result<(), Failure> {
    let id = &container.keep.launch.id;
    // One that was to be removed is gone by now.
    let Ok(_lock) = board.home.lock(id) else { return Ok(()) };
    if board.status(id)? == Status::Created {
        board.home.remove(id, &container.name)?;
        control::tell(board, container, Did::Destroy);
    }
    Ok(())
}

fn run_made(board: &Board, args: &RunArgs, container: &Container) -> Outcome {
    let lock = board.home.lock(&container.keep.launch.id)?;
    lifecycle::started_by_hand(board, container)?;
    let connection = launch(container, lock)?;
    if args.detach {
        started(&connection, container)?;
        control::tell(board, container, Did::Start);
        screen::line(container.keep.launch.id.as_str());
        return Ok(0);
    }
    let all = Streams { stdin: args.options.interactive, stdout: true, stderr: true };
    let streams = args.options.attach.unwrap_or(all);
    converse(
        board,
        container,
        connection,
        Link {
            streams,
            keys: args.detach_keys.clone(),
            signal_proxy: args.signal_proxy,
            ends_stdin: true,
            is_new: true,
        },
    )
}

/// Starts the keeper, which takes the container's lock over.
pub(super) fn launch(container: &Container, lock: OwnedFd) -> Result<Connection, Failure> {
    let socket = spawn::keeper(Path::new(&container.keep.directory), lock).map_err(|errno| {
        Failure::new(format!("start the keeper: {}", limpet_runner::failure::reason(errno)))
    })?;
    Ok(Connection::from_socket(socket))
}

/// Waits until the container runs.
pub(super) fn started(connection: &Connection, container: &Container) -> Result<(), Failure> {
    let mut packet = [0; PACKET_BYTES_MAX];
    connection.send(&Request::Wait)?;
    loop {
        match connection.receive(&mut packet)? {
            Reply::Started => return Ok(()),
            Reply::Exited(exit) => return Err(unstartable(container, &exit)),
            Reply::Refused(reason) => return Err(Failure::new(reason)),
            Reply::Stdout(_) | Reply::Stderr(_) | Reply::Done => {}
        }
    }
}

fn unstartable(container: &Container, exit: &Exit) -> Failure {
    let why = exit.error.as_deref().unwrap_or("it ended before it ran");
    Failure::new(format!("container {}: {why}", container.name)).with_code(exit.code)
}

/// Relays until the container ends or the user leaves; the container's exit code, or docker's for what happened.
pub(super) fn converse(board: &Board, container: &Container, connection: Connection, link: Link) -> Outcome {
    let has_terminal = container.keep.launch.process.terminal.is_some();
    let (input, output, errors) = (stdin(), stdout(), stderr());
    // The keeper of a container that ended at once may have removed it by now.
    let place = board.home.open_state_of(&container.keep.launch.id).ok();
    let session = Session {
        connection,
        directory: place.as_ref().map(AsFd::as_fd),
        stdin: link.streams.stdin.then(|| input.as_fd()),
        ends_stdin: link.ends_stdin,
        stdout: link.streams.stdout.then(|| output.as_fd()),
        stderr: link.streams.stderr.then(|| errors.as_fd()),
        terminal: (has_terminal && link.streams.stdin && isatty(input)).then(|| input.as_fd()),
        detach: link.keys,
        // With a terminal Ctrl-C is a key, or else ends this client only, as with docker.
        proxy_signals: link.signal_proxy && !has_terminal,
    };
    let mut tell = |notice: Notice<'_>| match notice {
        Notice::Started if link.is_new => drop(control::tell(board, container, Did::Start)),
        Notice::Started => {}
        Notice::Warning(warning) => screen::complain(warning),
    };
    match session.run(&mut tell)? {
        attach::Outcome::Exited(exit) => ended(container, &exit),
        attach::Outcome::Detached => Ok(0),
        attach::Outcome::Interrupted(signal) => Ok(code::SIGNAL_BASE.saturating_add(signal)),
        attach::Outcome::OutputClosed => Ok(code::SIGNAL_BASE + 13),
        attach::Outcome::Lost => {
            Err(Failure::new(format!("container {}: its keeper was killed", container.name)).of_run())
        }
    }
}

fn ended(container: &Container, exit: &Exit) -> Outcome {
    if exit.started_ns == 0 {
        return Err(unstartable(container, exit));
    }
    if let Some(trouble) = &exit.error {
        screen::complain(trouble);
    }
    if exit.oom_killed {
        screen::complain(&out_of_memory(container, exit));
    }
    Ok(exit.code)
}

fn out_of_memory(container: &Container, exit: &Exit) -> String {
    use crate::output::size::binary;
    let peak = binary(exit.memory_peak_bytes);
    let who = if exit.code == KILLED { "container" } else { "a process of container" };
    format!(
        "{who} {} was killed: out of memory (it held {peak} at most; give it more with --memory)",
        container.name
    )
}
