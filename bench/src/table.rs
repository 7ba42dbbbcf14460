//! The tables, in Markdown.

use crate::Contestant;
use crate::memory::Memory;
use crate::rounds::Times;

/// How long one container takes from start to end. The floor is the first of `all`.
pub(crate) fn starts(all: &[Contestant], busy: &[Times], idle: &[Times], rounds: usize) {
    println!(
        "A static true in a container with limits, run to its end: median (p10 to p90) of {rounds} runs in turns, ms.\n"
    );
    println!("| | back to back | × floor | × crun | after 100 ms idle | × floor | × crun |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let crun = all.iter().position(|contestant| contestant.name.starts_with("crun")).unwrap_or(0);
    for (number, contestant) in all.iter().enumerate() {
        print!("| {} |", contestant.name);
        for times in [busy, idle] {
            print!(
                " {} | {} | {} |",
                spread(&times[number]),
                ratio(times, number, 0),
                ratio(times, number, crun)
            );
        }
        println!();
    }
    println!();
}

fn spread(times: &Times) -> String {
    let (low, high) = (times.percentile_ms(10), times.percentile_ms(90));
    format!("{:.2} ({low:.2} to {high:.2})", times.median_ms())
}

fn ratio(times: &[Times], number: usize, reference: usize) -> String {
    format!("{:.2}", times[number].median_ms() / times[reference].median_ms())
}

/// What an idle container costs beside itself.
pub(crate) fn memory(all: &[Memory]) {
    println!("Memory beside one idle container, mean of those that run at a time, KiB (smaps_rollup).\n");
    println!("| | at a time | private | PSS |");
    println!("| --- | --- | --- | --- |");
    for memory in all {
        println!("| {} | {} | {} | {} |", memory.name, memory.containers, memory.private_kib, memory.pss_kib);
    }
}
