//! The signals that a session takes from the kernel as data (signalfd(2)), so that one poll waits for everything.

use super::connection::{Error, failed};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::fd::{AsFd, BorrowedFd};

/// With a terminal: the ends of a session, a new size, and the return from a stop.
pub(crate) const TERMINAL: &[Signal] =
    &[Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGWINCH, Signal::SIGCONT];
/// Without one: what the container is told. SIGTSTP is not among them, so that Ctrl-Z stops the client.
pub(super) const PROXIED: &[Signal] = &[
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGTERM,
    Signal::SIGPWR,
];

/// Signals blocked for this thread and readable instead; dropping this gives the thread its mask back.
#[derive(Debug)]
pub(crate) struct Signals {
    fd: SignalFd,
    mask_before: SigSet,
}

impl Signals {
    /// Takes those of `wanted` that the process does not ignore: what `nohup` or a shell made it ignore stays so.
    pub(crate) fn take(wanted: &[Signal]) -> Result<Self, Error> {
        let ignored = ignored_bits();
        let set: SigSet = wanted.iter().copied().filter(|&signal| ignored & bit(signal) == 0).collect();
        let fd = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
            .map_err(nix_failed("make a signalfd"))?;
        let mask_before = set.thread_swap_mask(SigmaskHow::SIG_BLOCK).map_err(nix_failed("block signals"))?;
        Ok(Self { fd, mask_before })
    }

    /// The next signal that has arrived, if one has.
    pub(crate) fn next(&self) -> Result<Option<Signal>, Error> {
        match self.fd.read_signal() {
            Ok(info) => Ok(info.and_then(|info| Signal::try_from(i32::try_from(info.ssi_signo).ok()?).ok())),
            Err(Errno::EINTR) => Ok(None),
            Err(errno) => Err(nix_failed("read a signal")(errno)),
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // sigprocmask(2) fails only for an address or an operation that does not exist.
        let _ = self.mask_before.thread_set_mask();
    }
}

/// Bit n - 1 for signal n, as the kernel writes masks.
pub(super) fn bit(signal: Signal) -> u64 {
    1 << (signal as u32 - 1)
}

/// The signals that this process ignores (proc_pid_status(5), SigIgn); none where /proc does not say.
fn ignored_bits() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

fn nix_failed(operation: &'static str) -> impl Fn(Errno) -> Error {
    move |errno| failed(operation)(rustix::io::Errno::from_raw_os_error(errno as i32))
}
