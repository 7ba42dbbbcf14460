//! Effects, each carried out by a child process of the same file: `limpet act ...`.
//!
//! The supervisor itself never waits for a disk, a lock or a container. In: what is to be done. Out: [`Finished`] by way
//! of the mailbox, when the child has ended.

#[cfg(test)]
mod tests;

use crate::act::status;
use crate::sorted::SortedMap;
use crate::supervise::mailbox::Message;
use crate::supervise::reactor::Interest;
use crate::supervise::tasks::Tasks;
use limpet_plan::{AppId, InstanceId, Turn};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};
use smol::Task;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;

/// Most that is read of what a child says on either stream.
const SAID_BYTES_MAX: usize = 4096;

/// What says where registries are reached, whom to believe and who asks; see [`crate::pulling`].
const NETWORK_VARIABLES: [&str; 13] = [
    "HOME",
    "PATH",
    "DOCKER_CONFIG",
    "LIMPET_CONFIG",
    "SSL_CERT_FILE",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// What a child is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Make a container of this revision.
    Create {
        /// See [`limpet_plan::Action::Create`].
        revision: u64,
    },
    /// Start one.
    Start,
    /// End one at once.
    Kill,
    /// End what a lost keeper left.
    Clear,
    /// Give one the name of its place.
    Adopt,
    /// Remove one.
    Remove,
    /// Find out whether one is healthy.
    Probe {
        /// See [`limpet_plan::Action::Probe`].
        unhurried: bool,
    },
    /// Remove what nothing refers to.
    Prune,
    /// Remove the last of an app.
    Dissolve(AppId),
    /// Read all images again.
    Scrub,
    /// Judge documents of a fleet.
    Judge,
    /// Fetch the images of a fleet's app.
    Fetch,
    /// Look after Limpet's own file.
    Own,
}

/// For whom a child works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The instance; for [`Purpose::Prune`] and [`Purpose::Dissolve`] none.
    pub(crate) id: Option<InstanceId>,
    /// For the answer.
    pub(crate) turn: Turn,
    /// What for.
    pub(crate) purpose: Purpose,
}

/// How a child ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Which child.
    pub(crate) job: u64,
    /// Its exit status; `None` if a signal ended it.
    pub(crate) status: Option<u8>,
    /// What it said on standard output.
    pub(crate) stdout: String,
    /// What it said on standard error.
    pub(crate) stderr: String,
}

impl Finished {
    /// Its last word, or what its end says if it had none.
    pub(crate) fn said_last(&self) -> String {
        if let Some(last) = self.stderr.lines().last() {
            return last.strip_prefix("limpet: ").unwrap_or(last).to_owned();
        }
        match self.status {
            None => "the process that was to do it was killed".to_owned(),
            Some(status::DISAGREES) => "what is on the disk is not what the supervisor knew".to_owned(),
            Some(code) => format!("the process that was to do it ended with {code} and said nothing"),
        }
    }
}

/// The children that run.
#[derive(Debug)]
pub(crate) struct Jobs {
    /// See [`super::locks::effects`].
    lock: OwnedFd,
    /// See [`super::place::outside`].
    outside: Arc<Vec<OwnedFd>>,
    last: u64,
    running: SortedMap<u64, Job>,
    /// Those that are not waited for.
    unhurried: SortedMap<u64, OwnedFd>,
    bell: Bell,
}

/// A pipe by which those that are not waited for say that they are to be looked at now. It says nothing else, as they deal
/// with what containers say; and it never comes to its end, as both of its ends are ours.
#[derive(Debug)]
struct Bell {
    heard: Rc<OwnedFd>,
    rung: OwnedFd,
}

impl Bell {
    fn new() -> rustix::io::Result<Self> {
        let (heard, rung) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Self { heard: Rc::new(heard), rung })
    }
}

#[derive(Debug)]
struct Job {
    order: Order,
    group: Pid,
    /// Ends with it; `None` while it is not waited for.
    task: Option<Task<()>>,
}

impl Jobs {
    /// None yet; each that changes something holds `lock` while it runs.
    ///
    /// # Errors
    /// No pipe.
    pub(crate) fn new(lock: OwnedFd) -> io::Result<Self> {
        let outside = Arc::new(super::place::outside());
        let bell = Bell::new()?;
        Ok(Self {
            lock,
            outside,
            last: 0,
            running: SortedMap::default(),
            unhurried: SortedMap::default(),
            bell,
        })
    }

    /// From now on [`Message::Rung`] tells of the bell.
    pub(crate) fn listen(&self, tasks: &Tasks) -> Task<()> {
        let (heard, tasks_) = (self.bell.heard.clone(), tasks.clone());
        tasks.spawn(async move {
            while tasks_.reactor.ready(&*heard, Interest::Read).await.is_ok() {
                let mut said = [0; 64];
                while rustix::io::read(&*heard, &mut said).is_ok_and(|count| count > 0) {}
                tasks_.mailbox.put(Message::Rung);
            }
        })
    }

    /// Those that have ended and were not waited for.
    pub(crate) fn harvest(&mut self) -> Vec<Finished> {
        let (running, mut ended) = (&mut self.running, Vec::new());
        self.unhurried.retain(|job, pidfd| {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
            let status = match waitid(WaitId::PidFd(pidfd.as_fd()), options) {
                Ok(None) => return true,
                Ok(Some(status)) => status.exit_status().and_then(|status| u8::try_from(status).ok()),
                Err(_) => None,
            };
            if running.contains_key(job) {
                let (stdout, stderr) = (String::new(), String::new());
                ended.push(Finished { job: *job, status, stdout, stderr });
            }
            false
        });
        ended
    }

    /// From now on all of them are waited for: one of them has rung, and is about to end.
    pub(crate) fn hurry(&mut self, tasks: &Tasks) {
        for (job, pidfd) in core::mem::take(&mut self.unhurried) {
            if let Some(running) = self.running.get_mut(&job) {
                running.task = Some(tasks.spawn(watch(job, pidfd, [None, None], tasks.clone())));
            }
        }
    }

    /// Where children are to be, see [`super::place::outside`].
    #[must_use]
    pub(crate) fn outside(&self) -> &Arc<Vec<OwnedFd>> {
        &self.outside
    }

    /// An empty file in either case. A probe and a scrub change nothing, and may take as long as they like.
    fn stdin(&self, purpose: Purpose) -> io::Result<Stdio> {
        match purpose {
            // Two children of a fleet hold locks of their own; to fetch may take days.
            Purpose::Probe { .. } | Purpose::Scrub | Purpose::Judge | Purpose::Fetch | Purpose::Own => {
                Ok(Stdio::null())
            }
            Purpose::Create { .. }
            | Purpose::Start
            | Purpose::Kill
            | Purpose::Clear
            | Purpose::Remove
            | Purpose::Adopt
            | Purpose::Prune
            | Purpose::Dissolve(_) => Ok(Stdio::from(self.lock.try_clone()?)),
        }
    }

    /// Pipes; one that is not waited for has the bell, and nobody reads its complaints.
    fn said(&self, purpose: Purpose) -> io::Result<(Stdio, Stdio)> {
        match purpose {
            Purpose::Probe { unhurried: true } => {
                Ok((Stdio::from(self.bell.rung.try_clone()?), Stdio::null()))
            }
            _ => Ok((Stdio::piped(), Stdio::piped())),
        }
    }

    /// Starts `limpet WORDS...` for `order`.
    ///
    /// # Errors
    /// No new process.
    pub(crate) fn start(&mut self, order: Order, words: &[String], tasks: &Tasks) -> io::Result<()> {
        let mut command = Command::new("/proc/self/exe");
        // What it makes must not depend on the environment in which the supervisor was started.
        command.arg0("limpet").args(words).env_clear();
        if order.purpose == Purpose::Fetch {
            command.envs(
                std::env::vars_os().filter(|(name, _)| NETWORK_VARIABLES.iter().any(|known| name == *known)),
            );
        }
        if let Some(classic) = std::env::var_os(limpet_runner::features::CLASSIC_MOUNTS) {
            command.env(limpet_runner::features::CLASSIC_MOUNTS, classic);
        }
        // Otherwise a few dozen probes at a time would fill the ceiling.
        limpet_sys::process::join_before_exec(&mut command, self.outside.clone());
        let (stdout, stderr) = self.said(order.purpose)?;
        let stdin = self.stdin(order.purpose)?;
        let mut child = command.stdin(stdin).stdout(stdout).stderr(stderr).process_group(0).spawn()?;
        let group = Pid::from_child(&child);
        let pidfd = pidfd_open(group, PidfdFlags::empty())?;
        let [stdout, stderr] =
            [child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from)];
        self.last += 1;
        let task = if order.purpose == (Purpose::Probe { unhurried: true }) {
            self.unhurried.insert(self.last, pidfd);
            None
        } else {
            Some(tasks.spawn(watch(self.last, pidfd, [stdout, stderr], tasks.clone())))
        };
        self.running.insert(self.last, Job { order, group, task });
        Ok(())
    }

    /// For whom a child that has ended worked.
    pub(crate) fn end(&mut self, job: u64) -> Option<Order> {
        self.running.remove(&job).map(|job| job.order)
    }

    /// A child works on this instance, probes left out.
    #[must_use]
    pub(crate) fn at_work(&self, id: InstanceId) -> bool {
        let works = |order: &Order| order.id == Some(id) && !matches!(order.purpose, Purpose::Probe { .. });
        self.running.values().any(|job| works(&job.order))
    }

    /// Ends a probe with all that it started.
    pub(crate) fn end_probe(&self, id: InstanceId, turn: Turn) {
        let is_it = |order: &Order| {
            (order.id, order.turn) == (Some(id), turn) && matches!(order.purpose, Purpose::Probe { .. })
        };
        for job in self.running.values().filter(|job| is_it(&job.order)) {
            // The leader of the group is not waited for yet, so the number is still its own; it may have ended.
            kill_process_group(job.group, Signal::KILL).ok();
        }
    }
}

async fn watch(job: u64, pidfd: OwnedFd, said: [Option<OwnedFd>; 2], tasks: Tasks) {
    // A pidfd can be read when the process has ended (pidfd_open(2)).
    tasks.reactor.ready(&pidfd, Interest::Read).await.ok();
    let ended = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
    let status = ended.ok().flatten().and_then(|status| status.exit_status());
    let [stdout, stderr] = said.map(|fd| fd.map(|fd| drain(&fd)).unwrap_or_default());
    let status = status.and_then(|status| u8::try_from(status).ok());
    tasks.mailbox.put(Message::Job(Finished { job, status, stdout, stderr }));
}

/// What is in the pipe now: whoever else holds its other end is not waited for.
fn drain(pipe: &OwnedFd) -> String {
    let mut bytes = vec![0; SAID_BYTES_MAX];
    let mut length = 0;
    let nonblocking = fcntl_getfl(pipe).and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK));
    while nonblocking.is_ok() && length < bytes.len() {
        match rustix::io::read(pipe, &mut bytes[length..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => length += count,
        }
    }
    String::from_utf8_lossy(&bytes[..length]).trim_end().to_owned()
}
