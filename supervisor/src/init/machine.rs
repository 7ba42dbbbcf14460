//! The loop of PID 1: wait for a signal or for a child to be due, and act on that.

use super::options::{Console, Options};
use super::order::{self, Order};
use super::services::{Role, Service};
use super::{children, console, last_resort, say};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Result;
use rustix::process::{Pid, Signal};
use rustix::time::{ClockId, clock_gettime};
use std::ffi::{CStr, CString};

/// All that PID 1 holds.
pub(super) struct Machine {
    console: Option<Console>,
    network: Vec<String>,
    services: Vec<Service>,
    signals: SignalFd,
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
        Self { console: options.console.clone(), network: options.network.clone(), services, signals }
    }

    /// Serves until the board is to end; also the supervisor that then runs.
    pub(super) fn run(mut self) -> (Order, Option<Pid>) {
        loop {
            self.start_due();
            self.wait();
            if let Some(order) = self.hear() {
                let supervisor = self.services.iter().find(|service| service.role == Role::Supervisor);
                return (order, supervisor.and_then(Service::pid));
            }
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
            (Role::Supervisor, _) => start_supervisor(),
        };
        match pid {
            Ok(pid) => self.services[index].started(pid, now_ms),
            Err(errno) => {
                say::failed(&format!("starting {}", role.name()), errno);
                self.services[index].ended(now_ms);
            }
        }
    }

    /// Sleeps until a signal comes or a child is due.
    fn wait(&self) {
        let due_at_ms = self.services.iter().filter_map(Service::due_at_ms).min();
        let pause = due_at_ms.map(|at_ms| pause(at_ms.saturating_sub(now_ms())));
        // Woken for nothing, the loop only looks again.
        poll(&mut [PollFd::new(&self.signals, PollFlags::IN)], pause.as_ref()).ok();
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
    children::spawn(c"/proc/self/exe", &arguments, || Ok(()))
}

fn start_supervisor() -> Result<Pid> {
    children::spawn(c"/proc/self/exe", &[c"limpet", c"supervise"], || Ok(()))
}

/// Blocks every signal, so that they come one by one through a descriptor. Children get an empty mask again.
fn take_signals() -> nix::Result<SignalFd> {
    let all = SigSet::all();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&all), None)?;
    SignalFd::with_flags(&all, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}

fn pause(ms: u64) -> Timespec {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timespec { tv_sec: ms / 1000, tv_nsec: (ms % 1000) * 1_000_000 }
}

/// Milliseconds since boot.
fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}
