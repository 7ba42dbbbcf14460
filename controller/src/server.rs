//! `limpet-controller`: stores what operators signed, and delivers it to boards. It can make no board run anything.
//!
//! In: TLS connections of boards and of operators ([`accept`]), told apart by what they sign ([`presence`]). Out: what
//! [`boards`] and [`operators`] answer. What is known is in memory ([`world`]); it changes in one place only
//! ([`controller`]), after the change is durable ([`store`]).

mod accept;
mod boards;
mod cli;
mod controller;
mod keep;
mod limits;
mod live;
mod metrics;
mod operators;
mod presence;
mod refused;
mod rollouts;
mod serve;
mod store;
mod text;
mod tick;
mod tls;
mod upload;
mod world;

use clap::Parser as _;
use cli::{Arguments, Command, LogFormat};
use serve::{Ended, Serving, because};
use std::process::ExitCode;

/// Entry of `limpet-controller`.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match logging(&arguments).and_then(|()| run(arguments.command)) {
        Ok(Some(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(ended) => {
            eprintln!("limpet-controller: {ended}");
            ExitCode::FAILURE
        }
    }
}

fn logging(arguments: &Arguments) -> Result<(), Ended> {
    let filter = tracing_subscriber::EnvFilter::try_new(&arguments.log).map_err(because("read --log"))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match arguments.log_format {
        LogFormat::Text => logs.with_target(false).init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}

fn run(command: Command) -> Result<Option<String>, Ended> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(because("start"))?;
    runtime.block_on(async {
        match command {
            Command::Init { data, root, url } => keep::init(&data, &root, url.as_deref()).await.map(Some),
            Command::Serve { data, listen, url, cert, key, metrics } => {
                let identity = cert.zip(key);
                serve::serve(Serving { data, listen, url, identity, metrics }).await.map(|()| None)
            }
            Command::Backup { data, file } => keep::backup(&data, &file).await.map(|()| None),
            Command::Restore { data, file, force } => keep::restore(&data, &file, force).await.map(Some),
        }
    })
}
