//! `limpet doctor`: what is well with a board, what is not, and what to do about it.
//!
//! In: a board. Out: one [`Finding`] per subject, decided from [`Facts`] alone ([`judge`]). It needs no supervisor, makes
//! nothing, and says the same on a board where Limpet has never run.

mod gather;
mod judge;

pub use gather::gather;
pub use judge::judge;
use limpet_protocol::disk::Room;
use limpet_protocol::scrub::Scrub;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Well,
    /// Containers run, but something that Limpet promises does not hold.
    Warning,
    /// Containers do not run, or not with the limits that were asked for.
    Error,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What was found out about one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// About what.
    pub subject: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is so.
    pub found: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// What is known of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Major and minor number of the kernel.
    pub kernel: (u32, u32),
    /// As `uname -r` prints it.
    pub release: String,
    /// Size of a page of memory.
    pub page_bytes: u64,
    /// Version of the cgroup hierarchy, or why there is none.
    pub cgroup: Result<String, String>,
    /// Controllers that limits need and that are missing, with what brings each.
    pub missing_controllers: Vec<(String, String)>,
    /// The kernel's command line.
    pub command_line: String,
    /// Swap is in use, and that of a container cannot be limited.
    pub swap_unlimited: bool,
    /// overlayfs is there.
    pub overlayfs: bool,
    /// System calls can be filtered.
    pub seccomp: bool,
    /// User namespaces can be made.
    pub user_namespaces: bool,
    /// Layers can be shown with other owners.
    pub id_mapped_overlay: bool,
    /// The room on the disk of the root directory.
    pub room: Option<Room>,
    /// What that disk's file system keeps for the board's root, in bytes (statvfs(3): `f_bfree` less `f_bavail`).
    pub kept_bytes: u64,
    /// The state directory, and with it logs, is in memory.
    pub state_in_memory: bool,
    /// The wall clock, seconds since 1970.
    pub clock_s: u64,
    /// Something keeps the clock right.
    pub clock_synchronised: bool,
    /// This program was made at this time, seconds since 1970.
    pub built_s: u64,
    /// A hardware watchdog is there.
    pub watchdog: bool,
    /// The board was started by systemd.
    pub systemd: bool,
    /// The unit is installed.
    pub unit: bool,
    /// A supervisor answers; or why not.
    pub supervisor: Result<bool, String>,
    /// What the supervisor says is wrong.
    pub troubles: Vec<String>,
    /// Who holds back what a fleet wants.
    pub lock: Option<String>,
    /// The group whose members may use the control socket is there.
    pub group: bool,
    /// Images and removals of containers that were begun and not finished.
    pub unfinished: usize,
    /// What the last scrub of the images found.
    pub scrub: Option<Scrub>,
    /// Containers whose records are damaged.
    pub damaged: Vec<String>,
}
