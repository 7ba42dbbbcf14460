//! What the command line and the supervisor say to each other, over the stream socket `STATE/control.sock`.
//!
//! Each side first sends [`Hello`]. Then the client sends one [`Request`], and the supervisor answers with [`Reply`]s, the
//! last of which is [`Reply::Done`] or [`Reply::Refused`]. A frame is a length (32 bits, little endian) and so many bytes
//! of postcard.

use crate::app::{APP_BYTES_MAX, App};
use crate::id::ContainerId;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Version of what follows [`Hello`].
pub const VERSION: u16 = 1;
/// Bytes of the length before each frame.
pub const LENGTH_BYTES: usize = 4;
/// Largest [`Hello`].
pub const HELLO_BYTES_MAX: usize = 64;
/// Largest [`Request`]: one with an app.
pub const REQUEST_BYTES_MAX: usize = APP_BYTES_MAX + 1024;
/// Largest [`Reply`].
pub const REPLY_BYTES_MAX: usize = 256 * 1024;
/// Clients that are served at a time.
pub const CLIENTS_MAX: usize = 16;
/// Time that a client has for its request, and for taking what it is owed.
pub const PATIENCE_MS: u64 = 5000;
/// Events that are remembered for those who ask later.
pub const EVENTS_MAX: usize = 256;

/// The first frame of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// `LMPT`.
    pub magic: [u8; 4],
    /// [`VERSION`]. A supervisor of another version refuses what comes after, and so does a client.
    pub version: u16,
}

impl Hello {
    /// Ours.
    pub const OURS: Self = Self { magic: *b"LMPT", version: VERSION };
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Is anybody there?
    Ping,
    /// [`Reply::Report`], once.
    Report,
    /// Run this app. [`Reply::Diff`] comes first; unless it is a rehearsal, [`Reply::Progress`] until it is done.
    Up {
        /// The whole app.
        app: App,
        /// Only tell what would be done.
        dry_run: bool,
    },
    /// Stop and remove an app. [`Reply::Progress`] until it is done.
    Down {
        /// Its name.
        app: String,
        /// With its named volumes.
        volumes: bool,
    },
    /// Stop and start the containers of an app.
    Restart {
        /// Its name.
        app: String,
        /// Only of this service.
        service: Option<String>,
    },
    /// A person did something to this container by hand: look at it.
    Look {
        /// Which.
        id: ContainerId,
        /// What was done.
        did: Did,
        /// Its name.
        name: String,
    },
    /// [`Reply::Event`]s: those remembered, then those to come.
    Events {
        /// Also those to come, until the client leaves.
        follow: bool,
    },
    /// Stop every container within this time, then end.
    Shutdown {
        /// Milliseconds in all.
        within_ms: u64,
    },
    /// Hand over to another file of this program, which was checked already.
    Upgrade {
        /// Its absolute path.
        program: String,
    },
    /// [`Reply::Text`]: metrics in Prometheus's text form.
    Metrics,
}

/// What a person did to a container, in docker's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Did {
    /// `create`
    Create,
    /// `start`
    Start,
    /// `stop`
    Stop,
    /// `kill`
    Kill,
    /// `restart`
    Restart,
    /// `pause`
    Pause,
    /// `unpause`
    Unpause,
    /// `rename`
    Rename,
    /// `update`
    Update,
    /// `destroy`
    Destroy,
}

impl Did {
    /// docker's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Kill => "kill",
            Self::Restart => "restart",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Rename => "rename",
            Self::Update => "update",
            Self::Destroy => "destroy",
        }
    }
}

/// What the supervisor answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It was carried out.
    Done,
    /// It was not, or not wholly; why, in one line.
    Refused(String),
    /// Everything that it knows.
    Report(Report),
    /// What `up` would do, or does.
    Diff(Vec<Change>),
    /// What the containers of an app do now.
    Progress(Vec<Instance>),
    /// Something happened.
    Event(Event),
    /// Text, as it is to be shown.
    Text(String),
}

/// The supervisor's picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// All apps.
    pub apps: Vec<AppLine>,
    /// All containers that it answers for.
    pub instances: Vec<Instance>,
    /// The disk's reserve is reached.
    pub disk_is_low: bool,
    /// Containers for which it has no room.
    pub turned_away: u32,
    /// What is damaged or failed and belongs to no container, one line each.
    pub troubles: Vec<String>,
}

/// One app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppLine {
    /// Its name.
    pub name: String,
    /// It is being taken down.
    pub leaving: bool,
    /// Containers that are wanted.
    pub wanted: u16,
    /// Those of them that run.
    pub running: u16,
    /// Those that have come to what they are to be.
    pub settled: u16,
    /// Those that will not come to it by themselves.
    pub stuck: u16,
}

/// One container that the supervisor answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its id, once it is made.
    pub container: Option<ContainerId>,
    /// Its name.
    pub name: String,
    /// Its app, service and replica.
    pub member: Option<(String, String, u16)>,
    /// What it does.
    pub state: State,
    /// How well it is.
    pub health: Health,
    /// It was stopped by hand.
    pub held: bool,
    /// Restarts since it was last started by hand, by `up` or at boot.
    pub restarts: u32,
    /// Exit status of its last run.
    pub last_code: Option<u8>,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// What is wrong with it, one line.
    pub trouble: Option<String>,
}

/// What a container does, as the supervisor sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It is not made yet.
    Absent,
    /// It is being made.
    Creating,
    /// It was never started.
    Created,
    /// It is being started.
    Starting,
    /// It runs.
    Running,
    /// It was asked to stop.
    Stopping,
    /// It ended and will be started again.
    Restarting,
    /// It ended.
    Ended,
    /// What a lost keeper left is being ended.
    Clearing,
    /// It is being removed.
    Removing,
}

/// How well a container is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// Nobody asks.
    #[default]
    Unwatched,
    /// No probe succeeded yet.
    Starting,
    /// It is.
    Healthy,
    /// It is not.
    Unhealthy,
}

/// What a container waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    /// The pause before a restart, or before something that failed is tried again.
    Pause {
        /// Milliseconds from now.
        in_ms: u64,
    },
    /// A service that it depends on.
    Dependency {
        /// Which.
        service: String,
        /// What that must come to, in compose's words.
        condition: String,
        /// It will not by itself.
        blocked: bool,
    },
    /// Others that depend on it to stop first.
    Dependents,
    /// Room on the disk.
    Space,
    /// Others to be done.
    Hands,
}

/// What `up` does about a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// Its service.
    pub service: String,
    /// What.
    pub kind: ChangeKind,
}

/// What `up` does about a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// Made and started.
    Add,
    /// Removed, made anew and started.
    Replace,
    /// Started.
    Start,
    /// Stopped and started.
    Restart,
    /// Stopped and removed.
    Remove,
    /// Not touched.
    Keep,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Wall clock, nanoseconds since 1970.
    pub at_ns: u64,
    /// docker's word for it, or ours.
    pub action: String,
    /// The container, if it is about one.
    pub container: Option<ContainerId>,
    /// Its name, or that of the app.
    pub name: String,
    /// More about it, as names with values.
    pub attributes: Vec<(String, String)>,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than such a frame may be.
    #[error("a frame is too long")]
    TooLong,
    /// It does not decode, or something follows it.
    #[error("a frame does not decode")]
    Undecodable,
}

/// The frame of a value.
///
/// # Errors
/// It is longer than `bytes_max`.
pub fn frame<T: Serialize>(value: &T, bytes_max: usize) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::from([0; LENGTH_BYTES]);
    bytes = postcard::to_extend(value, bytes).map_err(|_| FrameError::Undecodable)?;
    let length = bytes.len() - LENGTH_BYTES;
    let short = u32::try_from(length).ok().filter(|_| length <= bytes_max).ok_or(FrameError::TooLong)?;
    bytes[..LENGTH_BYTES].copy_from_slice(&short.to_le_bytes());
    Ok(bytes)
}

/// The length that stands before a frame.
///
/// # Errors
/// It is longer than `bytes_max`: nothing of it is read then.
pub fn length(prefix: [u8; LENGTH_BYTES], bytes_max: usize) -> Result<usize, FrameError> {
    let length = u32::from_le_bytes(prefix) as usize;
    if length > bytes_max { Err(FrameError::TooLong) } else { Ok(length) }
}

/// The value of a frame, without its length.
///
/// # Errors
/// [`FrameError::Undecodable`].
pub fn value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) | Err(_) => Err(FrameError::Undecodable),
    }
}

#[cfg(test)]
mod tests;
