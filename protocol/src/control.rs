//! What the command line and the supervisor say to each other, over the stream socket `STATE/control.sock`.
//!
//! Each side first sends [`Hello`]. Then the client sends one [`Request`], and the supervisor answers with [`Reply`]s, until the
//! last ([`Reply::is_last`]). A frame is a length (32 bits, little endian) and so many bytes
//! of postcard.

mod did;

pub use did::Did;

use crate::app::{APP_BYTES_MAX, App, InvalidApp, is_app_name, is_file_name};
use crate::id::ContainerId;
use crate::ledger::Course as UpdateCourse;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Version of what follows [`Hello`].
pub const VERSION: u16 = 2;
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
/// Those of them that follow the events: they stay, and leave room for others.
pub const FOLLOWERS_MAX: usize = CLIENTS_MAX / 2;
/// Time that a client has for its request, and for taking what it is owed.
pub const PATIENCE_MS: u64 = 5000;
/// Longest time that a shutdown may be given: an hour.
pub const SHUTDOWN_MS_MAX: u64 = 3_600_000;
/// Longest name of a container.
pub const NAME_BYTES_MAX: usize = 128;
/// Longest path of a program.
pub const PATH_BYTES_MAX: usize = 4095;
/// Most files that are applied at a time: every root that a board can have missed, and a desired state.
pub const FILES_MAX: usize = crate::fleet::enrol::ROOTS_MAX + 1;
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
    /// Run this app. [`Reply::Diff`] comes first; unless it is a rehearsal, [`Reply::Progress`] follows until the client
    /// leaves: what is enough for it, it knows best. [`Reply::Done`] only if the app is taken down meanwhile.
    Up {
        /// The whole app.
        app: App,
        /// Only tell what would be done.
        dry_run: bool,
    },
    /// The same for whoever is no person: what fails is rolled back unless the app says otherwise, a version that was
    /// rolled back is refused, and one that is in place or on its way is left as it is. The last is [`Reply::Updated`],
    /// or [`Reply::Done`] where there was nothing to update.
    Update {
        /// The whole app; its images are there.
        app: App,
    },
    /// Stop and remove an app. [`Reply::Progress`] until it is done.
    Down {
        /// Its name.
        app: String,
        /// With its named volumes.
        volumes: bool,
    },
    /// Stop and start the containers of an app. [`Reply::Progress`] until the client leaves.
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
    /// Judge these signed documents and follow them. [`Reply::Text`] with a line for each that was taken, then
    /// [`Reply::Refused`] with a line for each that was not, or [`Reply::Done`].
    Apply {
        /// Absolute paths, at most [`FILES_MAX`].
        files: Vec<String>,
    },
    /// [`Reply::Fleet`]. What the files of its fleet and the lock say is looked up anew first.
    Fleet,
}

/// Why a request is not one, though it decodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// The app.
    #[error(transparent)]
    App(#[from] InvalidApp),
    /// A name that nothing can have.
    #[error("no {0} has such a name")]
    Name(&'static str),
    /// A path that is not absolute, too long or with a zero byte.
    #[error("a path is not absolute")]
    Path,
    /// A time that is too long.
    #[error("a shutdown takes at most {SHUTDOWN_MS_MAX} ms")]
    Time,
    /// None, or too many.
    #[error("1 to {FILES_MAX} files are applied at a time")]
    Files,
}

impl Request {
    /// Holds a request to the documented maxima and rules; nothing else may be assumed of one that was received.
    ///
    /// # Errors
    /// The first that is broken.
    pub fn validate(&self) -> Result<(), InvalidRequest> {
        let rule = |holds: bool, error| if holds { Ok(()) } else { Err(error) };
        match self {
            Self::Up { app, dry_run: _ } | Self::Update { app } => Ok(app.validate()?),
            Self::Down { app, volumes: _ } => rule(is_app_name(app), InvalidRequest::Name("app")),
            Self::Restart { app, service } => {
                rule(is_app_name(app), InvalidRequest::Name("app"))?;
                let known = service.as_deref().is_none_or(is_file_name);
                rule(known, InvalidRequest::Name("service"))
            }
            Self::Look { id: _, did: _, name } => {
                rule(is_file_name(name) && name.len() <= NAME_BYTES_MAX, InvalidRequest::Name("container"))
            }
            Self::Shutdown { within_ms } => rule(*within_ms <= SHUTDOWN_MS_MAX, InvalidRequest::Time),
            Self::Upgrade { program } => rule(is_path(program), InvalidRequest::Path),
            Self::Apply { files } => {
                rule((1..=FILES_MAX).contains(&files.len()), InvalidRequest::Files)?;
                rule(files.iter().all(|file| is_path(file)), InvalidRequest::Path)
            }
            Self::Ping | Self::Report | Self::Events { .. } | Self::Metrics | Self::Fleet => Ok(()),
        }
    }
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.len() <= PATH_BYTES_MAX && !path.contains('\0')
}

/// What the supervisor answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It was carried out.
    Done,
    /// It was not, or not wholly; why, in one line.
    Refused(String),
    /// It was not, as there is no app of that name.
    NoSuchApp,
    /// Everything that it knows.
    Report(Report),
    /// What `up` would do, or does.
    Diff(Vec<Change>),
    /// What the containers of an app do now.
    Progress(Vec<Instance>),
    /// The app's change is an update, and so far it is. It is the last unless that goes on by itself.
    Updated(UpdateLine),
    /// Something happened.
    Event(Event),
    /// Text, as it is to be shown.
    Text(String),
    /// What the board tells its fleet, and how the connection stands by which it does; nothing if there is none.
    Fleet(Option<Box<crate::fleet::report::Report>>, Option<LinkLine>),
}

/// A board's connection to its fleet's controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLine {
    /// Its address.
    pub controller: String,
    /// It answers.
    pub connected: bool,
    /// Since when that is so; nanoseconds since 1970 by the board's clock.
    pub since_ns: u64,
    /// Why it does not.
    pub why: String,
}

impl Reply {
    /// Nothing comes after it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        match self {
            Self::Done | Self::Refused(_) | Self::NoSuchApp => true,
            Self::Updated(update) => !update.course.is_moving(),
            Self::Report(_)
            | Self::Diff(_)
            | Self::Progress(_)
            | Self::Event(_)
            | Self::Text(_)
            | Self::Fleet(..) => false,
        }
    }
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
    /// What has become of its last update.
    pub update: Option<UpdateLine>,
}

/// An update of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateLine {
    /// How far it is.
    pub course: UpdateCourse,
    /// [`App::version`] of the new version.
    pub version: u64,
    /// What failed; empty if nothing did.
    pub why: String,
    /// When it came so far: wall clock, nanoseconds since 1970.
    pub at_ns: u64,
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
    /// How often in a row something failed with it.
    pub failures: u16,
    /// What is expected of it, and how far it has come.
    pub course: Course,
}

/// What is expected of a container, and how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Course {
    /// Nothing: it is to go.
    Unwanted,
    /// It is on its way.
    Going,
    /// It runs and is well, or has ended and is left alone.
    Settled,
    /// It will not come to that by itself.
    Stuck,
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
    /// If it is replaced: the fields of its service that differ, in compose's words where it has them.
    pub because: Vec<String>,
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
