//! Typed kernel calls: the only crate with `unsafe` code.
//!
//! One function per kernel meaning, over rustix, nix and libc. What rustix already offers safely is called there
//! directly by everybody; here is only what it lacks or what only becomes safe under an invariant that is stated here.
//!
//! This crate must never know what a container is.

pub mod bpf;
pub mod clock;
pub mod clone;
pub mod confine;
pub mod crash;
pub mod fsids;
pub mod inheritance;
pub mod init;
pub mod landlock;
pub mod link;
pub mod loopback;
pub mod memory;
pub mod mount;
pub mod peer;
pub mod probe;
pub mod process;
pub mod rlimit;
pub mod seccomp;
pub mod watchdog;

/// The error of the libc call that has just failed.
fn last_errno() -> rustix::io::Errno {
    std::io::Error::last_os_error()
        .raw_os_error()
        .map_or(rustix::io::Errno::IO, rustix::io::Errno::from_raw_os_error)
}
