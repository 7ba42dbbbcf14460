//! The tables, in Markdown: a line per figure, a column for each, and how many times limpet's it is.

use super::processes::Work;
use super::{BROUGHT_UP, COUNTS, Costs, PROBE_EVERY, ROUNDS};
use std::time::Duration;

pub(super) fn print(all: &[Costs], absent: &[&str], idle: Duration) {
    let names = all.iter().map(|costs| costs.name.clone());
    line("", names);
    line("---", all.iter().map(|_| "---".to_owned()));
    memory(all);
    rest(all, idle);
    probed(all, idle);
    times(&format!("to {BROUGHT_UP} containers running, median of {ROUNDS} starts"), all, |c| &c.bring_up);
    let count = ROUNDS * BROUGHT_UP;
    times(&format!("from a container's death to its restart, median of {count}"), all, |c| &c.back);
    for peer in absent {
        println!("\nNot measured, as it is not on this machine: {peer}.");
    }
}

fn line(what: &str, cells: impl Iterator<Item = String>) {
    println!("| {what} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// A row of numbers and ratios. The first is limpet's.
fn row(what: &str, all: &[Costs], number: impl Fn(&Costs) -> Option<f64>) {
    let ours = all.first().and_then(&number).unwrap_or(0.0);
    let cell = |(place, costs): (usize, &Costs)| match number(costs) {
        None => "none".to_owned(),
        Some(number) if place == 0 || ours == 0.0 => format!("{number:.0}"),
        Some(number) => format!("{number:.0} ({:.1}×)", number / ours),
    };
    line(what, all.iter().enumerate().map(cell));
}

/// Who has no daemon has none to be measured.
fn some(number: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    (number > 0).then_some(number as f64)
}

fn memory(all: &[Costs]) {
    for (place, count) in COUNTS.iter().enumerate() {
        let daemon = |costs: &Costs| costs.memory[place][0];
        row(&format!("daemon, {count} containers, private KiB"), all, |costs| some(daemon(costs).private));
        row(&format!("daemon, {count} containers, PSS KiB"), all, |costs| some(daemon(costs).pss));
        if *count > 0 {
            let both = |costs: &Costs| costs.memory[place];
            row(&format!("with what stands beside {count} containers, private KiB"), all, |costs| {
                some(both(costs).iter().map(|memory| memory.private).sum())
            });
            row(&format!("with what stands beside {count} containers, PSS KiB"), all, |costs| {
                some(both(costs).iter().map(|memory| memory.pss).sum())
            });
        }
    }
}

fn rest(all: &[Costs], idle: Duration) {
    let what = format!("at rest for {} s with {} containers", idle.as_secs(), COUNTS[2]);
    for (name, place) in [("daemon", 0), ("beside the containers", 1)] {
        let cell = |costs: &Costs| match (costs.rest[place], costs.memory[0][0].pss) {
            (_, 0) if place == 0 => "none".to_owned(),
            (work, _) => done(&work),
        };
        line(&format!("{what}: {name}"), all.iter().map(cell));
    }
}

fn done(work: &Work) -> String {
    format!("{} ms of CPU, {} bytes written, awake {} times", work.cpu_ms, work.written_bytes, work.woken)
}

/// With how often it was awake for each probe: to begin it, and at its end.
fn probed(all: &[Costs], idle: Duration) {
    let (secs, every) = (idle.as_secs(), PROBE_EVERY.as_secs());
    let probes = (secs / every).max(1) * BROUGHT_UP as u64;
    let what = format!("{secs} s with {BROUGHT_UP} containers that are probed every {every} s");
    for (name, place) in [("daemon", 0), ("beside the containers", 1)] {
        let cell = |costs: &Costs| match costs.probed.map(|both| both[place]) {
            None => "leaves that to systemd".to_owned(),
            Some(work) => {
                let tenths = work.woken * 10 / probes;
                format!("{}, {}.{} of each probe", done(&work), tenths / 10, tenths % 10)
            }
        };
        line(&format!("{what}: {name}"), all.iter().map(cell));
    }
}

fn times(what: &str, all: &[Costs], of: impl Fn(&Costs) -> &Vec<f64>) {
    let median = |costs: &Costs| of(costs).get(of(costs).len() / 2).copied();
    row(&format!("{what}, ms"), all, median);
    let edge = |costs: &Costs| match &**of(costs) {
        [first, .., last] => format!("{first:.0} to {last:.0}"),
        [_] | [] => "none".to_owned(),
    };
    line("the same, from the least to the most, ms", all.iter().map(edge));
}
