//! A container's root as the board can reach it.
//!
//! While it runs: the root of its first process. Otherwise: its overlay (and, for `cp`, its binds), mounted in a mount
//! namespace that this process makes for itself and that goes with it; nobody else sees it. Its owners are the image's
//! then; in a running container that has its own ids they are the board's, and [`View::owners`] translates.

use super::owners::Owners;
use crate::board::Board;
use crate::failure::Failure;
use limpet_protocol::container::Container;
use limpet_protocol::launch::{Launch, Mount, MountKind, Root};
use limpet_runner::beneath;
use limpet_runner::failure::reason;
use limpet_runner::overlay::{Layers, own_mount_namespace};
use limpet_runner::steps::common_directory;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, Result as KernelResult};
use rustix::mount::{MountFlags, OpenTreeFlags, mount_bind, mount_bind_recursive, mount_remount, open_tree};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// How much of a container is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// With what is mounted below its root: `cp`.
    WithMounts,
    /// Its root file system alone: `export`.
    RootOnly,
}

/// A root that can be reached; while it is held, a container that does not run is neither started nor removed.
pub struct View {
    /// Its `/`.
    pub root: OwnedFd,
    /// Its ids.
    pub owners: Owners,
    _lock: Option<OwnedFd>,
}

/// Reaches the root of `container`. Where it does not run, this process gets a mount namespace of its own.
///
/// # Errors
/// It is gone, or its root cannot be mounted.
pub fn open(board: &Board, container: &Container, reach: Reach) -> Result<View, Failure> {
    let id = &container.keep.launch.id;
    let lock = board.home.lock(id)?;
    let status = board.status(id)?;
    let Some(running) = status.running() else {
        let root = at_rest(board, &container.keep.launch, reach)?;
        return Ok(View { root, owners: Owners::Same, _lock: Some(lock) });
    };
    drop(lock);
    let root =
        while_running(running.pid, reach).map_err(failed("open the root of container", &container.name))?;
    // The number may have become another process's only after this one was reaped, and then it is no longer recorded.
    if board.status(id)?.running().map(|now| now.pid) != Some(running.pid) {
        return Err(Failure::new(format!("container {} ended just now; try again", container.name)));
    }
    Ok(View { root, owners: Owners::of(running.first_host_id), _lock: None })
}

fn failed(doing: &'static str, subject: &str) -> impl FnOnce(Errno) -> Failure {
    move |errno| Failure::new(format!("{doing} {subject}: {}", reason(errno)))
}

fn while_running(pid: i32, reach: Reach) -> KernelResult<OwnedFd> {
    let root = directory(&format!("/proc/{pid}/root"))?;
    match reach {
        Reach::WithMounts => Ok(root),
        Reach::RootOnly => without_mounts(&root, pid),
    }
}

/// Only inside its mount namespace can a mount be copied without what is mounted below it. This process goes back
/// before it does anything else.
fn without_mounts(root: &OwnedFd, pid: i32) -> KernelResult<OwnedFd> {
    let open = |path: &str| openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let (own, theirs, here) =
        (open("/proc/self/ns/mnt")?, open(&format!("/proc/{pid}/ns/mnt"))?, directory(".")?);
    move_into_link_name_space(theirs.as_fd(), Some(LinkNameSpaceType::Mount))?;
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    let copy = open_tree(root, c"", flags);
    move_into_link_name_space(own.as_fd(), Some(LinkNameSpaceType::Mount))?;
    rustix::process::fchdir(here)?;
    copy
}

fn at_rest(board: &Board, launch: &Launch, reach: Reach) -> Result<OwnedFd, Failure> {
    own_mount_namespace().map_err(failed("enter", "a mount namespace"))?;
    let root = match &launch.root {
        Root::Directory(path) => path.clone(),
        Root::Overlay { lower, upper, work } => {
            // Any directory serves, as nobody else sees what is mounted on it.
            board.home.make_state_of(&launch.id)?;
            let place = board.home.state_directory(&launch.id).to_string_lossy().into_owned();
            mount_layers(&Layers { lower, upper, work, common: common_directory(&launch.root) }, &place)?;
            place
        }
    };
    let opened = directory(&root).map_err(failed("open", &root))?;
    if reach == Reach::WithMounts {
        mount_binds(opened.as_fd(), launch)?;
        if launch.root_readonly && matches!(launch.root, Root::Overlay { .. }) {
            make_readonly(opened.as_fd()).map_err(failed("make read-only", &root))?;
        }
    }
    Ok(opened)
}

/// Mounts `layers` on `place`.
pub(crate) fn mount_layers(layers: &Layers<'_>, place: &str) -> Result<(), Failure> {
    let common = directory(layers.common).map_err(failed("open", layers.common))?;
    Ok(layers.mount(common.as_fd(), place)?)
}

/// What a start would bind, so that a volume's files are found where the container has them.
fn mount_binds(root: BorrowedFd<'_>, launch: &Launch) -> Result<(), Failure> {
    for mount in &launch.mounts {
        if let MountKind::Bind { source, recursive, .. } = &mount.kind {
            let subject = format!("{source} on {}", mount.target);
            bind(root, mount, source, *recursive).map_err(failed("bind", &subject))?;
        }
    }
    Ok(())
}

fn bind(root: BorrowedFd<'_>, mount: &Mount, source: &str, recursive: bool) -> KernelResult<()> {
    let original = openat(CWD, source, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let place = beneath::like(root, &mount.target, original.as_fd())?;
    let (from, to) = (path_of(original.as_fd()), path_of(place.as_fd()));
    if recursive {
        mount_bind_recursive(from, to)?;
    } else {
        mount_bind(from, to)?;
    }
    if mount.flags.readonly { make_readonly(beneath::locate(root, &mount.target)?.as_fd()) } else { Ok(()) }
}

fn make_readonly(mount: BorrowedFd<'_>) -> KernelResult<()> {
    mount_remount(path_of(mount), MountFlags::BIND | MountFlags::RDONLY, c"")
}

pub(crate) fn directory(path: &str) -> KernelResult<OwnedFd> {
    openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn path_of(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}
