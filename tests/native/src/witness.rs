//! Sees every container that a limpet makes, also those that are gone before anybody could ask for their names.
//!
//! In: the directory in which containers get theirs (`ROOT/containers`). Out: the ids of all that were ever there.

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Mutex;

/// Digits of an id.
const ID_LEN: usize = 64;

/// A watch on one directory, and what it has seen so far.
#[derive(Debug)]
pub(crate) struct Witness {
    watch: OwnedFd,
    seen: Mutex<Vec<String>>,
}

impl Witness {
    /// Watches `directory`, which is made if it is not there.
    pub(crate) fn watch(directory: &Path) -> Self {
        let make = || -> std::io::Result<OwnedFd> {
            fs::create_dir_all(directory)?;
            let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            inotify::add_watch(&watch, directory, WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
            Ok(watch)
        };
        let watch = make().unwrap_or_else(|e| panic!("watching {}: {e}", directory.display()));
        Self { watch, seen: Mutex::default() }
    }

    /// The ids of all containers that were made.
    pub(crate) fn ids(&self) -> Vec<String> {
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.watch, &mut buffer);
        while let Ok(event) = events.next() {
            seen.extend(event.file_name().and_then(|name| id_in(&name.to_string_lossy())));
        }
        seen.sort();
        seen.dedup();
        seen.clone()
    }
}

/// The id that a directory's name begins with; a name may say more (what is being made or removed).
fn id_in(name: &str) -> Option<String> {
    let id = name.trim_start_matches('.').get(..ID_LEN)?;
    id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| id.to_owned())
}
