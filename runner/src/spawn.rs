//! Starting a keeper: this same program again, from a place where nobody can write to it.
//!
//! A container that gets hold of /proc/PID/exe of a process of ours (CVE-2019-5736) must not be able to write to the
//! file behind it: the program is executed from a detached read-only mount, which no path and no namespace reaches.
//! Where the kernel has no such mounts, it is executed from a sealed copy in memory.

use crate::mounting;
use limpet_sys::mount::{Change, MountAttributes, change};
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{
    MemfdFlags, Mode, OFlags, SealFlags, StatVfsMountFlags, fcntl_add_seals, fcntl_get_seals, fstatvfs,
    memfd_create, openat, sendfile,
};
use rustix::io::{Errno, FdFlags, Result, fcntl_setfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The hidden verb of a keeper: `limpet keeper DIRECTORY CLIENT LOCK`, the last two being numbers of descriptors.
pub const VERB: &str = "keeper";

const SELF: &str = "/proc/self/exe";

/// Starts the keeper of the container in `directory`; the connection on which it waits to hear what its first client
/// wants. `lock` is the container's ([`crate::home::Home::lock`]): it stays locked until the keeper holds it.
///
/// # Errors
/// What the kernel says to a new process.
pub fn keeper(directory: &Path, lock: OwnedFd) -> Result<OwnedFd> {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    let program = protected_program()?;
    // A keeper outlives the shell whose descriptors we inherited, and must not hold them. Nothing else runs in this
    // process that could start another program meanwhile.
    limpet_sys::process::keep_only_stdio_on_exec()?;
    fcntl_setfd(&theirs, FdFlags::empty())?;
    fcntl_setfd(&lock, FdFlags::empty())?;
    let mut command = Command::new(mounting::path_of(program.as_fd()));
    command
        .arg0("limpet")
        .arg(VERB)
        .arg(directory)
        .args([&theirs, &lock].map(|fd| fd.as_raw_fd().to_string()))
        .env_clear();
    if let Some(classic) = std::env::var_os(crate::features::CLASSIC_MOUNTS) {
        command.env(crate::features::CLASSIC_MOUNTS, classic);
    }
    command.spawn().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    drop(lock);
    Ok(ours)
}

/// The hidden verb of a client of `exec`: what follows it is a whole command line.
pub const ENTER_VERB: &str = "enter";

/// Replaces this process by the same command line in a protected program; only comes back to say why it could not.
pub fn reenter() -> std::io::Error {
    begin_anew(&[ENTER_VERB])
}

fn begin_anew(first: &[&str]) -> std::io::Error {
    let program = match protected_program() {
        Ok(program) => program,
        Err(errno) => return errno.into(),
    };
    // What was inherited from a shell is nothing for a container, nor for the process that outlives us.
    if let Err(errno) = limpet_sys::process::keep_only_stdio_on_exec() {
        return errno.into();
    }
    let mut command = Command::new(mounting::path_of(program.as_fd()));
    command.arg0("limpet").args(first).args(std::env::args_os().skip(1)).exec()
}

/// Replaces this process by the very same command line in a protected program; only comes back to say why it could not.
pub fn again() -> std::io::Error {
    begin_anew(&[])
}

/// Whether the file that this process runs can be written to by nobody.
#[must_use]
pub fn is_protected() -> bool {
    let Ok(file) = openat(rustix::fs::CWD, SELF, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) else {
        return false;
    };
    let readonly = fstatvfs(&file).is_ok_and(|status| status.f_flag.contains(StatVfsMountFlags::RDONLY));
    readonly || fcntl_get_seals(&file).is_ok_and(|seals| seals.contains(SealFlags::WRITE))
}

/// This program, in a form that cannot be written to by way of a process that runs it.
///
/// # Errors
/// What the kernel says to both ways.
pub fn protected_program() -> Result<OwnedFd> {
    readonly_mount().or_else(|_| sealed_copy())
}

fn readonly_mount() -> Result<OwnedFd> {
    let path = rustix::fs::readlinkat(rustix::fs::CWD, SELF, Vec::new())?;
    let tree = mounting::copy_tree(path.to_str().map_err(|_| Errno::ILSEQ)?, false)?;
    change(tree.as_fd(), &Change { set: MountAttributes::READONLY, private: true, ..Change::default() })?;
    Ok(tree)
}

fn sealed_copy() -> Result<OwnedFd> {
    let original = openat(rustix::fs::CWD, SELF, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let copy = memfd_create(c"limpet", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    while sendfile(&copy, &original, None, 1 << 30)? > 0 {}
    fcntl_add_seals(&copy, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(copy)
}
