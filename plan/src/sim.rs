//! A board that goes wrong: the shell, the kernel and the disk as far as the decisions can tell, driven by random
//! histories with crashes of the daemon, power cuts between any two actions, lost and late events, jumps of the clock,
//! full disks, effects that fail and people who do what they like.
//!
//! After each history the faults end, and the board must come to what is wanted. What must hold all the time is in
//! [`told`]: a second, simpler account of what the decisions were told, and so of what they may do. A history is made
//! from one number; a failing one is printed, and `LIMPET_SIM_SEED=N cargo test -p limpet-plan sim` shows it step by step.
//! `LIMPET_SIM_EVENTS=N` makes the run longer or shorter.
//!
//! Whether all this would find anything is itself checked, see [`bugs`].

mod board;
pub(crate) mod bugs;
mod daemon;
mod dice;
mod effects;
mod end;
mod hands;
mod scenario;
mod told;
mod told_actions;
mod told_events;
mod told_updates;
mod updates;

use board::Sim;
use std::format;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::String;

/// Steps in all histories of one run of the tests.
const EVENTS: u64 = 1_000_000;

/// What a promise that was broken looks like.
type Broken = String;

/// Runs one history: the number of steps, or what went wrong.
fn history(seed: u64, trace: bool) -> Result<u64, Broken> {
    let run = || -> Result<u64, Broken> {
        let mut sim = Sim::new(seed, trace);
        sim.trouble()?;
        sim.come_to_rest()?;
        Ok(sim.steps)
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(String::from("it panicked")))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn a_million_events_break_no_promise() {
    if let Some(seed) = number("LIMPET_SIM_SEED") {
        history(seed, true).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        return;
    }
    let most = number("LIMPET_SIM_EVENTS").unwrap_or(EVENTS);
    let (mut steps, mut seed) = (0, number("LIMPET_SIM_FROM").unwrap_or(1));
    let first = seed;
    while steps < most {
        steps += history(seed, false).unwrap_or_else(|broken| panic!("{}", hint(seed, &broken)));
        seed += 1;
    }
    std::println!("{steps} events in {} histories", seed - first);
}

fn hint(seed: u64, broken: &str) -> String {
    format!("{broken}\nshow it with: LIMPET_SIM_SEED={seed} cargo test -p limpet-plan sim -- --nocapture")
}
