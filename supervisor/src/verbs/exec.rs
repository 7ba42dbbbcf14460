//! `exec`: one more command in a container that runs.
//!
//! The command line is carried out twice: once to begin itself anew from a program file that nothing in a container
//! can write to, and there in earnest.

use crate::board::Board;
use crate::cli::command::ExecArgs;
use crate::cli::environment;
use crate::failure::{Failure, Outcome};
use crate::gathering::{last_capability, variables, window};
use limpet_protocol::container::Container;
use limpet_protocol::exit::code;
use limpet_protocol::keeper::Running;
use limpet_protocol::launch::{Launch, Process, Seccomp, WindowSize};
use limpet_runner::exec::{self as runner, Exec, ExecError, Held, Streams};
use limpet_runner::status::Status;
use limpet_runner::{capabilities, spawn};
use rustix::fd::AsFd;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::isatty;

/// `exec`, as a person types it.
pub(super) fn exec(_board: &Board, _args: &ExecArgs) -> Outcome {
    let error = spawn::reenter();
    Err(Failure::new(format!("exec: start again from a protected program: {error}")))
}

/// `exec`, from the protected program.
pub(super) fn exec_protected(board: &Board, args: &ExecArgs) -> Outcome {
    if !spawn::is_protected() {
        return Err(Failure::new("enter: is started by limpet itself"));
    }
    if args.tty && args.interactive && !args.detach && !isatty(stdin()) {
        return Err(Failure::new(
            "-t: standard input is no terminal; leave -t away, or run it from a terminal",
        ));
    }
    let container = board.container(&args.container)?;
    let running = running(board, &container)?;
    let launch = Launch { process: process(args, &container)?, ..container.keep.launch.clone() };
    let exec = Exec { launch: &launch, running: &running, detached: args.detach };
    let held = runner::begin(&exec).map_err(|error| failed(&container, &error))?;
    if args.detach {
        held.leave().map_err(|error| failed(&container, &error))?;
        return Ok(0);
    }
    converse(held, args).map_err(|error| failed(&container, &error))
}

fn running(board: &Board, container: &Container) -> Result<Running, Failure> {
    let name = &container.name;
    match board.status(&container.keep.launch.id)? {
        Status::Running(running) => Ok(running),
        Status::Paused(_) => Err(Failure::new(format!("container {name} is paused; unpause it first"))),
        Status::Created | Status::Exited(_) => {
            Err(Failure::new(format!("container {name} is not running; start it with: limpet start {name}")))
        }
    }
}

fn failed(container: &Container, error: &ExecError) -> Failure {
    Failure::new(format!("exec in container {}: {error}", container.name)).with_code(error.exit_code())
}

/// The container's own process, with what was asked for put in place.
fn process(args: &ExecArgs, container: &Container) -> Result<Process, Failure> {
    let base = container.keep.launch.process.clone();
    let given = variables(&args.env_files, &args.environment)?;
    let mut process = Process {
        args: args.command.clone(),
        env: environment::merge(&environment_base(args, &base), &given),
        cwd: args.workdir.clone().unwrap_or(base.cwd),
        // Groups of --group-add belong to the user that the container was made for, as with docker.
        groups: if args.user.is_some() { Vec::new() } else { base.groups },
        user: args.user.clone().unwrap_or(base.user),
        terminal: args.tty.then(|| window().unwrap_or(WindowSize { rows: 24, columns: 80 })),
        stdin_open: args.interactive && !args.detach,
        ..base
    };
    if args.privileged {
        process.capabilities = capabilities::sets(capabilities::known_to(last_capability()), true);
        process.seccomp = Seccomp::Unconfined;
    }
    Ok(process)
}

/// A terminal has a type, also where the container was made without one.
fn environment_base(args: &ExecArgs, base: &Process) -> Vec<String> {
    let mut variables = base.env.clone();
    if args.tty && !variables.iter().any(|entry| entry.starts_with("TERM=")) {
        variables.push("TERM=xterm".to_owned());
    }
    variables
}

fn converse(held: Held, args: &ExecArgs) -> Result<u8, ExecError> {
    let (input, output, errors) = (stdin(), stdout(), stderr());
    let outcome = held.converse(&Streams {
        stdin: args.interactive.then(|| input.as_fd()),
        stdout: Some(output.as_fd()),
        stderr: Some(errors.as_fd()),
        terminal: (args.tty && args.interactive && isatty(input)).then(|| input.as_fd()),
        detach: args.detach_keys.clone(),
    })?;
    Ok(match outcome {
        runner::Outcome::Exited(code) => code,
        runner::Outcome::Detached => 0,
        runner::Outcome::Interrupted(signal) => code::SIGNAL_BASE.saturating_add(signal),
        runner::Outcome::OutputClosed => code::SIGNAL_BASE + 13,
    })
}
