//! What must hold of each parser, whatever comes in: one module for each, with one function that panics if it does not.
//!
//! In: bytes. Out: nothing, or a panic. libFuzzer calls these (`./x fuzz`), and so does a test with the seeds and with
//! every input that once was a finding (`./x test`).
#![forbid(unsafe_code)]

mod archive;
mod bundle;
mod compose;
mod control;
mod health;
mod image;
mod log;
mod notify;
mod passwd;
mod record;
mod seccomp;
mod sync;
mod trust;
mod words;

/// What takes one input.
pub type Run = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: &[(&str, Run)] = &[
    ("archive", archive::run as Run),
    ("bundle", bundle::run as Run),
    ("compose", compose::run as Run),
    ("control", control::run as Run),
    ("health", health::run as Run),
    ("image", image::run as Run),
    ("log", log::run as Run),
    ("notify", notify::run as Run),
    ("passwd", passwd::run as Run),
    ("record", record::run as Run),
    ("seccomp", seccomp::run as Run),
    ("sync", sync::run as Run),
    ("trust", trust::run as Run),
    ("words", words::run as Run),
];
