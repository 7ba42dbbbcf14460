//! What a board tells its controller: the whole each time, so that a later report makes an unsent one needless.

use super::VERSION_NAME_BYTES_MAX;
use super::enrol::Word;
use serde::{Deserialize, Serialize};

/// Largest report.
pub const REPORT_BYTES_MAX: usize = 64 * 1024;
/// Longest text in a report.
pub const TEXT_BYTES_MAX: usize = 256;
/// Longest name of an app or a container.
pub const NAME_BYTES_MAX: usize = 128;

/// A line for people.
pub type Text = heapless::String<TEXT_BYTES_MAX>;
/// Name of an app.
pub type Name = heapless::String<NAME_BYTES_MAX>;
type List<T> = alloc::vec::Vec<T>;

/// A board, as it sees itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Counts up within one boot.
    pub sequence: u64,
    /// When it was made.
    pub at: Stamp,
    /// Seconds since the board's boot.
    pub uptime_s: u64,
    /// Its host name.
    pub name: Word,
    /// `x86_64` or `aarch64`.
    pub arch: Word,
    /// Version of Limpet that runs.
    pub version: heapless::String<VERSION_NAME_BYTES_MAX>,
    /// Release of the kernel.
    pub kernel: Word,
    /// Generation of its root.
    pub root_generation: u64,
    /// Root and generation of the desired state that was taken last; zeros if none was.
    pub taken: (u64, u64),
    /// Why the last document was refused, if it was the last.
    pub refused: Option<Text>,
    /// Why nothing is changed for now, if it was put off.
    pub held: Option<Held>,
    /// How far its own file has come, if it is to be another.
    pub program: Option<(heapless::String<VERSION_NAME_BYTES_MAX>, Progress)>,
    /// Every app, those being removed included; at most [`super::APPS_MAX`].
    pub apps: List<AppReport>,
    /// The disk's reserve is reached.
    pub disk_is_low: bool,
}

/// Wall time, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Seconds since 1970.
    pub seconds: u64,
    /// Whether the clock is synchronised; otherwise it is no earlier than that.
    pub synchronised: bool,
}

/// Why a board changes nothing for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Held {
    /// `limpet lock`, or a file that an app holds.
    Locked,
    /// It is outside of its maintenance windows.
    Window,
}

/// One app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppReport {
    /// Its name.
    pub name: Name,
    /// How far the desired state has come with it.
    pub progress: Progress,
    /// Containers that are wanted.
    pub wanted: u16,
    /// Those that run.
    pub running: u16,
    /// Those that run and are healthy, or are not watched.
    pub well: u16,
    /// Restarts of them all since they were last started by hand, by an update or at boot.
    pub restarts: u32,
}

/// How far something is that the last desired state asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// It waits for others, for room or for its time.
    Waiting,
    /// What it needs is being fetched.
    Fetching,
    /// It is being replaced, watched or removed.
    Updating,
    /// It runs what was asked for, and was well for as long as it is watched.
    Committed,
    /// What was asked for was not well; the version before runs again, or comes back.
    Reverted(Text),
    /// It cannot be had or made; the version before still runs. It is tried again.
    Failed(Text),
    /// It stopped in the middle, as its `failure_action` says.
    Paused(Text),
}

impl Progress {
    /// Nothing more comes of it by itself.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Committed | Self::Reverted(_) | Self::Paused(_) => true,
            Self::Waiting | Self::Fetching | Self::Updating | Self::Failed(_) => false,
        }
    }
}
