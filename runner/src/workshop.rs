//! The mounts that only the board's root can make, prepared by the keeper as detached trees.
//!
//! In: a launch and, where the container has its own ids, its user namespace. Out: descriptors in the order in which
//! the child takes them: the root, then each mount for which [`made_by_keeper`] holds.

use crate::features::Features;
use crate::mounting::{self, FileSystem};
use crate::overlay::{Layers, Mapping};
use crate::steps::{common_directory, made_by_keeper};
use limpet_protocol::launch::{Device, Launch, Mount, MountFlags, MountKind, Root};
use limpet_sys::mount::{Change, change};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Gid, Mode, Uid, chownat, makedev, mknodat};
use rustix::io::Errno;

/// Why a mount could not be prepared.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {subject}: {reason}")]
pub struct WorkshopError {
    doing: &'static str,
    subject: String,
    reason: String,
}

fn failed(doing: &'static str, subject: &str) -> impl FnOnce(Errno) -> WorkshopError {
    let subject = subject.to_owned();
    move |errno| WorkshopError { doing, subject, reason: crate::failure::reason(errno) }
}

/// The devices that every container has: name, major, minor (docker's list, runtime-spec "Default Devices").
pub(crate) const STANDARD_DEVICES: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// Everything the child will ask for, in its order.
pub(crate) fn prepare(
    launch: &Launch,
    features: &Features,
    ids: Option<Mapping<'_>>,
    scratch: &str,
) -> Result<Vec<OwnedFd>, WorkshopError> {
    let mut prepared = vec![root(launch, features, ids, scratch)?];
    for mount in launch.mounts.iter().filter(|mount| made_by_keeper(mount, launch, features)) {
        prepared.push(prepare_mount(mount, launch, ids)?);
    }
    Ok(prepared)
}

fn prepare_mount(mount: &Mount, launch: &Launch, ids: Option<Mapping<'_>>) -> Result<OwnedFd, WorkshopError> {
    match &mount.kind {
        MountKind::Bind { source, recursive, id_mapped } => {
            bind(source, *recursive, mount.flags, ids.filter(|_| *id_mapped))
        }
        MountKind::Sysfs => bind("/sys", true, mount.flags, None),
        _ => dev(&launch.devices, ids),
    }
}

fn bind(
    source: &str,
    recursive: bool,
    flags: MountFlags,
    ids: Option<Mapping<'_>>,
) -> Result<OwnedFd, WorkshopError> {
    let tree = mounting::copy_tree(source, recursive).map_err(failed("bind", source))?;
    let set = mounting::attributes(flags);
    let wanted = Change { set, id_map: ids.map(|ids| ids.namespace), private: true, recursive };
    match change(tree.as_fd(), &wanted) {
        Err(Errno::INVAL) if ids.is_some() => Err(WorkshopError {
            doing: "bind",
            subject: source.to_owned(),
            reason: "its file system cannot be id-mapped; add the option noidmap, or use --userns=host"
                .to_owned(),
        }),
        result => result.map(|()| tree).map_err(failed("bind", source)),
    }
}

/// A tmpfs with the standard devices; the child makes the links and directories in it.
fn dev(devices: &[Device], ids: Option<Mapping<'_>>) -> Result<OwnedFd, WorkshopError> {
    let owner = ids.map_or(0, |ids| ids.first);
    let owner_text = owner.to_string();
    let options = [
        ("mode", Some("755")),
        ("size", Some("65536k")),
        ("uid", Some(owner_text.as_str())),
        ("gid", Some(owner_text.as_str())),
    ];
    let flags = MountFlags { nosuid: true, noexec: true, ..MountFlags::default() };
    let tmpfs = FileSystem { kind: "tmpfs", options: &options, flags };
    let directory = tmpfs.detached().map_err(failed("make", "/dev"))?;
    for (name, major, minor) in STANDARD_DEVICES {
        node(&directory, name, FileType::CharacterDevice, 0o666, (major, minor), owner)?;
    }
    for device in devices {
        let kind = if device.block { FileType::BlockDevice } else { FileType::CharacterDevice };
        let name = device.path.strip_prefix("/dev/").unwrap_or(&device.path);
        parents(&directory, name, owner)?;
        node(&directory, name, kind, device.mode, (device.major, device.minor), owner)?;
    }
    Ok(directory)
}

/// The directories above a device such as `snd/pcmC0D0p`.
fn parents(directory: &OwnedFd, name: &str, owner: u32) -> Result<(), WorkshopError> {
    for (end, _) in name.match_indices('/') {
        match rustix::fs::mkdirat(directory, &name[..end], Mode::from_raw_mode(0o755)) {
            Ok(()) => own(directory, &name[..end], owner)?,
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed("make directory for device", name)(errno)),
        }
    }
    Ok(())
}

/// The keeper's umask is 0, so the mode is as it is given.
fn node(
    directory: &OwnedFd,
    name: &str,
    kind: FileType,
    mode: u32,
    (major, minor): (u32, u32),
    owner: u32,
) -> Result<(), WorkshopError> {
    mknodat(directory, name, kind, Mode::from_raw_mode(mode), makedev(major, minor))
        .map_err(failed("make device", name))?;
    own(directory, name, owner)
}

fn own(directory: &OwnedFd, name: &str, owner: u32) -> Result<(), WorkshopError> {
    if owner == 0 {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(owner), Gid::from_raw(owner));
    chownat(directory, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
        .map_err(failed("give to the container", name))
}

fn root(
    launch: &Launch,
    features: &Features,
    ids: Option<Mapping<'_>>,
    scratch: &str,
) -> Result<OwnedFd, WorkshopError> {
    match &launch.root {
        Root::Directory(path) => bind(path, true, MountFlags::default(), ids),
        Root::Overlay { lower, upper, work } => {
            let layers = Layers { lower, upper, work, common: common_directory(&launch.root) };
            if features.overlay_by_descriptor {
                layers.detached(ids)
            } else {
                layers.detached_copy(ids, scratch)
            }
            .map_err(|error| WorkshopError {
                doing: "mount",
                subject: "the layers".to_owned(),
                reason: error.to_string(),
            })
        }
    }
}
