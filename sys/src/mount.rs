//! What rustix lacks of the mount API with file descriptors.

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Result;

/// Attributes of a mount (mount_setattr(2)), as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountAttributes(u64);

impl MountAttributes {
    /// MOUNT_ATTR_RDONLY
    pub const READONLY: Self = Self(0x1);
    /// MOUNT_ATTR_NOSUID
    pub const NOSUID: Self = Self(0x2);
    /// MOUNT_ATTR_NODEV
    pub const NODEV: Self = Self(0x4);
    /// MOUNT_ATTR_NOEXEC
    pub const NOEXEC: Self = Self(0x8);

    const IDMAP: Self = Self(0x0010_0000);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Nothing is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns: u64,
}

/// What to change on a mount, or on a whole tree of them, in one go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'fd> {
    /// Attributes to set.
    pub set: MountAttributes,
    /// Show the owners through the mapping of this user namespace; only for a detached tree.
    pub id_map: Option<BorrowedFd<'fd>>,
    /// Neither receive nor send mounts.
    pub private: bool,
    /// Also everything that is mounted below.
    pub recursive: bool,
}

/// Changes the mount that `mount` stands on.
///
/// # Errors
/// What mount_setattr(2) says: `ENOSYS` before Linux 5.12, `EINVAL` where a file system cannot be id-mapped.
pub fn change(mount: BorrowedFd<'_>, change: &Change<'_>) -> Result<()> {
    let id_map = change.id_map.map_or(0, |_| MountAttributes::IDMAP.0);
    let attr = MountAttr {
        set: change.set.0 | id_map,
        clear: 0,
        propagation: if change.private { libc::MS_PRIVATE } else { 0 },
        userns: change.id_map.map_or(0, |fd| fd.as_raw_fd() as u64),
    };
    mount_setattr(mount, change.recursive, &attr)
}

fn mount_setattr(mount: BorrowedFd<'_>, recursive: bool, attr: &MountAttr) -> Result<()> {
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a string that ends with NUL and `attr` is a whole struct mount_attr; both outlive the call,
    // which writes to neither.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            flags,
            std::ptr::from_ref(attr),
            size_of::<MountAttr>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}
