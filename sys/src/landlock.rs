//! Landlock: what even an owner may no longer do with files (landlock(7)).

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::{Errno, Result};

const READ_FILE: u64 = 1 << 2;
const READ_DIRECTORY: u64 = 1 << 3;
/// `LANDLOCK_ACCESS_NET_BIND_TCP`
const BIND_TCP: u64 = 1;
/// `LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET` and `LANDLOCK_SCOPE_SIGNAL`
const SCOPES: u64 = 0b11;
const CREATE_RULESET_VERSION: libc::c_long = 1;
const RULE_PATH_BENEATH: libc::c_long = 1;

/// `struct landlock_ruleset_attr`; older kernels take a shorter one whose rest is zero.
#[repr(C)]
struct RulesetAttributes {
    files: u64,
    network: u64,
    scopes: u64,
}

/// `struct landlock_path_beneath_attr`
#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: i32,
}

/// Leaves the calling thread, and all that it makes, nothing of files but reading what is below `directory`; no
/// listening on TCP ports, and no signals or abstract sockets to others, as far as the kernel knows of these. Needs
/// no_new_privs. False on a kernel without Landlock: then nothing has changed.
///
/// # Errors
/// What landlock_create_ruleset(2), landlock_add_rule(2) and landlock_restrict_self(2) say.
pub fn only_read_below(directory: BorrowedFd<'_>) -> Result<bool> {
    let version = match version() {
        Ok(version) => version,
        Err(Errno::NOSYS | Errno::OPNOTSUPP) => return Ok(false),
        Err(errno) => return Err(errno),
    };
    let ruleset = ruleset(&RulesetAttributes {
        files: file_accesses(version),
        network: if version >= 4 { BIND_TCP } else { 0 },
        scopes: if version >= 6 { SCOPES } else { 0 },
    })?;
    allow_reading(&ruleset, directory)?;
    // SAFETY: the ruleset is open, and no flags are asked for. What later calls may do changes, no memory.
    let result = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
    if result == 0 { Ok(true) } else { Err(crate::last_errno()) }
}

/// The version of the interface, at least 1.
fn version() -> Result<i64> {
    // SAFETY: a null pointer and a size of zero is how the version is asked for.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<RulesetAttributes>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    if version > 0 { Ok(version) } else { Err(crate::last_errno()) }
}

/// Every access to files that this version knows, so that all are forbidden but what a rule allows.
fn file_accesses(version: i64) -> u64 {
    let count = match version {
        ..=1 => 13,
        2 => 14,
        3 | 4 => 15,
        5.. => 16,
    };
    (1 << count) - 1
}

fn ruleset(attributes: &RulesetAttributes) -> Result<OwnedFd> {
    // What is zero at the end may be left out, and older kernels want it left out or zero.
    let size = size_of::<RulesetAttributes>();
    // SAFETY: `attributes` lives across the call and has `size` bytes; the kernel only reads them.
    let fd =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::from_ref(attributes), size, 0) };
    match i32::try_from(fd) {
        // SAFETY: the kernel has just made this descriptor for us.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(crate::last_errno()),
    }
}

fn allow_reading(ruleset: &OwnedFd, directory: BorrowedFd<'_>) -> Result<()> {
    let rule = PathBeneath { allowed: READ_FILE | READ_DIRECTORY, parent: directory.as_raw_fd() };
    // SAFETY: `rule` lives across the call and is of the kind that is announced; the kernel only reads it.
    let result = unsafe {
        libc::syscall(libc::SYS_landlock_add_rule, ruleset.as_raw_fd(), RULE_PATH_BENEATH, &raw const rule, 0)
    };
    if result == 0 { Ok(()) } else { Err(crate::last_errno()) }
}
