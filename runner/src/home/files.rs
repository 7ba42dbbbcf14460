//! The files of containers: directories, and records that are whole or not there.
//!
//! In: paths. Out: what was read, or an error that names the path.

use super::{HomeError, io};
use crate::reserve::ballast::or_lend;
use limpet_protocol::record::{Kind, RECORD_BYTES_MAX, decode, encode};
use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags, fsync, openat};
use serde::{Serialize, de::DeserializeOwned};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

pub(super) fn make_directory(path: &Path, mode: u32) -> Result<(), HomeError> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(io("make the directory", path))
}

pub(super) fn open_directory(path: &Path) -> Result<OwnedFd, HomeError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty()).map_err(|errno| io("open", path)(errno.into()))
}

pub(super) fn remove_file(path: &Path) -> Result<(), HomeError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io("remove", path)(error)),
        _ => Ok(()),
    }
}

pub(super) fn remove_tree(path: &Path) -> Result<(), HomeError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Reads a record, of at most [`RECORD_BYTES_MAX`]; `None` if there is none.
///
/// # Errors
/// It cannot be read, or is damaged.
pub fn read_record<T: DeserializeOwned>(path: &Path, kind: Kind) -> Result<Option<T>, HomeError> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(RECORD_BYTES_MAX as u64 + 64).read_to_end(&mut bytes).map_err(io("read", path))?;
    let value = decode(kind, &bytes).map_err(|reason| HomeError::Record { path: path.to_owned(), reason })?;
    Ok(Some(value))
}

/// Writes aside and renames; `durable` also waits for the disk, before and after.
///
/// # Errors
/// The disk refuses, or the record is too large.
pub fn write_record<T: Serialize>(
    directory: &Path,
    name: &str,
    kind: Kind,
    value: &T,
    durable: bool,
) -> Result<(), HomeError> {
    let path = directory.join(name);
    let aside = directory.join(format!("{name}.new"));
    let bytes = encode(kind, value).map_err(|reason| HomeError::Record { path: path.clone(), reason })?;
    or_lend(directory, || write_private(&aside, &bytes)).map_err(io("write", &aside))?;
    if durable {
        sync(&aside, OFlags::RDONLY)?;
    }
    fs::rename(&aside, &path).map_err(io("write", &path))?;
    if durable { sync(directory, OFlags::RDONLY | OFlags::DIRECTORY) } else { Ok(()) }
}

/// For root alone, whatever the umask: a keeper has none, and anybody may find the id of a container in `/proc`.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)
}

pub(super) fn sync(path: &Path, flags: OFlags) -> Result<(), HomeError> {
    openat(CWD, path, flags | OFlags::CLOEXEC, Mode::empty())
        .and_then(|fd| fsync(&fd))
        .map_err(|errno| io("sync", path)(errno.into()))
}
