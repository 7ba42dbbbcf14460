//! Fleets that go wrong: messages that are lost, late, doubled and in another order, boards that lose power or their
//! connection for long, a bad version on some boards or all, a controller that is cut off between deciding and storing or
//! is restored from an older backup, and people who pause, resume, undo, cordon and revoke as they like.
//!
//! What must hold all the time is in [`account`]: a second, simpler account of what boards may be offered. After each
//! history the faults end, and every board must come to the new state, or to what undoes it. A history is made from one
//! number; a failing one is printed, and `LIMPET_SIM_SEED=N cargo test -p limpet-fleet sim -- --nocapture` shows it step by
//! step. `LIMPET_SIM_EVENTS=N` makes the run longer or shorter.
//!
//! Whether all this would find anything is itself checked, see [`bugs`].

mod account;
mod board;
pub(crate) mod bugs;
mod dice;
mod operator;
mod world;

use crate::rollout::{Share, Strategy};
use std::panic::{AssertUnwindSafe, catch_unwind};
use world::{Plan, World};

/// Events in all small histories of one run of the tests.
const EVENTS: u64 = 1_000_000;
/// Seconds of trouble in a small history.
const TROUBLE_S: u64 = 3000;

/// What a promise that was broken looks like.
type Broken = String;

/// Runs one history: the number of events, or what went wrong.
fn history(seed: u64, plan: fn(&mut dice::Dice) -> Plan, trace: bool) -> Result<u64, Broken> {
    let run = || -> Result<u64, Broken> {
        let mut world = World::new(seed, plan, trace)?;
        while world.now_s < 10_000 + TROUBLE_S {
            world.next()?;
        }
        world.come_to_rest()?;
        Ok(world.steps)
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(String::from("it panicked")))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn hint(seed: u64, broken: &str) -> String {
    format!("{broken}\nshow it with: LIMPET_SIM_SEED={seed} cargo test -p limpet-fleet sim -- --nocapture")
}

#[test]
fn a_million_events_in_small_fleets_break_no_promise() {
    if let Some(seed) = number("LIMPET_SIM_SEED") {
        history(seed, Plan::small, true).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        return;
    }
    let most = number("LIMPET_SIM_EVENTS").unwrap_or(EVENTS);
    let (mut steps, mut seed) = (0, number("LIMPET_SIM_FROM").unwrap_or(1));
    let first = seed;
    while steps < most {
        steps += history(seed, Plan::small, false).unwrap_or_else(|broken| panic!("{}", hint(seed, &broken)));
        seed += 1;
    }
    std::println!("{steps} events in {} histories", seed - first);
}

/// Ten thousand boards; on some the new version is bad, but on fewer than would stop it.
fn large(_: &mut dice::Dice) -> Plan {
    let strategy = Strategy {
        canary: Share::Count(50),
        batch: Share::Percent(25),
        soak_s: 120,
        failures: Share::Percent(10),
        undo: true,
        patience_s: 400,
    };
    Plan { boards: 10_000, poll_s: 900, churn_s: 2, bad_permille: 20, strategy }
}

/// The same, bad on all.
fn bad(dice: &mut dice::Dice) -> Plan {
    Plan { bad_permille: 1000, ..large(dice) }
}

#[test]
fn ten_thousand_boards_come_to_what_is_wanted() {
    for (plan, name) in [(large as fn(&mut dice::Dice) -> Plan, "good"), (bad, "bad")] {
        let seed = number("LIMPET_SIM_SEED").unwrap_or(1);
        let steps =
            history(seed, plan, false).unwrap_or_else(|broken| panic!("{name}, seed {seed}: {broken}"));
        std::println!("{steps} events with 10,000 boards, {name}");
    }
}
