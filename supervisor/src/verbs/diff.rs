//! `diff`: what a container has changed of its image, from its writable layer beside the layers below it.
//!
//! What Limpet itself put there (places to mount on, and the directories above them) is no change of the container's.

mod tree;

use crate::board::Board;
use crate::copying::shown;
use crate::failure::{Failure, Outcome};
use crate::screen;
use limpet_protocol::launch::Root;
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::path::PathBuf;
use tree::Walk;

/// `diff`
pub(super) fn diff(board: &Board, name: &str) -> Outcome {
    let container = board.container(name)?;
    let launch = &container.keep.launch;
    let Root::Overlay { lower, upper, .. } = &launch.root else {
        let why = "it was made from a bundle, whose root has no layers to compare";
        return Err(Failure::new(format!("container {}: {why}", container.name)));
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let top = openat(CWD, upper.as_str(), flags, Mode::empty())?;
    let targets =
        launch.mounts.iter().map(|mount| &mount.target).chain(launch.files.iter().map(|file| &file.path));
    let mounted = targets.map(|path| path.as_bytes().to_vec()).collect();
    let mut walk = Walk { mounted, changes: Vec::new() };
    walk.directory(&top, &lower.iter().map(PathBuf::from).collect::<Vec<_>>(), b"")?;
    walk.changes.sort_by(|a, b| a.path.cmp(&b.path));
    for change in walk.changes {
        screen::line(&format!("{} {}", change.kind.letter(), shown(&change.path)));
    }
    Ok(0)
}
