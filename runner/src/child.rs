//! The container's first process, from its birth to exec.
//!
//! In: a launch, its steps and a channel to the keeper. Out: another program in this process, or a [`Failure`] on the
//! channel and the end. Runs in a copy of the keeper; nothing here returns to the keeper's code.

mod files;
mod stdio;

use crate::channel;
use crate::failure::Failure;
use crate::features::Features;
use crate::process::Privileges;
use crate::steps::{Step, made_by_keeper};
use limpet_protocol::launch::Launch;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::mount::{MountPropagationFlags, mount_change};
use rustix::thread::UnshareFlags;

/// What the keeper says first: the ids are mapped.
pub(crate) const IDS_MAPPED: &[u8] = b"i";
/// What the keeper says with the cgroup's files and the prepared mounts; the number of those files follows.
pub(crate) const PREPARED: u8 = b'p';
/// What the child says when resource limits may be set, and the keeper when they are.
pub(crate) const LIMITS: &[u8] = b"l";
/// What the child says with the keeper's ends of its stdio.
pub(crate) const STDIO: &[u8] = b"s";

/// The state of the child between steps.
pub(crate) struct Child<'a> {
    /// What it becomes.
    pub(crate) launch: &'a Launch,
    /// What the kernel offers.
    pub(crate) features: &'a Features,
    /// To the keeper.
    pub(crate) channel: OwnedFd,
    /// A host directory that may be mounted over, for the fallback.
    pub(crate) scratch: &'a str,
    join: Vec<OwnedFd>,
    /// The cgroup is one of v1.
    cgroup_v1: bool,
    prepared: std::vec::IntoIter<OwnedFd>,
    root: Option<OwnedFd>,
    privileges: Privileges<'a>,
}

impl<'a> Child<'a> {
    /// A child that has done nothing yet.
    pub(crate) fn new(
        launch: &'a Launch,
        features: &'a Features,
        channel: OwnedFd,
        scratch: &'a str,
    ) -> Self {
        let privileges = Privileges::new(&launch.process);
        let (join, prepared) = (Vec::new(), Vec::new().into_iter());
        Self { launch, features, channel, scratch, join, cgroup_v1: false, prepared, root: None, privileges }
    }

    /// Carries the steps out; the last one does not come back.
    pub(crate) fn run(mut self, steps: &[Step]) -> ! {
        // Until the last step asks again, a keeper that is killed takes the child with it.
        if let Err(errno) =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        {
            self.report(0, errno);
        }
        for (number, step) in steps.iter().enumerate() {
            if let Err(errno) = self.perform(step) {
                self.report(number, errno);
            }
        }
        limpet_sys::process::exit_now(i32::from(limpet_protocol::exit::code::LIMPET_FAILED))
    }

    fn report(&self, step: usize, errno: Errno) -> ! {
        let failure = Failure { step: u32::try_from(step).unwrap_or(u32::MAX), errno };
        // If even this cannot be said, the keeper still sees the end without a success.
        channel::send(self.channel.as_fd(), &failure.encode(), &[]).ok();
        limpet_sys::process::exit_now(i32::from(limpet_protocol::exit::code::LIMPET_FAILED))
    }

    fn perform(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::AwaitIds => self.await_ids(),
            Step::EnterNamespaces(flags) => limpet_sys::clone::unshare_namespaces(*flags),
            Step::Receive => self.receive(),
            Step::JoinCgroup => self.join_cgroup(),
            Step::EnterCgroupNamespace => limpet_sys::clone::unshare_namespaces(UnshareFlags::NEWCGROUP),
            Step::BringLoopbackUp => limpet_sys::loopback::bring_up(),
            Step::MakeMountsPrivate => {
                mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
            }
            Step::AttachRoot => self.attach_root(),
            Step::WriteFile { index, .. } => self.write_file(&self.launch.files[*index]),
            Step::Mount { index, .. } => self.mount(&self.launch.mounts[*index]),
            Step::PopulateDev => self.populate_dev(),
            Step::OpenStdio => self.open_stdio(),
            Step::BindConsole => self.bind_console(),
            Step::Sysctl { name, value } => self.set_sysctl(name, value),
            Step::Mask(path) => self.mask(path),
            Step::MakeReadonly(path) => self.make_readonly(path),
            Step::MakeRootReadonly => self.make_root_readonly(),
            Step::PivotRoot => self.pivot_root(),
            Step::SetHostname(name) => rustix::system::sethostname(name.as_bytes()),
            Step::AwaitLimits => self.await_limits(),
            Step::Process(step) => self.privileges.perform(step),
        }
    }

    /// The keeper's word; its silence means that it is gone.
    fn await_ids(&mut self) -> Result<()> {
        let message = channel::receive(self.channel.as_fd())?;
        if message.bytes() != IDS_MAPPED {
            return Err(Errno::PIPE);
        }
        become_root_inside()
    }

    fn await_limits(&self) -> Result<()> {
        channel::send(self.channel.as_fd(), LIMITS, &[])?;
        if channel::receive(self.channel.as_fd())?.bytes() == LIMITS { Ok(()) } else { Err(Errno::PIPE) }
    }

    fn receive(&mut self) -> Result<()> {
        let mounts = self
            .launch
            .mounts
            .iter()
            .filter(|mount| made_by_keeper(mount, self.launch, self.features))
            .count();
        let root = usize::from(self.features.mount_api == crate::features::MountApi::Descriptors);
        let message = channel::receive(self.channel.as_fd())?;
        let &[PREPARED, tasks] = message.bytes() else { return Err(Errno::PIPE) };
        let tasks = usize::from(tasks);
        let mut received = message.descriptors;
        let missing = (tasks + root + mounts).saturating_sub(received.len());
        received.extend(channel::receive_descriptors(self.channel.as_fd(), missing)?);
        let mounts = received.split_off(tasks);
        self.cgroup_v1 = tasks > 0;
        self.join = received;
        self.prepared = mounts.into_iter();
        Ok(())
    }

    /// `0` is the writer itself; a single-threaded writer of `tasks` waits for nobody (cgroup v1).
    fn join_cgroup(&mut self) -> Result<()> {
        for file in self.join.drain(..) {
            rustix::io::write(&file, b"0")?;
        }
        Ok(())
    }

    fn next_prepared(&mut self) -> Result<OwnedFd> {
        self.prepared.next().ok_or(Errno::BADF)
    }
}

/// In a new user namespace a process keeps the ids it had, which mean nobody there, until it takes new ones.
pub(crate) fn become_root_inside() -> Result<()> {
    use rustix::fs::{Gid, Uid};
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT)?;
    rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT)
}
