//! Directories for tests, each gone with its owner.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// One of them.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    /// Where temporary files go, which may be memory.
    pub(crate) fn new(name: &str) -> Self {
        Self::below(&std::env::temp_dir(), name)
    }

    /// On the disk of the sources.
    pub(crate) fn on_disk(name: &str) -> Self {
        Self::below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp"), name)
    }

    fn below(above: &Path, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = above.join(format!("limpet-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("scratch");
        Self(path)
    }

    /// What is in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let listing = std::fs::read_dir(&self.0).expect("scratch");
        let mut names: Vec<_> =
            listing.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
