//! Records: files that are whole or not there, and know of what kind they are.

use super::HomeError;
use crate::files::{PRIVATE, failed, replace, replace_volatile};
use limpet_protocol::record::{Kind, RECORD_BYTES_MAX, decode, encode};
use serde::{Serialize, de::DeserializeOwned};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// Reads a record, of at most [`RECORD_BYTES_MAX`]; `None` if there is none.
///
/// # Errors
/// It cannot be read, or is damaged.
pub fn read_record<T: DeserializeOwned>(path: &Path, kind: Kind) -> Result<Option<T>, HomeError> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed("open", path))?,
    };
    let mut bytes = Vec::new();
    file.take(RECORD_BYTES_MAX as u64 + 64).read_to_end(&mut bytes).map_err(failed("read", path))?;
    let value = decode(kind, &bytes).map_err(|reason| HomeError::Record { path: path.to_owned(), reason })?;
    Ok(Some(value))
}

/// Replaces it; `durable` also waits for the disk. For root alone: a keeper has no umask, and anybody may find the id of a
/// container in `/proc`.
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
    let bytes = encode(kind, value).map_err(|reason| HomeError::Record { path: path.clone(), reason })?;
    let replace = if durable { replace } else { replace_volatile };
    Ok(replace(&path, PRIVATE, &bytes)?)
}
