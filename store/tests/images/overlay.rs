//! Temporary directories, stores in them, and roots mounted from images; all gone when dropped.

use limpet_store::load::{Input, LoadError};
use limpet_store::{Image, LoadOptions, Loaded, Store};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::error::Error;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("limpet-store-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.0.join("store")).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Loads with the defaults.
pub(crate) fn load(store: &Store, path: &Path) -> Result<Vec<Loaded>, LoadError> {
    store.load(Input::Path(path), &LoadOptions::default())
}

/// The whole chain of an error.
pub(crate) fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

/// Every file below the store but its lock, relative.
pub(crate) fn contents(store: &Store) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in ["blobs/sha256", "layers", "references", "staging"] {
        let entries = fs::read_dir(store.root().join(directory)).unwrap();
        found.extend(entries.map(|entry| Path::new(directory).join(entry.unwrap().file_name())));
    }
    found.sort();
    found
}

pub(crate) fn mounts() -> usize {
    fs::read_to_string("/proc/self/mounts").unwrap().lines().count()
}

/// An image's layers, as a container would see them.
pub(crate) struct Root {
    at: Scratch,
}

impl Root {
    pub(crate) fn mount(image: &Image) -> Self {
        let at = Scratch::new();
        for name in ["root", "empty"] {
            fs::create_dir(at.path().join(name)).unwrap();
        }
        // overlayfs wants two lower directories where there is no upper one. The empty one lies at the bottom.
        let mut lower = b"lowerdir=".to_vec();
        for layer in &image.layers {
            lower.extend_from_slice(layer.as_os_str().as_bytes());
            lower.push(b':');
        }
        lower.extend_from_slice(at.path().join("empty").as_os_str().as_bytes());
        let options = CString::new(lower).unwrap();
        mount("overlay", at.path().join("root"), "overlay", MountFlags::RDONLY, &*options).unwrap();
        Self { at }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.at.path().join("root")
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        unmount(self.path(), UnmountFlags::DETACH).unwrap();
    }
}
