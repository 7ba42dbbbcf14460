use super::flow::Flow;
use super::step::{EnterStep, describe, exit_code};
use crate::steps::ProcessStep;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, ioctl_fionbio, read, write};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::getpid;

fn pipe() -> (OwnedFd, OwnedFd) {
    pipe_with(PipeFlags::CLOEXEC).unwrap()
}

#[test]
fn exit_codes_are_those_of_docker() {
    let execute = EnterStep::Process(ProcessStep::Execute("x".into()));
    assert_eq!(exit_code(&execute, Errno::NOENT), 127);
    assert_eq!(exit_code(&execute, Errno::ACCESS), 126);
    assert_eq!(exit_code(&EnterStep::FindDirectory("/x".into()), Errno::NOENT), 127);
    assert_eq!(exit_code(&EnterStep::Process(ProcessStep::ResolveUser("x".into())), Errno::NOENT), 126);
    assert_eq!(exit_code(&EnterStep::EnterNamespaces, Errno::PERM), 126);
}

#[test]
fn failures_name_their_step_and_subject() {
    let missing = describe(&EnterStep::FindDirectory("/x".into()), Errno::NOENT);
    assert_eq!(missing, "change to the working directory /x: no such directory in the container");
    let command = describe(&EnterStep::Process(ProcessStep::Execute("x".into())), Errno::NOENT);
    assert_eq!(command, "execute x: not found in the container");
}

#[test]
fn own_namespaces_do_not_differ() {
    let differing = super::namespaces::differing(getpid()).unwrap();
    assert!(!differing.pid);
    assert!(differing.others.is_empty());
}

#[test]
fn bytes_flow_and_the_end_with_them() {
    let ((source, fill), (drain, target)) = (pipe(), pipe());
    let mut flow = Flow::new(Some(source.as_fd()), Some(target));
    write(&fill, b"abc").unwrap();
    flow.read(|_, length| length).unwrap();
    assert!(flow.readable().is_none(), "nothing more is read while something waits");
    assert!(flow.write().unwrap());
    drop(fill);
    flow.read(|_, length| length).unwrap();
    let mut got = [0; 8];
    assert_eq!(read(&drain, &mut got).unwrap(), 3);
    assert_eq!(read(&drain, &mut got).unwrap(), 0, "the target is closed");
}

#[test]
fn a_full_target_is_waited_for() {
    let ((source, fill), (drain, target)) = (pipe(), pipe());
    ioctl_fionbio(&target, true).unwrap();
    let mut flow = Flow::new(Some(source), Some(target.as_fd()));
    let (mut moved, block) = (0, [7; 16 * 1024]);
    for _ in 0..10 {
        if flow.readable().is_some() {
            write(&fill, &block).unwrap();
            flow.read(|_, length| length).unwrap();
            moved += block.len();
        }
        assert!(flow.write().unwrap());
    }
    while flow.writable().is_some() {
        let mut sink = [0; 64 * 1024];
        moved -= read(&drain, &mut sink).unwrap();
        while flow.writable().is_some() && flow.write().unwrap() {
            moved -= read(&drain, &mut sink).unwrap();
        }
    }
    ioctl_fionbio(&drain, true).unwrap();
    while let Ok(count) = read(&drain, &mut [0; 64 * 1024]) {
        moved -= count;
    }
    assert_eq!(moved, 0);
}

#[test]
fn a_reader_that_is_gone_ends_the_flow() {
    let ((source, fill), (drain, target)) = (pipe(), pipe());
    drop(drain);
    let mut flow = Flow::new(Some(source), Some(target));
    write(&fill, b"abc").unwrap();
    flow.read(|_, length| length).unwrap();
    assert!(!flow.write().unwrap());
    assert!(flow.readable().is_none() && flow.writable().is_none());
}

#[test]
fn without_a_target_bytes_are_thrown_away() {
    let (source, fill) = pipe();
    let mut flow = Flow::new(Some(source), None::<OwnedFd>);
    write(&fill, b"abc").unwrap();
    flow.read(|_, length| length).unwrap();
    assert!(flow.writable().is_none() && flow.readable().is_some());
}
