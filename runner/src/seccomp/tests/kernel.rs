//! The kernel takes the default filter and answers as it says. Each test filters a thread of its own.

use super::super::{default_filter, from_json};
use super::USUAL;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket};
use std::thread;

fn filtered<T: Send + 'static>(program: Vec<u64>, then: fn() -> T) -> T {
    let filtered = thread::spawn(move || {
        rustix::thread::set_no_new_privs(true).unwrap();
        limpet_sys::seccomp::install(&program).unwrap();
        then()
    });
    filtered.join().unwrap()
}

#[test]
fn default_filter_is_in_force() {
    let families = filtered(default_filter(USUAL.capabilities, USUAL.kernel), || {
        [AddressFamily::UNIX, AddressFamily::from_raw(40), AddressFamily::from_raw(38)]
            .map(|family| socket(family, SocketType::DGRAM, None).err())
    });
    assert_eq!(families, [None, Some(Errno::PERM), Some(Errno::PERM)]);
}

#[test]
fn own_profile_is_in_force() {
    let profile = br#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77,
         "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_LT"}]}]}"#;
    let seen = filtered(from_json(profile, 0, (6, 18)).unwrap(), || {
        (
            rustix::process::getpriority_process(None).map_err(Errno::raw_os_error),
            rustix::process::getpriority_pgrp(None).map_err(Errno::raw_os_error).is_ok(),
        )
    });
    assert_eq!(seen, (Err(77), true));
}
