//! The store against archives that other tools made: the sample images and the nasty ones of `images/`.
//!
//! Needs root, Python 3 and, for the comparison, umoci and skopeo. Sample images are taken from `target/images` (or
//! `LIMPET_IMAGES`); without them those tests say that they were passed over.

#![expect(clippy::unwrap_used, reason = "these are tests, but not built with cfg(test)")]

mod compare;
mod confined;
mod damage;
mod nasty;
mod overlay;
mod store;
#[expect(unreachable_pub, dead_code, reason = "a file of the native tests, where it is a library's")]
#[path = "../../../tests/native/src/tree.rs"]
mod tree;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

const TESTS: &[(&str, fn())] = &[
    ("nasty archives", nasty::all),
    ("sample images as umoci unpacks them", compare::sample_images),
    ("save and load keep ids", store::round_trip),
    ("others read what is saved", store::others_read),
    ("tag, find and remove", store::names),
    ("layers are shared and collected", store::collect),
    ("two loads at once", store::at_once),
    ("streams and packed archives", store::streams),
    ("a full disk", store::full_disk),
    ("what was killed is swept", store::swept),
    ("damage is found and repaired", store::damage),
    ("the unpacking process is confined", confined::process),
];

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(limpet_store::unpack::VERB) {
        return limpet_store::unpack::main();
    }
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let mounts = overlay::mounts();
    let mut failed = 0;
    for (name, test) in TESTS.iter().filter(|(name, _)| name.contains(&wanted)) {
        println!("test {name}");
        let good = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if good { "ok" } else { "FAILED" });
        failed += u32::from(!good);
    }
    if overlay::mounts() != mounts {
        println!("mounts were left behind");
        failed += 1;
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The repository's root.
fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Sample images of this machine's architecture.
fn samples() -> Option<PathBuf> {
    let all =
        std::env::var_os("LIMPET_IMAGES").map_or_else(|| repository().join("target/images"), PathBuf::from);
    let own = all.join(limpet_store::Platform::host().architecture);
    if own.join("busybox.oci").is_dir() {
        return Some(own);
    }
    println!("  passed over: no sample images in {}", own.display());
    None
}
