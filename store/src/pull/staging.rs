//! What pulls that are under way share: which layers they want, and who unpacks which.
//!
//! Below `staging/`: `PID-N/wanted` lists the layers of a pull, which nobody may collect while it lasts; the directory
//! `layer-HEX` is locked by whoever unpacks that layer, so that a second pull of it waits and finds it done.

use crate::digest::Digest;
use crate::place::{PRIVATE_MODE, Store, StoreError, Work, failed, make_directory, names_in};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, stat};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

const WANTED: &str = "wanted";

impl Store {
    /// Records that the pull with this work wants these layers, so that they stay once they are there.
    pub(super) fn want(&self, work: &Work, layers: &BTreeSet<Digest>) -> Result<(), StoreError> {
        let path = work.path.join(WANTED);
        let text: String = layers.iter().map(|layer| format!("{}\n", layer.hex())).collect();
        // Whoever collects holds the store alone, so it sees this whole or not at all.
        let _hold = self.hold()?;
        fs::write(&path, text).map_err(failed("write", &path))
    }

    /// Takes that back.
    pub(super) fn want_nothing(work: &Work) -> Result<(), StoreError> {
        let path = work.path.join(WANTED);
        fs::remove_file(&path).map_err(failed("remove", &path))
    }

    /// The layers that pulls under way want.
    pub(crate) fn wanted(&self) -> Result<BTreeSet<Digest>, StoreError> {
        let mut wanted = BTreeSet::new();
        let staging = self.staging();
        for name in names_in(&staging)? {
            let path = staging.join(name).join(WANTED);
            match fs::read_to_string(&path) {
                Ok(text) => wanted.extend(text.lines().filter_map(Digest::from_hex)),
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(failed("read", &path)(error)),
            }
        }
        Ok(wanted)
    }

    /// The directory in which this layer is unpacked, locked and empty. `waiting` is called if somebody else is at
    /// it; when it returns then, the layer may be there.
    pub(super) fn stage_layer(&self, layer: &Digest, waiting: &dyn Fn()) -> Result<Work, StoreError> {
        let path = self.staging().join(format!("layer-{}", layer.hex()));
        loop {
            make_directory(&path, PRIVATE_MODE)?;
            let Some(lock) = locked(&path, waiting)? else { continue };
            for name in names_in(&path)? {
                let left = path.join(name);
                fs::remove_dir_all(&left).map_err(failed("remove", &left))?;
            }
            return Ok(Work::new(path, lock));
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The lock of a directory; `None` if it was removed before we had it.
fn locked(path: &Path, waiting: &dyn Fn()) -> Result<Option<OwnedFd>, StoreError> {
    let lost = |errno: Errno| failed("lock", path)(errno.into());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(lost(errno)),
    };
    match flock(&fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            waiting();
            flock(&fd, FlockOperation::LockExclusive).map_err(lost)?;
        }
        Err(errno) => return Err(lost(errno)),
    }
    let own = fstat(&fd).map_err(lost)?;
    let same = stat(path).is_ok_and(|there| (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino));
    Ok(same.then_some(fd))
}

/// Where a layer that is being unpacked lies.
pub(super) fn place_in(work: &Work, layer: &Digest) -> PathBuf {
    work.path.join(layer.hex())
}
