//! A socket in a directory of a test's own, behind which somebody answers every request with the same text.

use crate::supervise::mailbox::Message;
use crate::supervise::reactor::now;
use crate::supervise::tasks::Tasks;
use limpet_protocol::control::{PATIENCE_MS, Reply};
use rustix::fd::OwnedFd;
use smol::Task;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Who serves, and where.
pub(crate) struct Bench {
    pub(crate) tasks: Tasks,
    pub(crate) directory: PathBuf,
    socket: PathBuf,
    answer: String,
    _serving: Task<()>,
}

impl Bench {
    /// `open` makes the socket `name` in the directory, `serve` lets clients in there.
    pub(crate) fn new(
        (directory, name): (&str, &str),
        answer: String,
        open: impl FnOnce(&Path) -> OwnedFd,
        serve: impl FnOnce(OwnedFd, &Tasks) -> Task<()>,
    ) -> Self {
        let directory = std::env::temp_dir().join(format!("limpet-{directory}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("directory");
        let tasks = Tasks::new().expect("tasks");
        let serving = serve(open(&directory), &tasks);
        Self { tasks, socket: directory.join(name), directory, answer, _serving: serving }
    }

    pub(crate) fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).expect("connect");
        stream.set_nonblocking(true).expect("nonblocking");
        stream
    }

    /// Lets time pass until `done`, for at most as long as a client may take, twice.
    pub(crate) fn until(&self, mut done: impl FnMut() -> bool) -> bool {
        let end = now().after(2 * PATIENCE_MS + 1000);
        while now() < end {
            self.tasks.run();
            while let Some(message) = self.tasks.mailbox.take() {
                let Message::Client(asked) = message else { continue };
                asked.outbox.put(&Reply::Text(self.answer.clone()));
                asked.outbox.put(&Reply::Done);
            }
            self.tasks.run();
            if done() {
                return true;
            }
            self.tasks.reactor.turn(Some(now().after(20))).expect("turn");
        }
        false
    }

    /// Whether a client's connection comes to its end; and what it has heard until then.
    pub(crate) fn ends(&self, client: &mut impl Read) -> (bool, Vec<u8>) {
        let mut heard = Vec::new();
        (self.until(|| drained(client, &mut heard)), heard)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.directory).ok();
    }
}

/// Reads what is there; whether the other side has closed.
pub(crate) fn drained(client: &mut impl Read, heard: &mut Vec<u8>) -> bool {
    let mut piece = [0; 65536];
    loop {
        match client.read(&mut piece) {
            Ok(0) => return true,
            Ok(count) => heard.extend_from_slice(&piece[..count]),
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}
