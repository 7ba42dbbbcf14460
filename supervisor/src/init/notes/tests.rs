use super::*;
use std::ffi::CString;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;

#[test]
fn notes_come_in_and_nobody_else_can_write_them() {
    let path = std::env::temp_dir().join(format!("limpet-notes-{}", std::process::id()));
    let name = CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
    let notes = Notes::open(&name).expect("a socket");
    assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o777, 0o600);
    assert!(!notes.are_well(), "nothing was said");
    let supervisor = UnixDatagram::unbound().expect("a socket");
    supervisor.connect(&path).expect("somebody listens");
    supervisor.send(b"READY=1\nSTATUS=x").expect("room");
    supervisor.send(b"STATUS=y").expect("room");
    assert!(notes.are_well());
    assert!(!notes.are_well(), "both were taken");
    supervisor.send(&[b'x'; 4096]).expect("room");
    assert!(!notes.are_well());
    drop(notes);
    // PID 1 of the next boot, where /run was not emptied.
    assert!(Notes::open(&name).is_ok());
    std::fs::remove_file(path).expect("it is ours");
}
