//! A memory limit for one command, page cache included: a cgroup of the test's own, gone with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::atomic::{AtomicU32, Ordering};

/// The cgroup.
#[derive(Debug)]
pub struct Ceiling {
    directory: PathBuf,
    is_v2: bool,
}

impl Ceiling {
    /// For processes that together may have so many bytes.
    ///
    /// # Panics
    /// It cannot be made.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let v1 = Path::new("/sys/fs/cgroup/memory");
        let is_v2 = !v1.is_dir();
        let above = if is_v2 { Path::new("/sys/fs/cgroup") } else { v1 };
        let name = format!("lt-ceiling-{}-{}", id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let ceiling = Self { directory: above.join(name), is_v2 };
        fs::create_dir(&ceiling.directory)
            .and_then(|()| fs::write(ceiling.limit(), bytes.to_string()))
            .unwrap_or_else(|e| panic!("making {}: {e}", ceiling.directory.display()));
        ceiling
    }

    fn limit(&self) -> PathBuf {
        self.directory.join(if self.is_v2 { "memory.max" } else { "memory.limit_in_bytes" })
    }

    /// Runs the command, and all that it starts, below it.
    pub fn over(&self, command: &mut Command) {
        let procs = self.directory.join("cgroup.procs");
        // A shell goes there and becomes the command.
        let (program, args) = (command.get_program().to_owned(), command.get_args().map(ToOwned::to_owned));
        let words: Vec<_> = args.collect();
        let mut moved = Command::new("sh");
        moved.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(procs).arg(program).args(words);
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => moved.env(key, value),
                None => moved.env_remove(key),
            };
        }
        *command = moved;
    }

    /// The most that they had.
    ///
    /// # Panics
    /// The kernel does not say.
    #[must_use]
    pub fn peak_bytes(&self) -> u64 {
        let file = if self.is_v2 { "memory.peak" } else { "memory.max_usage_in_bytes" };
        let text = fs::read_to_string(self.directory.join(file)).expect("the kernel counts");
        text.trim().parse().expect("a number")
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        fs::remove_dir(&self.directory)
            .unwrap_or_else(|e| eprintln!("removing {}: {e}", self.directory.display()));
    }
}
