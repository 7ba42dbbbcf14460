//! What a user mounted into a container, told apart from what every container gets. Pure.

#[cfg(test)]
mod tests;

use limpet_protocol::container::Container;
use limpet_protocol::launch::{Mount, MountKind};
use std::path::Path;

/// The one tmpfs that every container gets.
pub const SHM: &str = "/dev/shm";

/// A mount as its user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted<'a> {
    /// From where.
    pub origin: Origin<'a>,
    /// Where to, and how.
    pub mount: &'a Mount,
}

/// What was mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'a> {
    /// This path of the board.
    Bind(&'a str),
    /// A volume.
    Volume {
        /// Its name; one without belongs to this container alone.
        name: Option<&'a str>,
        /// Where it is on the board.
        source: &'a str,
    },
    /// Memory.
    Tmpfs {
        /// Its size limit.
        size_bytes: Option<u64>,
        /// Permission bits.
        mode: u32,
    },
}

impl<'a> Origin<'a> {
    /// docker's word for its kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bind(_) => "bind",
            Self::Volume { .. } => "volume",
            Self::Tmpfs { .. } => "tmpfs",
        }
    }

    /// The path on the board; empty for a tmpfs.
    #[must_use]
    pub fn source(self) -> &'a str {
        match self {
            Self::Bind(source) | Self::Volume { source, .. } => source,
            Self::Tmpfs { .. } => "",
        }
    }

    /// What `ps` shows: the volume's name, or the path.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Volume { name: Some(name), .. } => name,
            other => other.source(),
        }
    }
}

/// The mounts that `container` has beyond the standard ones, in the order in which they are made.
#[must_use]
pub fn of(container: &Container) -> Vec<Mounted<'_>> {
    let mounts = container.keep.launch.mounts.iter();
    mounts
        .filter_map(|mount| origin(mount, &container.keep.directory).map(|origin| Mounted { origin, mount }))
        .collect()
}

/// `directory` is `ROOT/containers/ID`.
fn origin<'a>(mount: &'a Mount, directory: &str) -> Option<Origin<'a>> {
    match &mount.kind {
        MountKind::Tmpfs { size_bytes, mode } if mount.target != SHM => {
            Some(Origin::Tmpfs { size_bytes: *size_bytes, mode: *mode })
        }
        MountKind::Bind { source, .. } => Some(bind(source, directory)),
        _ => None,
    }
}

fn bind<'a>(source: &'a str, directory: &str) -> Origin<'a> {
    let root = Path::new(directory).ancestors().nth(2).unwrap_or(Path::new("/"));
    if Path::new(source).starts_with(directory) {
        return Origin::Volume { name: None, source };
    }
    let name = Path::new(source).strip_prefix(root.join("volumes")).ok().and_then(Path::to_str);
    match name.filter(|name| !name.is_empty() && !name.contains('/')) {
        Some(name) => Origin::Volume { name: Some(name), source },
        None => Origin::Bind(source),
    }
}
