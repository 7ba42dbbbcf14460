//! Verbs that start, stop, wait for and remove containers.

use super::attach::attach_to;
use super::each;
use super::run::{Link, converse, launch, started};
use crate::board::{Board, not_running};
use crate::cli::command::{AttachArgs, KillArgs, RmArgs, StartArgs, StopArgs};
use crate::cli::options::Streams;
use crate::cli::value::signal;
use crate::cli::value::time::Grace;
use crate::control;
use crate::failure::{Failure, Outcome};
use crate::making;
use crate::screen;
use limpet_protocol::container::{Container, Intent};
use limpet_protocol::control::{Did, State};
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Request;
use limpet_protocol::restart::When;
use limpet_runner::attach::{self, Connection, request, wait as wait_for};
use limpet_runner::cgroup::{self, CgroupError};
use limpet_runner::home::HomeError;
use limpet_runner::status::Status;
use rustix::fd::AsFd;
use std::time::Duration;

/// A stop that asks nobody.
const AT_ONCE: Request<'static> = Request::Stop { signal: Some(9), grace_ms: Some(0) };
/// Between two looks at a container that is about to be started again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// [`Request::Stop`]'s word for "wait for ever".
const FOREVER: u32 = u32::MAX;

/// `start`
pub(super) fn start(board: &Board, args: &StartArgs) -> Outcome {
    if args.attach || args.interactive {
        return start_attached(board, args);
    }
    each(&args.containers, |name| {
        let container = board.container(name)?;
        begin(board, &container)?;
        control::tell(board, &container, Did::Start);
        Ok(name.to_owned())
    })
}

fn start_attached(board: &Board, args: &StartArgs) -> Outcome {
    let container = board.container(&args.containers[0])?;
    let id = &container.keep.launch.id;
    let lock = board.lock(&container)?;
    if board.status(id)?.running().is_some() {
        drop(lock);
        let attach = AttachArgs {
            container: container.name.clone(),
            stdin: args.interactive,
            signal_proxy: true,
            detach_keys: args.detach_keys.clone(),
        };
        return attach_to(board, &container, &attach);
    }
    clear_group(&container.keep.launch.cgroup)?;
    started_by_hand(board, &container)?;
    let connection = launch(&container, lock)?;
    control::tell(board, &container, Did::Start);
    let streams = Streams { stdin: args.interactive, stdout: true, stderr: true };
    converse(
        board,
        &container,
        connection,
        Link { streams, keys: args.detach_keys.clone(), signal_proxy: true, ends_stdin: true, is_new: true },
    )
    .map_err(Failure::without_code)
}

/// Starts a container that is not running; one that is stays as it is, as with docker.
pub(crate) fn begin(board: &Board, container: &Container) -> Result<(), Failure> {
    let id = &container.keep.launch.id;
    let lock = board.lock(container)?;
    match board.status(id)? {
        Status::Paused(_) => Err(Failure::new(format!("container {} is paused; unpause it", container.name))),
        Status::Running(_) => Ok(()),
        Status::Created | Status::Exited(_) => {
            clear_group(&container.keep.launch.cgroup)?;
            started_by_hand(board, container)?;
            // Only run and exec tell by their status why a program was not started, as docker's do.
            started(&launch(container, lock)?, container).map_err(Failure::without_code)
        }
    }
}

/// `stop`
pub(super) fn stop(board: &Board, args: &StopArgs) -> Outcome {
    each(&args.containers, |name| {
        let container = board.container(name)?;
        stopped_by_hand(board, &container)?;
        end(board, &container, args)?;
        control::tell(board, &container, Did::Stop);
        Ok(name.to_owned())
    })
}

/// Recorded before it is started, if something would start it again: after a power cut in its first run there is no
/// other sign that it ever ran.
pub(crate) fn started_by_hand(board: &Board, container: &Container) -> Result<(), Failure> {
    let supervised = container.restart.when != When::No || container.member.is_some();
    let intent = if supervised { Intent::Started } else { Intent::Policy };
    Ok(board.home.record_intent(&container.keep.launch.id, intent)?)
}

/// Recorded before it is carried out: whoever sees the end then knows not to answer it with a start.
fn stopped_by_hand(board: &Board, container: &Container) -> Result<(), Failure> {
    // What nothing would start again needs no note.
    if container.restart.when == When::No && container.member.is_none() {
        return Ok(());
    }
    Ok(board.home.record_intent(&container.keep.launch.id, Intent::Stopped)?)
}

/// Stops a container; one that does not run is stopped already.
fn end(board: &Board, container: &Container, args: &StopArgs) -> Result<(), Failure> {
    if board.status(&container.keep.launch.id)?.running().is_none() {
        return end_orphan(board, container);
    }
    let grace_ms = args.grace.map(|grace| match grace {
        Grace::Ms(ms) => ms,
        Grace::Forever => FOREVER,
    });
    ask_to_stop(board, container, &Request::Stop { signal: args.signal, grace_ms })
}

/// A container whose keeper was killed does not count as running, but some of it may.
pub(crate) fn end_orphan(board: &Board, container: &Container) -> Result<(), Failure> {
    let id = &container.keep.launch.id;
    let _lock = board.home.lock(id)?;
    if board.home.is_kept(id)? { Ok(()) } else { clear_group(&container.keep.launch.cgroup) }
}

/// Returns when it has ended. A keeper that ends just now may not have heard us any more, which is as good.
fn ask_to_stop(board: &Board, container: &Container, request: &Request<'_>) -> Result<(), Failure> {
    let stopped = board.connect(container).and_then(|connection| {
        connection.send(request)?;
        Ok(wait_for(&connection)?)
    });
    match stopped {
        Err(failure) if runs(board, container) => Err(failure),
        _ => Ok(()),
    }
}

/// One that is gone does not run, and neither does one whose records are damaged.
fn runs(board: &Board, container: &Container) -> bool {
    board.status(&container.keep.launch.id).is_ok_and(|status| status.running().is_some())
}

/// `restart`
pub(super) fn restart(board: &Board, args: &StopArgs) -> Outcome {
    each(&args.containers, |name| {
        let container = board.container(name)?;
        end(board, &container, args)?;
        begin(board, &container)?;
        control::tell(board, &container, Did::Restart);
        Ok(name.to_owned())
    })
}

/// `kill`
pub(super) fn kill(board: &Board, args: &KillArgs) -> Outcome {
    each(&args.containers, |name| {
        let container = board.container(name)?;
        // Another signal is a message to the program, not an end.
        if args.signal == signal::KILL || args.signal == container.keep.stop.signal {
            stopped_by_hand(board, &container)?;
        }
        send_signal(board, &container, args.signal)?;
        control::tell(board, &container, Did::Kill);
        Ok(name.to_owned())
    })
}

fn send_signal(board: &Board, container: &Container, signal: u8) -> Result<(), Failure> {
    let connection = board.connect(container)?;
    request(&connection, &Request::Signal(signal)).map_err(|error| match error {
        attach::Error::Gone => not_running(container),
        error => Failure::new(format!("container {}: {error}", container.name)),
    })
}

/// `wait`: prints the exit codes.
pub(super) fn wait(board: &Board, names: &[String]) -> Outcome {
    each(names, |name| {
        let container = board.container(name)?;
        Ok(await_end(board, &container)?.to_string())
    })
}

/// Its exit code. A keeper that ends just now may not hear us any more, but has written the end down by then.
fn await_end(board: &Board, container: &Container) -> Result<u8, Failure> {
    let name = &container.name;
    loop {
        match board.status(&container.keep.launch.id)? {
            Status::Exited(_) if is_restarting(board, container) => {
                std::thread::sleep(LOOK_AGAIN);
                continue;
            }
            Status::Exited(exit) => return Ok(exit.code),
            // As docker, for which it is one that does not run.
            Status::Created => return Ok(0),
            Status::Running(_) | Status::Paused(_) => {}
        }
        match board.connect(container).and_then(|connection| Ok(wait_for(&connection)?)) {
            Ok(exit) => return Ok(exit.code),
            Err(failure) if runs(board, container) => return Err(failure),
            Err(_) if !board.home.directory(&container.keep.launch.id).exists() => {
                return Err(Failure::new(format!(
                    "container {name} has ended and was removed, as --rm asked"
                )));
            }
            Err(_) => {}
        }
    }
}

/// As docker, which counts a container that is about to be started again as one that runs: its next end is waited for.
fn is_restarting(board: &Board, container: &Container) -> bool {
    let report = control::report_if_there(board.state(), |_| ());
    let id = Some(&container.keep.launch.id);
    let mut instances = report.instances.iter();
    instances.any(|instance| instance.container.as_ref() == id && instance.state == State::Restarting)
}

/// What cannot be finished now keeps nothing else from being removed.
pub(super) fn finish_removals(board: &Board) {
    if let Err(error) = board.home.finish_removals() {
        screen::complain(&format!("finish an earlier removal: {error}"));
    }
}

/// `rm`
pub(super) fn remove(board: &Board, args: &RmArgs) -> Outcome {
    finish_removals(board);
    each(&args.containers, |name| {
        let id = match board.home.find(name) {
            Err(HomeError::NotFound(_)) if args.force => return Ok(name.to_owned()),
            id => id?,
        };
        let container = match board.home.load(&id) {
            Err(HomeError::Record { .. }) if args.force => {
                discard_unreadable(board, &id)?;
                return Ok(name.to_owned());
            }
            Err(HomeError::NotFound(_)) if args.force => return Ok(name.to_owned()),
            container => container?,
        };
        if !args.force && is_restarting(board, &container) {
            return Err(Failure::new(format!(
                "container {name} is about to be started again; stop it first, or use: limpet rm -f {name}"
            )));
        }
        discard(board, &container, args.force)?;
        control::tell(board, &container, Did::Destroy);
        Ok(name.to_owned())
    })
}

/// Removes a container; a running one only by force.
pub(crate) fn discard(board: &Board, container: &Container, force: bool) -> Result<(), Failure> {
    let id = &container.keep.launch.id;
    if board.home.is_kept(id)? && !force {
        let advice = format!("stop it first, or use: limpet rm -f {}", container.name);
        return Err(Failure::new(format!("container {} is running; {advice}", container.name)));
    }
    let _lock = loop {
        if board.home.is_kept(id)? {
            ask_to_stop(board, container, &AT_ONCE)?;
            if container.keep.remove {
                return Ok(());
            }
        }
        let lock = match board.home.lock(id) {
            // Another command was quicker.
            Err(HomeError::NotFound(_)) if force => return Ok(()),
            lock => lock?,
        };
        // It may have been started while this waited for the lock.
        if !board.home.is_kept(id)? {
            break lock;
        }
        if !force {
            return Err(Failure::new(format!("container {} has just been started", container.name)));
        }
    };
    clear_group(&container.keep.launch.cgroup)?;
    Ok(board.home.remove_durably(id, &container.name)?)
}

/// Removes a container whose record cannot be read, with all that runs of it.
pub(crate) fn discard_unreadable(board: &Board, id: &ContainerId) -> Result<(), Failure> {
    if board.home.is_kept(id)? {
        let place = board.home.open_state_of(id)?;
        let connection = Connection::open(place.as_fd())?;
        connection.send(&AT_ONCE)?;
        wait_for(&connection)?;
    }
    let _lock = board.home.lock(id)?;
    clear_group(&making::default_cgroup(id))?;
    Ok(board.home.remove_unreadable(id)?)
}

/// Ends what is left of a container whose keeper was killed.
pub(super) fn clear_group(path: &str) -> Result<(), Failure> {
    match cgroup::detect()?.open(path) {
        Ok(group) => Ok(group.kill_all().and_then(|()| group.remove())?),
        Err(CgroupError::NoGroup { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
