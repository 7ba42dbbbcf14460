use super::*;
use rustix::process::getgroups;
use std::os::unix::net::UnixStream;

#[test]
fn the_groups_of_the_other_end_are_those_of_its_process() {
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
    let expected: Vec<u32> =
        getgroups().expect("our groups").into_iter().map(rustix::process::Gid::as_raw).collect();
    assert_eq!(groups(&ours), Ok(expected));
}

#[test]
fn what_is_no_unix_socket_has_none() {
    let file = std::fs::File::open("/proc/self/stat").expect("procfs");
    assert_eq!(groups(&file), Err(Errno::NOTSOCK));
}
