//! How far Limpet's own file is, if the fleet wants another.

use super::report::short;
use limpet_plan::Tick;
use limpet_protocol::fleet::Program;
use limpet_protocol::fleet::report::Progress;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What is known of the file that is wanted.
#[derive(Debug, Default)]
pub(crate) enum Own {
    /// Nothing; a child is to find out.
    #[default]
    Unknown,
    /// A child finds out, or begins.
    Asking,
    /// It comes.
    Fetching(Coming),
    /// It could not be had; it is asked for again.
    Missing {
        /// Why.
        why: String,
        /// When.
        until: Tick,
    },
    /// It is here, and waits for its time.
    Ready,
    /// A watcher puts it in place, or watches it.
    Begun {
        /// When it is looked at again.
        until: Tick,
    },
    /// It runs.
    Runs,
    /// It was tried, and the one before is back.
    Failed(String),
}

/// A file as it comes from the controller; nothing of it is believed.
#[derive(Debug)]
pub(crate) struct Coming {
    file: File,
    left_bytes: u64,
}

impl Coming {
    /// An empty one.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn begin(path: &Path, bytes: u32) -> std::io::Result<Self> {
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self { file, left_bytes: bytes.into() })
    }

    /// Puts a part after the others.
    ///
    /// # Errors
    /// The disk refuses, or more comes than there can be.
    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<(), String> {
        self.left_bytes =
            self.left_bytes.checked_sub(chunk.len() as u64).ok_or("more comes than its size")?;
        self.file.write_all(chunk).map_err(|error| error.to_string())
    }
}

impl Own {
    /// When there is something to do without anything having happened.
    pub(crate) fn deadline(&self) -> Option<Tick> {
        match self {
            Self::Missing { until, .. } | Self::Begun { until } => Some(*until),
            Self::Unknown | Self::Asking | Self::Fetching(_) | Self::Ready | Self::Runs | Self::Failed(_) => {
                None
            }
        }
    }

    /// What the fleet is told.
    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Unknown | Self::Asking | Self::Ready => Progress::Waiting,
            Self::Fetching(_) => Progress::Fetching,
            Self::Missing { why, .. } => Progress::Failed(short(why)),
            Self::Begun { .. } => Progress::Updating,
            Self::Runs => Progress::Committed,
            Self::Failed(why) => Progress::Reverted(short(why)),
        }
    }
}

/// A digest as files and children have it.
pub(crate) fn hex(program: &Program) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    // Writing to a String cannot fail.
    for byte in program.sha256 {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
