//! Where things are in the checkout.

use std::path::{Path, PathBuf};

/// This file's checkout.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/qemu is two levels below the top")
}

/// What tests/qemu/fetch and cross/tests made for a target, and what is made here.
#[must_use]
pub fn made(arch: &str) -> PathBuf {
    repository().join("target/qemu").join(arch)
}

/// A static program of a target: below `$LIMPET_DIST`, else what `./x build` makes.
///
/// # Panics
/// It has not been made.
#[must_use]
pub fn program(arch: &str, name: &str) -> PathBuf {
    let dist = std::env::var_os("LIMPET_DIST").map_or_else(|| repository().join("dist"), PathBuf::from);
    existing(dist.join(arch).join(name), "./x build, or set LIMPET_DIST")
}

/// `path`, which `remedy` makes.
///
/// # Panics
/// It is not there.
#[must_use]
pub(crate) fn existing(path: PathBuf, remedy: &str) -> PathBuf {
    assert!(path.exists(), "{} is missing: run {remedy}", path.display());
    path
}
