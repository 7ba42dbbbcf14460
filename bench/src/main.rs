//! The driver of the benchmarks. In: the directory that `bench/run` filled, and options. Out: Markdown tables.
//!
//! Everybody runs once in every round, in turns, so that a slow phase of the machine hits all of them alike.
#![forbid(unsafe_code)]

mod aims;
mod contestants;
mod memory;
mod places;
mod pull;
mod rounds;
mod supervisor;
mod table;

use contestants::Contestant;
use places::Places;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const IDLE: Duration = Duration::from_millis(100);

/// What was asked on the command line.
struct Options {
    directory: PathBuf,
    rounds: usize,
    containers: usize,
    /// Only what the supervisor costs, with so many seconds of rest.
    rest_s: Option<usize>,
    /// Only what a pull costs, in so many rounds.
    pulls: Option<usize>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options =
            Self { directory: args.next()?.into(), rounds: 60, containers: 5, rest_s: None, pulls: None };
        while let Some(flag) = args.next() {
            let number = args.next()?.parse().ok().filter(|n| *n > 0)?;
            match flag.as_str() {
                "--rounds" => options.rounds = number,
                "--containers" => options.containers = number,
                "--pull" => options.pulls = Some(number),
                "--supervisor" => options.rest_s = Some(number),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!(
            "usage: bench DIRECTORY [--rounds N] [--containers N] [--supervisor SECONDS] [--pull ROUNDS]"
        );
        return ExitCode::from(2);
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    if let Some(rest_s) = options.rest_s {
        supervisor::measure(Duration::from_secs(rest_s as u64));
        return Ok(());
    }
    if let Some(rounds) = options.pulls {
        pull::measure(rounds);
        return Ok(());
    }
    let places = Places::prepare(&options.directory)?;
    let contestants = contestants::all(&places)?;
    // Once for nothing: files get into the page cache, limpet makes its directories.
    rounds::measure(&contestants, 1, None)?;
    let busy = rounds::measure(&contestants, options.rounds, None)?;
    let idle = rounds::measure(&contestants, options.rounds, Some(IDLE))?;
    table::starts(&contestants, &busy, &idle, options.rounds);
    let idle_memory = memory::per_container(&places, options.containers)?;
    table::memory(&idle_memory);
    aims::judge(&contestants, &[busy, idle], &idle_memory)
}
