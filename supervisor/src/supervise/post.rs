//! The process `limpet sync`: started while the board has a controller, again after a pause when it ends, and heard.
//!
//! What it says is put aside as it comes, unread: who may judge it is a child (`limpet act take`). The key of the board
//! stays here, and signs for a connection what only that connection has.

use crate::fleet::{Controller, Files};
use crate::supervise::mailbox::Message;
use crate::supervise::reactor::{Interest, now};
use crate::supervise::tasks::Tasks;
use limpet_fetcher::proxy::ProxyVariables;
use limpet_plan::Tick;
use limpet_protocol::control::LinkLine;
use limpet_runner::keeper::now_ns;
use limpet_sync::courier::{Courier, Gone, command};
use limpet_sync::limits::WAIT_S_DEFAULT;
use limpet_sync::wire::{Purpose, Said, Terms, Told};
use limpet_trust::presence::prove;
use limpet_trust::sign::Secret;
use rustix::fd::{AsFd, OwnedFd};
use smol::Task;
use std::io;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;

/// First pause after it ended; it doubles.
const PAUSE_MS_MIN: u64 = 1_000;
/// The longest.
const PAUSE_MS_MAX: u64 = 300_000;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Everything that this `ETag` stands for lies in these files.
    Delivered {
        /// In order.
        files: Vec<String>,
        /// For [`Told::Seen`].
        etag: String,
    },
    /// The controller has the report of this number.
    Reported(u64),
    /// A part of a file.
    Chunk(Vec<u8>),
    /// All of the file has come.
    Whole,
    /// The file does not come, and why.
    Missing(String),
    /// Whether the controller answers has changed.
    Link,
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nobody knows yet.
    Trying,
    /// The controller answers.
    Connected,
    /// It does not, and why.
    Failing(String),
}

/// The process and what is known of it.
#[derive(Debug)]
pub(crate) struct Post {
    files: Files,
    instance: [u8; 16],
    /// With whom it is to speak.
    controller: Option<Controller>,
    running: Option<Running>,
    pause_ms: u64,
    /// Where the pauses of one stood that wants to be started again at once.
    backoff_ms: u32,
    start_at: Option<Tick>,
    etag: Option<String>,
    /// Put aside of the delivery that is coming.
    coming: Vec<String>,
    /// How the connection stands.
    pub(crate) link: Link,
    /// Since when it answers, or does not.
    since_ns: u64,
}

#[derive(Debug)]
struct Running {
    courier: Courier,
    child: Child,
    /// Where its pauses stood, if it wants to be started again at once.
    stale: Option<u32>,
    _read: Task<()>,
    write: Option<Task<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; SIGKILL is not waited for long.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Post {
    /// None yet. `instance` is of this boot.
    #[must_use]
    pub(crate) fn new(files: Files, instance: [u8; 16]) -> Self {
        Self {
            files,
            instance,
            controller: None,
            running: None,
            pause_ms: PAUSE_MS_MIN,
            backoff_ms: 0,
            start_at: None,
            etag: None,
            coming: Vec::new(),
            link: Link::Trying,
            since_ns: now_ns(),
        }
    }

    /// The board may have joined, left, or been given another controller.
    ///
    /// # Errors
    /// What is written of the controller is unusable; then there is none.
    pub(crate) fn look(&mut self) -> Result<(), crate::fleet::FleetError> {
        let (controller, problem) = match self.files.controller() {
            Ok(controller) => (controller.filter(|_| self.files.is_member()), None),
            Err(error) => (None, Some(error)),
        };
        if controller != self.controller {
            self.running = None;
            (self.etag, self.link, self.since_ns) = (None, Link::Trying, now_ns());
            self.pause_ms = PAUSE_MS_MIN;
            self.start_at = controller.is_some().then(now);
            self.controller = controller;
        }
        problem.map_or(Ok(()), Err)
    }

    fn set_link(&mut self, link: Link) {
        if (self.link == Link::Connected) != (link == Link::Connected) {
            self.since_ns = now_ns();
        }
        self.link = link;
    }

    /// For people; `None` without a controller.
    #[must_use]
    pub(crate) fn line(&self) -> Option<LinkLine> {
        let why = match &self.link {
            Link::Trying => "it was not heard of yet",
            Link::Connected => "",
            Link::Failing(why) => why,
        };
        self.controller.as_ref().map(|controller| LinkLine {
            controller: controller.url.to_string(),
            connected: self.link == Link::Connected,
            since_ns: self.since_ns,
            why: why.to_owned(),
        })
    }

    /// Whether the board has a controller.
    #[must_use]
    pub(crate) fn is_wanted(&self) -> bool {
        self.controller.is_some()
    }

    /// Whether it can be told something.
    #[must_use]
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// When it is to be started.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Tick> {
        self.start_at
    }

    /// Starts it, if it is time. Whether it was.
    ///
    /// # Errors
    /// No new process; it is tried again.
    pub(crate) fn start_if_due(&mut self, outside: &Arc<Vec<OwnedFd>>, tasks: &Tasks) -> io::Result<bool> {
        let (Some(at), Some(controller)) = (self.start_at, self.controller.as_ref()) else {
            return Ok(false);
        };
        if at > now() {
            return Ok(false);
        }
        let backoff_ms = std::mem::take(&mut self.backoff_ms);
        let purpose = Purpose::Follow { wait_s: WAIT_S_DEFAULT, etag: self.etag.clone(), backoff_ms };
        let terms = Terms {
            url: controller.url.to_string(),
            pin: controller.pin,
            proxies: ProxyVariables::of(crate::pulling::variable),
            purpose,
        };
        self.start_at = None;
        match start(&terms, outside, tasks) {
            Ok(running) => {
                self.running = Some(running);
                self.coming.clear();
                Ok(true)
            }
            Err(error) => {
                self.pause();
                Err(error)
            }
        }
    }

    fn pause(&mut self) {
        self.running = None;
        self.start_at = Some(now().after(self.pause_ms));
        self.pause_ms = (self.pause_ms * 2).min(PAUSE_MS_MAX);
    }

    /// The next thing that it said; `None` if there is nothing more. One that has ended is started again later.
    pub(crate) fn hear(&mut self, tasks: &Tasks) -> Option<Heard> {
        loop {
            let running = self.running.as_mut()?;
            let told = match running.courier.receive() {
                Ok(None) => return None,
                Ok(Some(said)) => understand(&said, &self.files, &mut self.coming),
                Err(gone) => return self.gone(&gone),
            };
            match told {
                Ok(Understood::Prove(exported)) => {
                    if let Err(why) = self.prove(&exported, tasks) {
                        self.set_link(Link::Failing(why));
                        return Some(Heard::Link);
                    }
                }
                Ok(Understood::Nothing) => {}
                Ok(Understood::Stale(backoff_ms)) => running.stale = Some(backoff_ms),
                Ok(Understood::Heard(heard)) => return Some(heard),
                Ok(Understood::Link(link)) => {
                    if link == Link::Connected {
                        self.pause_ms = PAUSE_MS_MIN;
                    }
                    if link != self.link {
                        self.set_link(link);
                        return Some(Heard::Link);
                    }
                }
                Err(why) => {
                    self.set_link(Link::Failing(why));
                    self.pause();
                    return Some(Heard::Link);
                }
            }
        }
    }

    fn gone(&mut self, gone: &Gone) -> Option<Heard> {
        let stale = self.running.as_ref().and_then(|running| running.stale);
        self.pause();
        if let Some(backoff_ms) = stale {
            self.backoff_ms = backoff_ms;
            self.start_at = Some(now());
            return None;
        }
        self.set_link(Link::Failing(gone.to_string()));
        Some(Heard::Link)
    }

    fn prove(&mut self, exported: &[u8; 32], tasks: &Tasks) -> Result<(), String> {
        let seed = self.files.key().map_err(|error| crate::failure::Failure::from(error).to_string())?;
        let secret = Secret::from_seed(&seed).ok_or("the key of this board is unusable")?;
        self.tell(&Told::Proof(prove(&secret, exported, self.instance)), tasks);
        Ok(())
    }

    /// Everything of this delivery was taken or refused, durably.
    pub(crate) fn seen(&mut self, etag: String, tasks: &Tasks) {
        self.etag = Some(etag.clone());
        self.tell(&Told::Seen(etag), tasks);
    }

    /// What was delivered could not be judged: it is to come again.
    pub(crate) fn not_seen(&mut self) {
        if self.running.is_some() {
            self.pause();
        }
    }

    /// Tells it something, now or when it listens.
    pub(crate) fn tell(&mut self, told: &Told, tasks: &Tasks) {
        let Some(running) = self.running.as_mut() else { return };
        match running.courier.send(told) {
            Ok(()) => running.wait_to_write(tasks),
            Err(gone) => drop(self.gone(&gone)),
        }
    }

    /// It can be told more.
    pub(crate) fn flush(&mut self, tasks: &Tasks) {
        let Some(running) = self.running.as_mut() else { return };
        running.write = None;
        match running.courier.flush() {
            Ok(()) => running.wait_to_write(tasks),
            Err(gone) => drop(self.gone(&gone)),
        }
    }
}

impl Running {
    fn wait_to_write(&mut self, tasks: &Tasks) {
        if !self.courier.has_unsent() || self.write.is_some() {
            return;
        }
        self.write = wait(&self.courier, Interest::Write, tasks);
    }
}

/// Tells the mailbox when it is time. A descriptor of its own: two tasks must not wait for one.
fn wait(courier: &Courier, interest: Interest, tasks: &Tasks) -> Option<Task<()>> {
    let twin = courier.as_fd().try_clone_to_owned().ok()?;
    let inner = tasks.clone();
    Some(tasks.spawn(async move {
        loop {
            if inner.reactor.ready(&twin, interest).await.is_err() {
                return;
            }
            match interest {
                Interest::Read => inner.mailbox.put(Message::Post),
                Interest::Write => return inner.mailbox.put(Message::PostWritable),
            }
        }
    }))
}

fn start(terms: &Terms, outside: &Arc<Vec<OwnedFd>>, tasks: &Tasks) -> io::Result<Running> {
    let (courier, theirs) = Courier::pair(terms)?;
    let mut command = command(Path::new(crate::pulling::SELF), theirs);
    limpet_sys::process::join_before_exec(&mut command, outside.clone());
    let child = command.spawn()?;
    let read = wait(&courier, Interest::Read, tasks);
    let read = read.ok_or_else(|| io::Error::other("no descriptor is left"))?;
    Ok(Running { courier, child, stale: None, _read: read, write: None })
}

/// What it said, in our own words and memory.
enum Understood {
    Nothing,
    Prove([u8; 32]),
    Stale(u32),
    Link(Link),
    Heard(Heard),
}

fn understand(said: &Said<'_>, files: &Files, coming: &mut Vec<String>) -> Result<Understood, String> {
    Ok(match *said {
        Said::Prove(exported) => Understood::Prove(exported),
        Said::Root(bytes) | Said::Desired(bytes) => {
            if coming.len() >= limpet_protocol::control::FILES_MAX {
                return Err("the controller delivers more documents than there can be".to_owned());
            }
            let path = files
                .put_incoming(coming.len(), bytes)
                .map_err(|error| crate::failure::Failure::from(error).to_string())?;
            coming.push(path);
            Understood::Nothing
        }
        Said::Delivered(etag) => {
            Understood::Heard(Heard::Delivered { files: std::mem::take(coming), etag: etag.to_owned() })
        }
        Said::Reported(sequence) => Understood::Heard(Heard::Reported(sequence)),
        Said::Chunk(bytes) => Understood::Heard(Heard::Chunk(bytes.to_vec())),
        Said::Whole => Understood::Heard(Heard::Whole),
        Said::Missing(why) => Understood::Heard(Heard::Missing(limpet_fetcher::trouble::shown(why))),
        Said::Connected => Understood::Link(Link::Connected),
        Said::Failing(why) => Understood::Link(Link::Failing(limpet_fetcher::trouble::shown(why))),
        Said::Stale { backoff_ms } => Understood::Stale(backoff_ms),
        // Only of one that enrols.
        Said::Enrolled(_) | Said::Refused(_) => {
            return Err("the process limpet sync talks nonsense".to_owned());
        }
    })
}
