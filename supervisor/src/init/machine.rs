//! The loop of PID 1: wait for a signal or for a child to be due, and act on that.

use super::heart::{self, Heart};
use super::notes::{self, Notes};
use super::options::{Console, Options};
use super::order::{self, Order};
use super::services::{Role, Service};
use super::watchdog::{self, Watchdog};
use super::{children, console, last_resort, program, say};
use limpet_sys::crash;
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Result;
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use std::ffi::{CStr, CString};

/// All that PID 1 holds.
pub(super) struct Machine {
    console: Option<Console>,
    network: Vec<String>,
    /// Of the supervisor.
    flags: Vec<CString>,
    services: Vec<Service>,
    signals: SignalFd,
    /// Where the supervisor says how it is, and what was heard.
    heart: Option<(Notes, Heart)>,
    watchdog: Option<Watchdog>,
    /// The supervisor was given up, and the console knows.
    is_given_up: bool,
}

/// What is left to do when the board is to end.
pub(super) struct Ending {
    pub(super) order: Order,
    /// The supervisor, if it runs.
    pub(super) supervisor: Option<Pid>,
    pub(super) watchdog: Option<Watchdog>,
}

impl Machine {
    /// With everything that `options` want due at once.
    pub(super) fn new(options: &Options) -> Self {
        let console = options.console.as_ref().map(|console| Service::new(Role::Console, console.restart));
        let supervisor = options.supervise.then(|| Service::new(Role::Supervisor, true));
        let uplink = Service::new(Role::Uplink, true);
        let services = supervisor.into_iter().chain([uplink]).chain(console).collect();
        let Ok(signals) = take_signals() else {
            say::line("signals cannot be waited for");
            last_resort::give_up()
        };
        Self {
            console: options.console.clone(),
            network: options.network.clone(),
            flags: flags(options),
            services,
            signals,
            heart: options.supervise.then(listen).flatten(),
            watchdog: options.watchdog.and_then(open_watchdog),
            is_given_up: false,
        }
    }

    /// Serves until the board is to end.
    pub(super) fn run(mut self) -> Ending {
        loop {
            self.start_due();
            self.listen_to_heart();
            self.keep_watchdog();
            self.wait();
            if let Some(order) = self.hear() {
                let supervisor = self.supervisor();
                return Ending { order, supervisor, watchdog: self.watchdog };
            }
        }
    }

    fn supervisor(&self) -> Option<Pid> {
        self.services.iter().find(|service| service.role == Role::Supervisor)?.pid()
    }

    /// A supervisor that has hung is ended, and started anew as any that ends. Its containers do not notice.
    fn listen_to_heart(&mut self) {
        let (now_ms, supervisor) = (now_ms(), self.supervisor());
        let Some((notes, heart)) = &mut self.heart else { return };
        if notes.are_well() {
            heart.heard(now_ms);
            self.is_given_up = false;
        }
        if let Some(pid) = supervisor
            && heart.hung_at_ms() <= now_ms
        {
            say::line("the supervisor hangs; it is started anew");
            // Gone already, it is about to be reaped.
            kill_process(pid, Signal::KILL).ok();
            heart.started(now_ms);
        }
    }

    fn keep_watchdog(&mut self) {
        let now_ms = now_ms();
        let is_dead = self.heart.as_ref().is_some_and(|(_, heart)| heart.dead_at_ms() <= now_ms);
        let Some(watchdog) = &mut self.watchdog else { return };
        if !is_dead {
            watchdog.ping(now_ms);
        } else if !std::mem::replace(&mut self.is_given_up, true) {
            say::line("the supervisor does not come up: the watchdog is left to reset this board");
        }
    }

    fn start_due(&mut self) {
        let now_ms = now_ms();
        for index in 0..self.services.len() {
            if self.services[index].is_due(now_ms) {
                self.start(index, now_ms);
            }
        }
    }

    fn start(&mut self, index: usize, now_ms: u64) {
        let role = self.services[index].role;
        let pid = match (role, &self.console) {
            (Role::Console, Some(console)) => console::start(console),
            (Role::Console, None) => return,
            (Role::Uplink, _) => start_uplink(&self.network),
            (Role::Supervisor, _) => start_supervisor(&self.flags, self.heart.is_some()),
        };
        match pid {
            Ok(pid) => {
                self.services[index].started(pid, now_ms);
                if let (Role::Supervisor, Some((_, heart))) = (role, &mut self.heart) {
                    heart.started(now_ms);
                }
            }
            Err(errno) => {
                say::failed(&format!("starting {}", role.name()), errno);
                self.services[index].ended(now_ms);
            }
        }
    }

    /// Sleeps until a signal or a note comes, or something is due.
    fn wait(&self) {
        let pause = self.due_at_ms().map(|at_ms| pause(at_ms.saturating_sub(now_ms())));
        let notes = self.heart.as_ref().map(|(notes, _)| notes.fd());
        let mut fds: Vec<PollFd<'_>> = [Some(self.signals.as_fd()), notes]
            .into_iter()
            .flatten()
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        // Woken for nothing, the loop only looks again.
        poll(&mut fds, pause.as_ref()).ok();
    }

    /// When the next child, the supervisor's silence or the watchdog is due.
    fn due_at_ms(&self) -> Option<u64> {
        let services = self.services.iter().filter_map(Service::due_at_ms);
        let heart = self.heart.as_ref().map(|(_, heart)| heart);
        let hung = heart.filter(|_| self.supervisor().is_some()).map(Heart::hung_at_ms);
        // Left alone, the watchdog is due no more; a word of the supervisor wakes this.
        let ping = self.watchdog.as_ref().filter(|_| !self.is_given_up).map(Watchdog::due_at_ms);
        services.chain(hung).chain(ping).min()
    }

    /// Takes all signals that have come; the first order among them.
    fn hear(&mut self) -> Option<Order> {
        while let Ok(Some(signal)) = self.signals.read_signal() {
            let number = i32::try_from(signal.ssi_signo).unwrap_or_default();
            let signal = Signal::from_named_raw(number);
            if signal == Some(Signal::CHILD) {
                self.reap();
            }
            if let Some(order) = signal.and_then(order::of) {
                return Some(order);
            }
        }
        None
    }

    fn reap(&mut self) {
        while let Some((pid, status)) = children::reap() {
            let is_its = |service: &&mut Service| service.pid() == Some(pid);
            // Everybody else was an orphan, whose end is nobody's business.
            if let Some(service) = self.services.iter_mut().find(is_its) {
                say::line(&format!("{} {}", service.role.name(), children::ending(status)));
                service.ended(now_ms());
            }
        }
    }
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Console => "the program on the console",
            Self::Uplink => "limpet uplink",
            Self::Supervisor => "limpet supervise",
        }
    }
}

fn start_uplink(network: &[String]) -> Result<Pid> {
    let words: Vec<CString> = network.iter().filter_map(|word| CString::new(word.as_str()).ok()).collect();
    let arguments: Vec<&CStr> =
        [c"limpet", c"uplink"].into_iter().chain(words.iter().map(CString::as_c_str)).collect();
    children::spawn(&program::current(), &arguments, &[], || Ok(()))
}

fn flags(options: &Options) -> Vec<CString> {
    let flag = |name: &str, value: &Option<String>| {
        value.as_ref().and_then(|value| CString::new(format!("--{name}={value}")).ok())
    };
    let flags = [flag("metrics", &options.metrics), flag("reserve", &options.reserve)];
    flags.into_iter().flatten().collect()
}

fn start_supervisor(flags: &[CString], is_heard: bool) -> Result<Pid> {
    let flags = flags.iter().map(CString::as_c_str);
    let arguments: Vec<&CStr> = [c"limpet", c"supervise"].into_iter().chain(flags).collect();
    let text = |name: &str, value: &str| CString::new(format!("{name}={value}")).unwrap_or_default();
    let socket = text("NOTIFY_SOCKET", &notes::PATH.to_string_lossy());
    let patience = text("WATCHDOG_USEC", &heart::SILENCE_US.to_string());
    let environment: &[&CStr] = if is_heard { &[&socket, &patience] } else { &[] };
    children::spawn(&program::current(), &arguments, environment, || Ok(()))
}

/// Without a place to listen, the supervisor is taken to be well while it runs.
fn listen() -> Option<(Notes, Heart)> {
    match Notes::open(notes::PATH) {
        Ok(notes) => Some((notes, Heart::new(now_ms()))),
        Err(errno) => {
            say::failed("listening to the supervisor", errno);
            None
        }
    }
}

fn open_watchdog(seconds: u16) -> Option<Watchdog> {
    match Watchdog::open(watchdog::DEVICE, seconds) {
        Ok(watchdog) => Some(watchdog),
        Err(errno) => {
            say::failed(&format!("opening {}: a board that hangs stays so", watchdog::DEVICE), errno);
            None
        }
    }
}

/// Blocks every signal but those of a crash, so that they come one by one through a descriptor. Children get an empty mask
/// again.
fn take_signals() -> nix::Result<SignalFd> {
    let mut taken = SigSet::all();
    for signal in crash::SIGNALS {
        taken.remove(signal.try_into()?);
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&taken), None)?;
    SignalFd::with_flags(&taken, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}

fn pause(ms: u64) -> Timespec {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timespec { tv_sec: ms / 1000, tv_nsec: (ms % 1000) * 1_000_000 }
}

/// Milliseconds since boot.
pub(super) fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}
