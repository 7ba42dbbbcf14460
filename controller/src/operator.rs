//! `limpetctl`: keys, invitations, signing, and looking at a fleet.
//!
//! In: words, key files, compose files, what the controller says. Out: signed documents for the controller or a stick, and
//! tables. What the controller says is checked where it is signed ([`chain`]) and shown with care otherwise.

mod adjust;
mod apply;
mod boards;
mod chain;
mod change;
mod cli;
mod connect;
mod content;
mod context;
mod describe;
mod differences;
mod draft;
mod encoding;
mod failure;
mod files;
mod get;
mod keyfile;
mod keys;
mod passphrase;
mod per_board;
mod renew;
mod resolve;
mod rollout;
mod screen;
mod session;
mod sign;
mod status;
mod table;
mod values;
mod words;

use clap::{CommandFactory, Parser};
use cli::{Cli, Verb};
use failure::Outcome;
use screen::say;
use std::process::ExitCode;

/// Entry of `limpetctl`.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match begin(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("limpetctl: {}", failure.line);
            ExitCode::FAILURE
        }
    }
}

fn begin(cli: Cli) -> Outcome<()> {
    // One connection needs no second thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(cli))
}

async fn run(cli: Cli) -> Outcome<()> {
    let global = &cli.global;
    match cli.verb {
        Verb::Keys(verb) => keys::run(global, verb).await,
        Verb::Connect(args) => connect::run(global, args).await,
        Verb::Board(verb) => boards::run(global, verb).await,
        Verb::Apply(args) => apply::run(global, args).await,
        Verb::Renew(args) => renew::run(global, args).await,
        Verb::Sign(args) => sign::sign(global, &args),
        Verb::Upload(args) => sign::upload(global, args).await,
        Verb::Get(args) => get::run(global, args).await,
        Verb::Rollout(verb) => rollout::run(global, verb).await,
        Verb::Cordon(names) => boards::cordon(global, &names, true).await,
        Verb::Uncordon(names) => boards::cordon(global, &names, false).await,
        Verb::Completion { shell } => {
            let mut words = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "limpetctl", &mut words);
            say!("{}", String::from_utf8_lossy(&words).trim_end());
            Ok(())
        }
        Verb::Version { client } => version(global, client).await,
        Verb::Delete(verb) => adjust::delete(global, verb).await,
        Verb::Set(verb) => adjust::set(global, verb).await,
        Verb::Describe(args) => describe::run(global, args).await,
    }
}

async fn version(global: &cli::Global, client: bool) -> Outcome<()> {
    say!("limpetctl {}", env!("CARGO_PKG_VERSION"));
    if !client {
        let (session, _) = session::Session::open(global).await?;
        say!("limpet-controller {}", encoding::shown(&session.fleet.version));
    }
    Ok(())
}
