//! The process that starts the command, waits for it, and tells the client how it ended.
//!
//! In: a [`Door`] and a channel to the client. Out: one message that the command runs, with its stdio, or the failed
//! step; and one with its exit code. It runs no code of the container's and stays outside of its cgroup.

use super::step::EnterStep;
use super::{Door, EXITED, LEAVE, STARTED, entrant};
use crate::channel;
use crate::child::STDIO;
use crate::failure::Failure;
use crate::start::set_from_outside;
use limpet_protocol::exit::code;
use limpet_protocol::launch::Process;
use limpet_sys::clone::{Child, Cloned, clone_process};
use limpet_sys::process::{block_all_signals, exit_now};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, Result};
use rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};
use rustix::thread::{ThreadNameSpaceType, UnshareFlags, move_into_thread_name_spaces};

/// The word to the entrant that its limits are set.
const GO: &[u8] = b"g";
/// Bytes of a terminal's output that are thrown away at once.
const DISCARDED_BYTES: usize = 4096;

/// Holds the command until it ends, or until the client is gone and the command killed; does not come back.
pub(super) fn hold(door: Door<'_>, client: OwnedFd) -> ! {
    let begun = begin(&door);
    // For as long as the command runs, nothing of this is needed.
    drop(door);
    match begun {
        Ok((child, stdio)) => serve(&child, stdio, client),
        Err(refused) => {
            // A client that is gone needs no answer.
            channel::send(client.as_fd(), &refused, &[]).ok();
        }
    }
    exit_now(0)
}

/// The bytes of a failure for the client.
type Refused = Vec<u8>;

fn begin(door: &Door<'_>) -> core::result::Result<(Child, Vec<OwnedFd>), Refused> {
    let failed = |step: EnterStep| {
        let number = door.steps.iter().position(|known| *known == step).unwrap_or(usize::MAX);
        move |errno| Failure { step: u32::try_from(number).unwrap_or(u32::MAX), errno }.encode().to_vec()
    };
    leave_client().map_err(failed(EnterStep::StartProcess))?;
    if door.namespaces.pid {
        move_into_thread_name_spaces(door.pidfd.as_fd(), ThreadNameSpaceType::PROCESS_ID)
            .map_err(failed(EnterStep::EnterPidNamespace))?;
    }
    let (ours, theirs) = channel::pair().map_err(failed(EnterStep::StartProcess))?;
    let directory = door.directory.as_ref().map(AsFd::as_fd);
    let child = match clone_process(UnshareFlags::empty(), directory) {
        Ok(Cloned::Child) => {
            drop(ours);
            entrant::enter(door, theirs)
        }
        Ok(Cloned::Parent(child)) => child,
        Err(errno) => return Err(failed(EnterStep::StartProcess)(errno)),
    };
    drop(theirs);
    let result = set_limits(&child, &door.exec.launch.process)
        .map_err(failed(EnterStep::SetLimits))
        .and_then(|()| await_exec(&ours));
    match result {
        Ok(stdio) => Ok((child, stdio)),
        Err(refused) => {
            end(&child);
            Err(refused)
        }
    }
}

/// A session of its own, nothing of the client's terminal, and no signal but SIGKILL that ends it.
fn leave_client() -> Result<()> {
    let null = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    block_all_signals();
    Ok(())
}

/// A client whose service manager protects it from the OOM killer does not pass that on.
fn set_limits(child: &Child, process: &Process) -> Result<()> {
    let process = Process { oom_score_adj: process.oom_score_adj.or(Some(0)), ..process.clone() };
    set_from_outside(child.pid, &process).map_err(|error| match error {
        crate::start::StartError::Keeper { errno, .. } => errno,
        _ => Errno::IO,
    })
}

/// Until the channel closes, which exec does.
fn await_exec(entrant: &OwnedFd) -> core::result::Result<Vec<OwnedFd>, Refused> {
    // One that is gone already is found out below.
    channel::send(entrant.as_fd(), GO, &[]).ok();
    let mut stdio = None;
    loop {
        // The client takes an unreadable failure for a killed process.
        let message = channel::receive(entrant.as_fd()).map_err(|_| vec![0])?;
        match message.bytes() {
            [] => return stdio.ok_or_else(|| vec![0]),
            STDIO => stdio = Some(message.descriptors),
            bytes => return Err(bytes.to_vec()),
        }
    }
}

fn end(child: &Child) {
    // It may have ended by itself, which is as good.
    pidfd_send_signal(&child.pidfd, Signal::KILL).ok();
    waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED).ok();
}

fn serve(child: &Child, mut stdio: Vec<OwnedFd>, client: OwnedFd) {
    let ends: Vec<_> = stdio.iter().map(AsFd::as_fd).collect();
    let told = channel::send(client.as_fd(), STARTED, &ends);
    // Pipes are the client's alone; a terminal must outlive a client that leaves.
    let terminal = if stdio.len() == 1 { stdio.pop() } else { None };
    drop(stdio);
    let mut watch = Watch { client: Some(client), terminal, left: false };
    if told.is_err() {
        watch.client_gone(child);
    }
    let exit_code = loop {
        if let Some(exit_code) = watch.turn(child) {
            break exit_code;
        }
    };
    if let Some(client) = &watch.client {
        // A client that is gone has no use for it.
        channel::send(client.as_fd(), &[EXITED, exit_code], &[]).ok();
    }
}

/// What the holder waits for.
struct Watch {
    client: Option<OwnedFd>,
    terminal: Option<OwnedFd>,
    /// The client left on purpose.
    left: bool,
}

impl Watch {
    /// Waits once; the exit code when the command has ended.
    fn turn(&mut self, child: &Child) -> Option<u8> {
        let [ended, client, terminal] = self.wait(child);
        if client {
            self.hear(child);
        }
        if terminal {
            self.discard();
        }
        if ended { Some(exit_code(child)) } else { None }
    }

    fn wait(&self, child: &Child) -> [bool; 3] {
        let unread = self.terminal.as_ref().filter(|_| self.left);
        let sources = [Some(&child.pidfd), self.client.as_ref(), unread];
        let mut fds: heapless::Vec<PollFd<'_>, 3> =
            sources.iter().flatten().map(|fd| PollFd::new(*fd, PollFlags::IN)).collect();
        if poll(&mut fds, None).is_err() {
            return [false; 3];
        }
        let mut events = fds.iter().map(|fd| !fd.revents().is_empty());
        sources.map(|source| source.is_some() && events.next().unwrap_or(false))
    }

    fn hear(&mut self, child: &Child) {
        let Some(client) = &self.client else { return };
        match channel::receive(client.as_fd()) {
            Ok(message) if message.bytes() == LEAVE => {
                self.left = true;
                self.client = None;
            }
            Ok(message) if !message.bytes().is_empty() => {}
            _ => self.client_gone(child),
        }
    }

    /// Nothing runs on for nobody: the command is killed, and its terminal hung up.
    fn client_gone(&mut self, child: &Child) {
        self.client = None;
        self.terminal = None;
        // It may have ended by itself, which is as good.
        pidfd_send_signal(&child.pidfd, Signal::KILL).ok();
    }

    /// A terminal that nobody reads would stop who writes to it.
    fn discard(&mut self) {
        let mut bytes = [0; DISCARDED_BYTES];
        if let Some(terminal) = &self.terminal {
            match rustix::io::read(terminal, &mut bytes) {
                Ok(1..) | Err(Errno::AGAIN | Errno::INTR) => {}
                Ok(0) | Err(_) => self.terminal = None,
            }
        }
    }
}

fn exit_code(child: &Child) -> u8 {
    let Ok(Some(status)) = waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED) else {
        return code::LIMPET_FAILED;
    };
    let exited = status.exit_status().and_then(|status| u8::try_from(status).ok());
    let killed = status.terminating_signal().and_then(|signal| u8::try_from(signal).ok());
    let by_signal = killed.map(|signal| code::SIGNAL_BASE.saturating_add(signal));
    exited.or(by_signal).unwrap_or(code::LIMPET_FAILED)
}
