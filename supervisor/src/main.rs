//! `limpet`: the command line, the first process of a board, and by hidden verbs the keeper and the unpacking process.
#![forbid(unsafe_code)]

use limpet_supervisor::init;
use limpet_sys::crash::{self, Crash, OnCrash};
use std::path::Path;
use std::process::ExitCode;

/// musl's own asks the kernel for memory at nearly every turn.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// For a person who sees it; a release build has no other words for a panic.
struct Told;

impl OnCrash for Told {
    fn crashed(crash: Crash) {
        crash::tell("limpet", crash, "; please report it, with the output of: limpet version");
    }
}

fn main() -> ExitCode {
    crash::install::<Told>();
    limpet_sys::process::expect_children();
    // The modes of what we make are the ones that we ask for, whatever the caller's mask.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    let verb = arguments.next();
    let word = verb.as_ref().and_then(|verb| verb.to_str());
    if init::is_wanted(&program.to_string_lossy(), word) {
        init::main();
    }
    match word {
        Some(limpet_store::unpack::VERB) => limpet_store::unpack::main(),
        Some(limpet_fetcher::VERB) => limpet_fetcher::main(),
        Some(limpet_sync::VERB) => limpet_sync::main(),
        Some(limpet_runner::spawn::VERB) => keep(arguments),
        Some(limpet_supervisor::act::VERB) => ExitCode::from(limpet_supervisor::act::run(arguments)),
        Some(limpet_runner::spawn::ENTER_VERB) => ExitCode::from(limpet_supervisor::verbs::enter(arguments)),
        Some(limpet_supervisor::trial::VERB) => limpet_supervisor::trial::undo(),
        Some(init::uplink::VERB) => init::uplink::main(arguments),
        Some(init::uplink::LEASE_VERB) => init::uplink::lease_main(arguments),
        Some("init") => init::refuse(),
        _ => ExitCode::from(limpet_supervisor::verbs::run(verb.into_iter().chain(arguments))),
    }
}

/// `limpet keeper DIRECTORY CLIENT LOCK`, as [`limpet_runner::spawn`] says it.
fn keep(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    let directory = arguments.next();
    let mut descriptor = || arguments.next().and_then(|number| number.to_str()?.parse().ok());
    let (Some(directory), Some(client), Some(lock)) = (directory, descriptor(), descriptor()) else {
        eprintln!("limpet keeper: is started by limpet itself");
        return ExitCode::FAILURE;
    };
    limpet_runner::keeper::main(Path::new(&directory), client, lock);
    ExitCode::SUCCESS
}
