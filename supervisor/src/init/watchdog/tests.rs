use super::*;
use std::fs;
use std::path::PathBuf;

/// A plain file in the place of the device: it keeps what was written to it.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-watchdog-{}-{name}", std::process::id()));
        fs::write(&path, "").expect("the directory is writable");
        Self(path)
    }

    fn open(&self) -> Watchdog {
        Watchdog::open(self.0.to_str().expect("UTF-8"), 60).expect("a file")
    }

    fn written(&self) -> Vec<u8> {
        fs::read(&self.0).expect("it is there")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

#[test]
fn it_is_written_to_several_times_within_its_timeout() {
    let file = File::new("pings");
    let mut watchdog = file.open();
    for now_ms in (0..i32::unsigned_abs(SECONDS_UNKNOWN).into()).map(|second: u64| second * 1000) {
        watchdog.ping(now_ms);
    }
    assert_eq!(file.written(), [0; 4]);
    assert!(watchdog.due_at_ms() > 9000 && watchdog.due_at_ms() <= 12_000);
}

#[test]
fn released_it_is_stopped_and_dropped_it_is_not() {
    let file = File::new("release");
    let mut watchdog = file.open();
    watchdog.ping(0);
    watchdog.release();
    assert_eq!(file.written(), b"\0V");
    let file = File::new("drop");
    let mut watchdog = file.open();
    watchdog.ping(0);
    drop(watchdog);
    assert_eq!(file.written(), b"\0");
}

#[test]
fn a_board_without_one_has_none() {
    assert_eq!(Watchdog::open("/nonexistent/watchdog", 60).err(), Some(Errno::NOENT));
}

#[test]
fn a_pipe_that_nobody_reads_holds_nobody_up() {
    let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
    let mut watchdog = Watchdog { device: writer, every_ms: 1000, due_at_ms: 0, failed: false };
    watchdog.ping(0);
    let mut bytes = [1; 4];
    assert_eq!(rustix::io::read(&reader, &mut bytes), Ok(1));
    assert_eq!(bytes[0], 0);
    drop(reader);
    watchdog.ping(1000);
    assert!(
        watchdog.failed && watchdog.due_at_ms() == 2000,
        "a device that fails is tried again in its time"
    );
}
