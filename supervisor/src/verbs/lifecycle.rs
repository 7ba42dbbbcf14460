//! Verbs that start, stop, wait for and remove containers.

use super::each;
use super::run::{Link, converse, launch, started};
use crate::board::Board;
use crate::cli::command::{KillArgs, RmArgs, StartArgs, StopArgs};
use crate::cli::options::Streams;
use crate::cli::value::time::Grace;
use crate::failure::{Failure, Outcome};
use limpet_protocol::container::Container;
use limpet_protocol::keeper::Request;
use limpet_runner::attach::{request, wait as wait_for};
use limpet_runner::status::Status;

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
        Ok(name.to_owned())
    })
}

fn start_attached(board: &Board, args: &StartArgs) -> Outcome {
    let container = board.container(&args.containers[0])?;
    let id = &container.keep.launch.id;
    let lock = board.home.lock(id)?;
    if board.status(id)?.running().is_some() {
        drop(lock);
        return Err(Failure::new(format!("container {} is already running; attach to it with: limpet attach {0}", container.name)));
    }
    let connection = launch(&container)?;
    drop(lock);
    let streams = Streams { stdin: args.interactive, stdout: true, stderr: true };
    converse(board, &container, connection, Link { streams, keys: args.detach_keys.clone(), signal_proxy: true, ends_stdin: true })
}

/// Starts a container that is not running; one that is stays as it is, as with docker.
fn begin(board: &Board, container: &Container) -> Result<(), Failure> {
    let id = &container.keep.launch.id;
    let _lock = board.home.lock(id)?;
    match board.status(id)? {
        Status::Paused(_) => Err(Failure::new(format!("container {} is paused; unpause it", container.name))),
        Status::Running(_) => Ok(()),
        Status::Created | Status::Exited(_) => started(&launch(container)?, container),
    }
}

/// `stop`
pub(super) fn stop(board: &Board, args: &StopArgs) -> Outcome {
    each(&args.containers, |name| {
        let container = board.container(name)?;
        end(board, &container, args)?;
        Ok(name.to_owned())
    })
}

/// Stops a container; one that does not run is stopped already.
fn end(board: &Board, container: &Container, args: &StopArgs) -> Result<(), Failure> {
    if board.status(&container.keep.launch.id)?.running().is_none() {
        return Ok(());
    }
    let grace_ms = args.grace.map(|grace| match grace {
        Grace::Ms(ms) => ms,
        Grace::Forever => FOREVER,
    });
    let connection = board.connect(container)?;
    connection.send(&Request::Stop { signal: args.signal, grace_ms })?;
    wait_for(&connection)?;
    Ok(())
}

/// `restart`
pub(super) fn restart(board: &Board, args: &StopArgs) -> Outcome {
    each(&args.containers, |name| {
        let container = board.container(name)?;
        end(board, &container, args)?;
        begin(board, &container)?;
        Ok(name.to_owned())
    })
}

/// `kill`
pub(super) fn kill(board: &Board, args: &KillArgs) -> Outcome {
    each(&args.containers, |name| {
        let container = board.container(name)?;
        request(&board.connect(&container)?, &Request::Signal(args.signal))?;
        Ok(name.to_owned())
    })
}

/// `wait`: prints the exit codes.
pub(super) fn wait(board: &Board, names: &[String]) -> Outcome {
    each(names, |name| {
        let container = board.container(name)?;
        let exit = match board.status(&container.keep.launch.id)? {
            Status::Exited(exit) => exit,
            Status::Created => return Err(Failure::new(format!("container {name} was never started"))),
            Status::Running(_) | Status::Paused(_) => wait_for(&board.connect(&container)?)?,
        };
        Ok(exit.code.to_string())
    })
}

/// `rm`
pub(super) fn remove(board: &Board, args: &RmArgs) -> Outcome {
    board.home.finish_removals()?;
    each(&args.containers, |name| {
        let container = match board.container(name) {
            Err(_) if args.force && board.home.find(name).is_err() => return Ok(String::new()),
            container => container?,
        };
        discard(board, &container, args.force)?;
        Ok(name.to_owned())
    })
}

/// Removes a container; a running one only by force.
pub(super) fn discard(board: &Board, container: &Container, force: bool) -> Result<(), Failure> {
    let id = &container.keep.launch.id;
    if board.status(id)?.running().is_some() {
        if !force {
            let advice = format!("stop it first, or use: limpet rm -f {}", container.name);
            return Err(Failure::new(format!("container {} is running; {advice}", container.name)));
        }
        let connection = board.connect(container)?;
        connection.send(&Request::Stop { signal: Some(9), grace_ms: Some(0) })?;
        wait_for(&connection)?;
        if container.keep.remove {
            return Ok(());
        }
    }
    let _lock = board.home.lock(id)?;
    Ok(board.home.remove(id, &container.name)?)
}

