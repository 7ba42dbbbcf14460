//! Making one mount and attaching it, by descriptors or, on kernels before 5.12, by mount(2).
//!
//! Places to mount on come in as descriptors that [`crate::beneath`] resolved; nothing here follows a path of the
//! image.

use crate::mountinfo;
use limpet_protocol::launch::MountFlags;
use limpet_sys::mount::MountAttributes;
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, StatVfsMountFlags, fstatvfs};
use rustix::io::{Errno, Result};
use rustix::mount as kernel;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags as ClassicFlags, MoveMountFlags, OpenTreeFlags,
};

/// A file system to be made: its type and its options.
pub(crate) struct FileSystem<'a> {
    /// `proc`, `tmpfs`, ...
    pub(crate) kind: &'a str,
    /// Key and value; a key without a value is a flag.
    pub(crate) options: &'a [(&'a str, Option<&'a str>)],
    /// Per-mount flags.
    pub(crate) flags: MountFlags,
}

impl FileSystem<'_> {
    /// Makes it, attached to nothing (fsopen(2), fsmount(2)).
    pub(crate) fn detached(&self) -> Result<OwnedFd> {
        let context = kernel::fsopen(self.kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
        kernel::fsconfig_set_string(&context, "source", self.kind)?;
        for (key, value) in self.options {
            match value {
                Some(value) => kernel::fsconfig_set_string(&context, *key, *value)?,
                None => kernel::fsconfig_set_flag(&context, *key)?,
            }
        }
        kernel::fsconfig_create(&context)?;
        kernel::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attribute_flags(self.flags))
    }

    /// Makes it on `place` (mount(2)).
    pub(crate) fn classic(&self, place: BorrowedFd<'_>) -> Result<()> {
        let data = std::ffi::CString::new(self.classic_data()).map_err(|_| Errno::INVAL)?;
        kernel::mount(self.kind, path_of(place), self.kind, classic_flags(self.flags), data.as_c_str())
    }

    fn classic_data(&self) -> String {
        let mut data = String::new();
        for (key, value) in self.options {
            if !data.is_empty() {
                data.push(',');
            }
            data.push_str(key);
            if let Some(value) = value {
                data.push('=');
                data.push_str(value);
            }
        }
        data
    }
}

/// Puts the detached `mount` on `place`.
pub(crate) fn attach(mount: BorrowedFd<'_>, place: BorrowedFd<'_>) -> Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    kernel::move_mount(mount, c"", place, c"", flags)
}

/// Puts the detached `mount` on top of whatever is mounted on the host path `place`.
pub(crate) fn attach_on_path(mount: BorrowedFd<'_>, place: &str) -> Result<()> {
    kernel::move_mount(mount, c"", CWD, place, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

/// A detached copy of the mount at the host path `source`.
pub(crate) fn copy_tree(source: &str, recursive: bool) -> Result<OwnedFd> {
    kernel::open_tree(CWD, source, copy_flags(recursive))
}

/// A detached copy of the mount at the already resolved `source`.
pub(crate) fn copy_tree_at(source: BorrowedFd<'_>, recursive: bool) -> Result<OwnedFd> {
    kernel::open_tree(source, c"", copy_flags(recursive) | OpenTreeFlags::AT_EMPTY_PATH)
}

fn copy_flags(recursive: bool) -> OpenTreeFlags {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    flags.set(OpenTreeFlags::AT_RECURSIVE, recursive);
    flags
}

/// The host path `source` on `place` (mount(2), MS_BIND).
pub(crate) fn bind_classic(source: &str, place: BorrowedFd<'_>, recursive: bool) -> Result<()> {
    if recursive {
        kernel::mount_bind_recursive(source, path_of(place))
    } else {
        kernel::mount_bind(source, path_of(place))
    }
}

/// Adds `flags` to those of the mount at `place`, which must have been looked up after it was mounted.
pub(crate) fn remount_classic(place: BorrowedFd<'_>, flags: MountFlags) -> Result<()> {
    // mount(2) sets them all anew: what is not named again would be allowed again.
    let all = classic_flags(flags) | flags_in_force(place)?;
    kernel::mount_remount(path_of(place), ClassicFlags::BIND | all, c"")
}

fn flags_in_force(place: BorrowedFd<'_>) -> Result<ClassicFlags> {
    let in_force = fstatvfs(place)?.f_flag;
    let mut set = ClassicFlags::empty();
    set.set(ClassicFlags::RDONLY, in_force.contains(StatVfsMountFlags::RDONLY));
    set.set(ClassicFlags::NOSUID, in_force.contains(StatVfsMountFlags::NOSUID));
    set.set(ClassicFlags::NODEV, in_force.contains(StatVfsMountFlags::NODEV));
    set.set(ClassicFlags::NOEXEC, in_force.contains(StatVfsMountFlags::NOEXEC));
    Ok(set)
}

/// Where something is mounted below `place`, as paths that begin with `/` there.
pub(crate) fn mounts_below(place: BorrowedFd<'_>) -> Result<Vec<String>> {
    let read = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let top = std::fs::read_link(path_of(place)).map_err(read)?;
    let table = mountinfo::table().map_err(read)?;
    Ok(mountinfo::points_below(&table, &top.to_string_lossy()))
}

/// A path that reaches what `fd` stands for, in a process that sees its own /proc.
pub(crate) fn path_of(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// `flags` for mount_setattr(2).
pub(crate) fn attributes(flags: MountFlags) -> MountAttributes {
    let mut set = MountAttributes::default();
    for (wanted, attribute) in [
        (flags.readonly, MountAttributes::READONLY),
        (flags.nosuid, MountAttributes::NOSUID),
        (flags.nodev, MountAttributes::NODEV),
        (flags.noexec, MountAttributes::NOEXEC),
    ] {
        if wanted {
            set = set.and(attribute);
        }
    }
    set
}

fn attribute_flags(flags: MountFlags) -> MountAttrFlags {
    let mut set = MountAttrFlags::empty();
    set.set(MountAttrFlags::MOUNT_ATTR_RDONLY, flags.readonly);
    set.set(MountAttrFlags::MOUNT_ATTR_NOSUID, flags.nosuid);
    set.set(MountAttrFlags::MOUNT_ATTR_NODEV, flags.nodev);
    set.set(MountAttrFlags::MOUNT_ATTR_NOEXEC, flags.noexec);
    set
}

fn classic_flags(flags: MountFlags) -> ClassicFlags {
    let mut set = ClassicFlags::empty();
    set.set(ClassicFlags::RDONLY, flags.readonly);
    set.set(ClassicFlags::NOSUID, flags.nosuid);
    set.set(ClassicFlags::NODEV, flags.nodev);
    set.set(ClassicFlags::NOEXEC, flags.noexec);
    set
}
