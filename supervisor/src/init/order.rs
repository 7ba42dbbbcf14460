//! What a signal to PID 1 means.

#[cfg(test)]
mod tests;

use rustix::process::Signal;

/// How the board is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Off.
    PowerOff,
    /// Off and on again.
    Reboot,
    /// Stopped, with the power on.
    Halt,
}

impl Order {
    /// The signal that asks PID 1 for it.
    #[must_use]
    pub fn signal(self) -> Signal {
        match self {
            Self::PowerOff => Signal::TERM,
            Self::Reboot => Signal::INT,
            Self::Halt => Signal::USR1,
        }
    }

    /// The verb for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PowerOff => "poweroff",
            Self::Reboot => "reboot",
            Self::Halt => "halt",
        }
    }

    /// As the console is told.
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::PowerOff => "powering off",
            Self::Reboot => "rebooting",
            Self::Halt => "halting",
        }
    }
}

/// What `signal` asks for. SIGINT is Ctrl-Alt-Del; SIGUSR1 and SIGUSR2 are as busybox has them, SIGPWR is a power supply
/// about to fail. Everything else is nothing to PID 1.
pub(super) fn of(signal: Signal) -> Option<Order> {
    match signal {
        Signal::TERM | Signal::USR2 | Signal::POWER => Some(Order::PowerOff),
        Signal::INT => Some(Order::Reboot),
        Signal::USR1 => Some(Order::Halt),
        _ => None,
    }
}
