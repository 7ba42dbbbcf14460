//! A filter is installed in a thread of its own, which keeps it from the others.

use super::*;
use std::thread;

const LOAD_NUMBER: u64 = 0x20;
const ALLOW: u64 = 0x06 | 0x7fff_0000 << 32;

fn errno(errno: u64) -> u64 {
    0x06 | (0x0005_0000 | errno) << 32
}

fn is_call(number: libc::c_long) -> u64 {
    0x15 | 1 << 24 | (number as u64) << 32
}

#[test]
fn a_filter_decides_for_its_thread_alone() {
    let program = [LOAD_NUMBER, is_call(libc::SYS_getpriority), errno(77), ALLOW];
    let seen = thread::spawn(move || {
        rustix::thread::set_no_new_privs(true).unwrap();
        install(&program).unwrap();
        rustix::process::getpriority_process(None).unwrap_err().raw_os_error()
    });
    assert_eq!(seen.join().unwrap(), 77);
    assert!(rustix::process::getpriority_process(None).is_ok());
}

#[test]
fn bad_programs_are_refused() {
    assert_eq!(install(&[]), Err(Errno::INVAL));
    assert_eq!(install(&vec![ALLOW; 4097]), Err(Errno::INVAL));
    let refused = thread::spawn(|| {
        rustix::thread::set_no_new_privs(true).unwrap();
        install(&[LOAD_NUMBER])
    });
    assert_eq!(refused.join().unwrap(), Err(Errno::INVAL), "a program has to return");
}
