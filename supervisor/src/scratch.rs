//! Directories for tests, each gone with its owner.

use std::path::{Path, PathBuf};

/// One of them.
pub(crate) struct Scratch(PathBuf);

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
        let path = above.join(format!("limpet-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("scratch");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
