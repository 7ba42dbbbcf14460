//! From a launch to a running process: what the keeper does while its child prepares itself.
//!
//! In: a launch, and directories. Out: a [`Started`] container, or a [`StartError`] and nothing left behind.

use crate::cgroup::{CgroupError, DevicePolicy, Group, Join, Version};
use crate::channel::{self, MESSAGE_BYTES_MAX};
use crate::child::{Child as Inside, IDS_MAPPED, LIMITS, PREPARED, STDIO};
use crate::failure::{self, Failure};
use crate::features::{Features, MountApi};
use crate::ids::Slot;
use crate::overlay::Mapping;
use crate::steps::{Step, namespaces_at_birth, steps};
use crate::workshop::{self, WorkshopError};
use limpet_protocol::exit::code;
use limpet_protocol::launch::{Launch, Process, UserNamespace};
use limpet_sys::clone::{Child, Cloned, clone_process};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

/// A container whose command has been executed.
pub struct Started {
    /// Its first process.
    pub child: Child,
    /// Its cgroup.
    pub group: Box<dyn Group>,
    /// The keeper's ends of its stdio.
    pub stdio: Stdio,
    /// Its host ids, where it has its own.
    pub ids: Option<Slot>,
}

/// The keeper's ends of a container's stdio.
pub enum Stdio {
    /// The master of its terminal.
    Terminal(OwnedFd),
    /// Pipes.
    Pipes {
        /// What it writes.
        stdout: OwnedFd,
        /// What it complains.
        stderr: OwnedFd,
        /// What it reads, where that stays open.
        stdin: Option<OwnedFd>,
    },
}

impl Stdio {
    /// As a child sends them: a terminal alone, or stdout, stderr and perhaps stdin; none where it has /dev/null.
    pub(crate) fn from_descriptors(descriptors: Vec<OwnedFd>) -> Option<Self> {
        let mut descriptors = descriptors.into_iter();
        let first = descriptors.next()?;
        Some(match descriptors.next() {
            None => Self::Terminal(first),
            Some(stderr) => Self::Pipes { stdout: first, stderr, stdin: descriptors.next() },
        })
    }
}

/// Why a container could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A limit cannot be enforced, or the group not be made.
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    /// A mount cannot be prepared.
    #[error(transparent)]
    Workshop(#[from] WorkshopError),
    /// The keeper's own part.
    #[error("{doing}: {}", failure::reason(*.errno))]
    Keeper {
        /// What was being done.
        doing: &'static str,
        /// What the kernel said.
        errno: Errno,
    },
    /// A step of the child.
    #[error("{}", failure::describe(.step, *.errno))]
    Step {
        /// Which.
        step: Step,
        /// What the kernel said.
        errno: Errno,
    },
    /// The child ended without a word.
    #[error(
        "the container's first process was killed before it could execute the command; is its memory limit too small?"
    )]
    Killed,
}

impl StartError {
    /// docker's exit code for it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Step { step, errno } => failure::exit_code(step, *errno),
            _ => code::LIMPET_FAILED,
        }
    }
}

fn keeper(doing: &'static str) -> impl FnOnce(Errno) -> StartError {
    move |errno| StartError::Keeper { doing, errno }
}

/// Starts `launch`. `state` is the instance's state directory, `scratch` a host directory that may be mounted over
/// in private.
///
/// # Errors
/// See [`StartError`]; the cgroup and the processes are gone then.
pub fn start(
    launch: &Launch,
    features: &Features,
    state: BorrowedFd<'_>,
    scratch: &str,
) -> Result<Started, StartError> {
    let driver = crate::cgroup::detect()?;
    let ids = take_ids(launch, state)?;
    let steps = steps(launch, features);
    let (ours, theirs) = channel::pair().map_err(keeper("make a socket pair"))?;
    let make_group = || {
        let policy = DevicePolicy::new(&launch.devices, launch.all_devices);
        let group = driver.create(&launch.cgroup, &launch.limits, &policy)?;
        Ok::<_, StartError>(NewGroup(Some(group)))
    };
    // On v2 the child is born in its group. On v1 the group is made while the child enters its namespaces.
    let born_in = (driver.version() == Version::V2).then(make_group).transpose()?;
    let directory = born_in.as_ref().map(NewGroup::directory).transpose()?.flatten();
    let child =
        match clone_process(namespaces_at_birth(launch, features), directory.as_ref().map(AsFd::as_fd)) {
            Ok(Cloned::Child) => limpet_sys::process::alone_with(theirs, |channel| {
                Inside::new(launch, features, channel, scratch).run(&steps)
            }),
            Ok(Cloned::Parent(child)) => child,
            Err(errno) => return Err(keeper("start a process in new namespaces")(errno)),
        };
    drop(theirs);
    let starting = Starting { launch, features, scratch, steps: &steps, channel: ours, child: &child };
    let finished = starting.map_ids(ids.as_ref()).and_then(|()| {
        let group = born_in.map_or_else(make_group, Ok)?;
        let stdio = starting.finish(&group.tasks()?, ids.as_ref())?;
        Ok((group, stdio))
    });
    match finished {
        Ok((group, stdio)) => Ok(Started { child, group: group.keep(), stdio, ids }),
        Err(error) => {
            end(&child);
            Err(error)
        }
    }
}

/// A group that goes again unless it is kept.
struct NewGroup(Option<Box<dyn Group>>);

impl NewGroup {
    /// What a child of v2 is born in.
    fn directory(&self) -> Result<Option<OwnedFd>, StartError> {
        match self.join()? {
            Join::Directory(directory) => Ok(Some(directory)),
            Join::Tasks(_) => Ok(None),
        }
    }

    /// What a child of v1 writes itself to.
    fn tasks(&self) -> Result<Vec<OwnedFd>, StartError> {
        match self.join()? {
            Join::Directory(_) => Ok(Vec::new()),
            Join::Tasks(files) => Ok(files),
        }
    }

    fn join(&self) -> Result<Join, StartError> {
        Ok(self.0.as_ref().ok_or(StartError::Killed)?.join()?)
    }

    fn keep(mut self) -> Box<dyn Group> {
        self.0.take().expect("only taken here, and this takes the whole value")
    }
}

impl Drop for NewGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            // The error that led here is the one to tell; an empty group that stays is found by the next start.
            drop(group.kill_all().and_then(|()| group.remove()));
        }
    }
}

fn take_ids(launch: &Launch, state: BorrowedFd<'_>) -> Result<Option<Slot>, StartError> {
    match launch.user_namespace {
        UserNamespace::Host => Ok(None),
        UserNamespace::Own => Slot::take(state, &launch.id).map(Some).map_err(keeper("take host ids")),
    }
}

/// Kills and reaps a child that will not become a container.
fn end(child: &Child) {
    use rustix::process::{WaitId, WaitIdOptions, pidfd_send_signal, waitid};
    // It may have ended by itself, which is as good.
    pidfd_send_signal(&child.pidfd, Signal::KILL).ok();
    waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED).ok();
}

struct Starting<'a> {
    launch: &'a Launch,
    features: &'a Features,
    scratch: &'a str,
    steps: &'a [Step],
    channel: OwnedFd,
    child: &'a Child,
}

impl Starting<'_> {
    fn finish(&self, files: &[OwnedFd], ids: Option<&Slot>) -> Result<Stdio, StartError> {
        let prepared = self.prepare(ids)?;
        let mut descriptors = channel::borrow(files);
        descriptors.extend(prepared.iter().map(AsFd::as_fd));
        let tasks = u8::try_from(files.len()).map_err(|_| keeper("count the cgroups")(Errno::OVERFLOW))?;
        self.tell(&[PREPARED, tasks], &descriptors)?;
        self.await_exec()
    }

    /// A child that is gone has said why, or is found out by [`Self::await_exec`].
    fn tell(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<(), StartError> {
        match channel::send(self.channel.as_fd(), bytes, descriptors) {
            Ok(()) | Err(Errno::PIPE | Errno::CONNRESET) => Ok(()),
            Err(errno) => Err(keeper("hand the prepared mounts over")(errno)),
        }
    }

    fn map_ids(&self, ids: Option<&Slot>) -> Result<(), StartError> {
        let Some(ids) = ids else { return Ok(()) };
        for file in ["uid_map", "gid_map"] {
            write_proc(self.child.pid, file, &ids.map())
                .map_err(keeper("map the ids of the user namespace"))?;
        }
        self.tell(IDS_MAPPED, &[])
    }

    fn prepare(&self, ids: Option<&Slot>) -> Result<Vec<OwnedFd>, StartError> {
        if self.features.mount_api == MountApi::Classic {
            return Ok(Vec::new());
        }
        let namespace = ids.map(|_| open_proc(self.child.pid, "ns/user")).transpose();
        let namespace = namespace.map_err(keeper("open the user namespace"))?;
        let own = namespace
            .as_ref()
            .zip(ids)
            .map(|(fd, ids)| Mapping { namespace: fd.as_fd(), first: ids.first() });
        Ok(workshop::prepare(self.launch, self.features, own, self.scratch)?)
    }

    /// Until the channel closes, which exec does.
    fn await_exec(&self) -> Result<Stdio, StartError> {
        let mut stdio = None;
        loop {
            let message =
                channel::receive(self.channel.as_fd()).map_err(keeper("hear from the first process"))?;
            match message.bytes() {
                [] => return stdio.ok_or(StartError::Killed),
                STDIO => stdio = Stdio::from_descriptors(message.descriptors),
                LIMITS => {
                    set_from_outside(self.child.pid, &self.launch.process)?;
                    self.tell(LIMITS, &[])?;
                }
                bytes => return Err(self.failed(bytes)),
            }
        }
    }

    fn failed(&self, bytes: &[u8]) -> StartError {
        debug_assert!(bytes.len() <= MESSAGE_BYTES_MAX);
        let failure = Failure::decode(bytes);
        let step = failure.and_then(|failure| self.steps.get(failure.step as usize).cloned());
        match (failure, step) {
            (Some(Failure { errno, .. }), Some(step)) => StartError::Step { step, errno },
            _ => StartError::Killed,
        }
    }
}

/// What only the board's root may raise or lower for a process of another user namespace.
pub(crate) fn set_from_outside(pid: Pid, process: &Process) -> Result<(), StartError> {
    for limit in &process.rlimits {
        limpet_sys::rlimit::set(pid, limit.resource, limit.soft, limit.hard)
            .map_err(keeper("set a resource limit (--ulimit; raising one needs CAP_SYS_RESOURCE)"))?;
    }
    match process.oom_score_adj {
        Some(score) => write_proc(pid, "oom_score_adj", &score.to_string())
            .map_err(keeper("set oom_score_adj (lowering it needs CAP_SYS_RESOURCE)")),
        None => Ok(()),
    }
}

fn open_proc(pid: Pid, file: &str) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/{}/{file}", pid.as_raw_nonzero());
    openat(rustix::fs::CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

fn write_proc(pid: Pid, file: &str, text: &str) -> Result<(), Errno> {
    let path = format!("/proc/{}/{file}", pid.as_raw_nonzero());
    let file = openat(rustix::fs::CWD, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, text.as_bytes()).map(drop)
}
