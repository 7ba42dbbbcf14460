//! `limpet sync` as a process, against a controller that does what it should, and much that it should not.
//!
//! Needs root. The test starts itself with the word `sync`, which gives up what `limpet sync` gives up and then is it.
//! Words on the command line choose cases.

#![expect(clippy::unwrap_used, reason = "these are tests, but not built with cfg(test)")]

mod fake;
mod hostile;
mod parent;
mod proxy;
mod usual;

use std::process::ExitCode;
use std::time::Duration;

/// Only so that a case that hangs ends.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// A name, and what is tried.
pub(crate) type Case = (&'static str, fn());

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).map(String::as_str) == Some(limpet_sync::VERB) {
        return limpet_sync::main();
    }
    let wanted: Vec<&String> = words[1..].iter().filter(|word| !word.starts_with('-')).collect();
    let cases = usual::CASES.iter().chain(hostile::CASES).chain(proxy::CASES);
    let chosen =
        cases.filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| name.contains(*word)));
    let mut failed = 0;
    for (name, case) in chosen {
        let well = std::panic::catch_unwind(*case).is_ok();
        println!("test {name} ... {}", if well { "ok" } else { "FAILED" });
        failed += usize::from(!well);
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
