//! The parent's side of the unpacking process: starts it, believes nothing but its report's form, checks the digests
//! against what was claimed, and marks opaque directories.

use super::inside;
use super::report::{Failure, Instruction, Report, Summary};
use crate::digest::Digest;
use crate::limits::{RATIO_MAX, REPORT_BYTES_MAX};
use limpet_protocol::disk::Room;
use rustix::fs::{Mode, OFlags, XattrFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(super) const OPAQUE_XATTR: &str = "trusted.overlay.opaque";

/// Why a layer was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The process cannot be started.
    #[error("cannot start the unpacking process")]
    Start(#[source] io::Error),
    /// The process ended without a word.
    #[error("the unpacking process ended without a report ({0})")]
    NoReport(String),
    /// The layer is not as it was claimed or must be.
    #[error("{0}")]
    Refused(String),
    /// Longer than it may be.
    #[error("it unpacks to more than {0} bytes; raise --max-size if you trust it")]
    TooLong(u64),
    /// Of far less than it unpacks to.
    #[error(
        "it unpacks to more than {RATIO_MAX} times the {0} bytes it has; give --max-size if you trust it"
    )]
    Bomb(u64),
    /// No room.
    #[error("the disk is full: {0}: free some space (see: limpet system df) and try again")]
    DiskFull(Room),
    /// Another digest than was claimed.
    #[error("its {what} is {found}, not {claimed}")]
    Digest {
        /// Which one.
        what: &'static str,
        /// What the bytes have.
        found: String,
        /// What was claimed.
        claimed: Digest,
    },
    /// The mark of opaque directories.
    #[error("cannot mark {0:?} as opaque")]
    Opaque(String, #[source] io::Error),
}

/// Why a layer may not be longer than it may be.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// The user allows no more of an image.
    Size,
    /// The layer's own size: [`RATIO_MAX`].
    Ratio,
    /// What the disk has left.
    Disk,
}

/// One layer, and what is claimed of it.
pub(crate) struct Job {
    /// Positioned at its first byte.
    pub(crate) file: File,
    pub(crate) instruction: Instruction,
    /// What `tar_bytes_max` comes from.
    pub(crate) bound: Bound,
    /// What the disk had at the beginning.
    pub(crate) room: Room,
    /// Digest of the bytes as they are stored, where something claims one.
    pub(crate) stored: Option<Digest>,
    /// Digest of the tar.
    pub(crate) diff_id: Digest,
}

/// Runs the confined process over `job` with the working directory `work`.
pub(crate) fn run(unpacker: &Path, work: &Path, job: Job) -> Result<Summary, UnpackError> {
    let Job { file, instruction, bound, room, stored, diff_id } = job;
    let mut child = Command::new(unpacker)
        .arg0("limpet")
        .arg("unpack")
        .args(instruction.to_words())
        .current_dir(work)
        .env_clear()
        .stdin(Stdio::from(file))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(UnpackError::Start)?;
    let report = report(&mut child);
    let summary = match report? {
        Ok(summary) => summary,
        Err(Failure::TooLong) => {
            return Err(match bound {
                Bound::Size => UnpackError::TooLong(instruction.tar_bytes_max),
                Bound::Ratio => UnpackError::Bomb(instruction.stored_bytes),
                Bound::Disk => UnpackError::DiskFull(room),
            });
        }
        Err(Failure::DiskFull) => return Err(UnpackError::DiskFull(room)),
        Err(Failure::Refused(reason)) => return Err(UnpackError::Refused(reason)),
    };
    if let Some(claimed) = stored {
        check("digest", &summary.stored, claimed)?;
    }
    check("diff_id", &summary.tar, diff_id)?;
    if instruction.fill {
        mark_opaque(&work.join("tree"), &summary.opaque)?;
    }
    Ok(summary)
}

fn check(what: &'static str, found: &str, claimed: Digest) -> Result<(), UnpackError> {
    if found == claimed.to_string() {
        return Ok(());
    }
    Err(UnpackError::Digest { what, found: found.to_owned(), claimed })
}

fn report(child: &mut Child) -> Result<Report, UnpackError> {
    let mut bytes = Vec::new();
    let read = match child.stdout.take() {
        Some(out) => out.take(REPORT_BYTES_MAX).read_to_end(&mut bytes),
        None => Ok(0),
    };
    if read.is_err() {
        child.kill().map_err(UnpackError::Start)?;
    }
    let status = child.wait().map_err(UnpackError::Start)?;
    let ending = || match status.signal() {
        Some(signal) => UnpackError::NoReport(format!("signal {signal}")),
        None => UnpackError::NoReport(format!("status {}", status.code().unwrap_or(-1))),
    };
    postcard::from_bytes(&bytes).map_err(|_| ending())
}

/// Sets overlayfs's mark, for which the unpacking process has no capability; nothing is followed out of the tree.
fn mark_opaque(tree: &Path, paths: &[Vec<u8>]) -> Result<(), UnpackError> {
    let failed = |path: &[u8], errno: Errno| UnpackError::Opaque(super::walk::shown(path), errno.into());
    if paths.is_empty() {
        return Ok(());
    }
    let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(tree, directory | OFlags::NOFOLLOW, Mode::empty())
        .map_err(|errno| failed(b"/", errno))?;
    for path in paths {
        match inside::open(&root, path, directory) {
            Ok(fd) => mark(&fd).map_err(|errno| failed(path, errno))?,
            // A later entry of the layer replaced it.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
            Err(errno) => return Err(failed(path, errno)),
        }
    }
    Ok(())
}

/// The mark changes no time but ctime.
fn mark(fd: &std::os::fd::OwnedFd) -> Result<(), Errno> {
    rustix::fs::fsetxattr(fd, OPAQUE_XATTR, b"y", XattrFlags::empty())
}

/// Whether the root of a layer hides everything below it.
pub(crate) fn root_is_opaque(tree: &Path) -> bool {
    let mut value = [0; 1];
    matches!(rustix::fs::lgetxattr(tree, OPAQUE_XATTR, &mut value), Ok(1)) && value == *b"y"
}
