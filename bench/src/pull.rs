//! What a pull costs: from a registry on this machine to files that are on the disk, beside podman, and beside skopeo with
//! umoci, in turns. Everybody begins with nothing, and ends with syncfs(2) on what was made; limpet has done that itself.

mod party;
mod peak;

use native_tests::registry::Registry;
use native_tests::scratch::Scratch;
use party::Party;
use std::time::Duration;

/// Images of `images/`: an ordinary one, and one of several hundred MB.
const SAMPLES: [&str; 2] = ["python", "large"];

/// Prints a table for each image.
pub(crate) fn measure(rounds: usize) {
    let registry = Registry::open();
    for sample in SAMPLES {
        let reference = registry.push_sample(sample);
        let parties: Vec<Party> = party::all(&reference);
        println!(
            "Pull of {} from docker-registry on the loopback, to files that are synced: median of {rounds} rounds in turns; \
             memory is the largest sum of PSS of all its processes, in a run of its own.\n",
            sample
        );
        println!("| | time, s | × limpet | peak memory, MiB | × limpet |");
        println!("| --- | --- | --- | --- | --- |");
        let found = in_turns(&parties, rounds);
        let own = &found[0];
        for (party, row) in parties.iter().zip(&found) {
            println!(
                "| {} | {:.2} | {:.2} | {:.1} | {:.1} |",
                party.name,
                row.time.as_secs_f64(),
                row.time.as_secs_f64() / own.time.as_secs_f64(),
                row.peak_kib / 1024.0,
                row.peak_kib / own.peak_kib,
            );
        }
        println!();
    }
}

struct Row {
    time: Duration,
    peak_kib: f64,
}

/// The party that begins changes with each round.
fn in_turns(parties: &[Party], rounds: usize) -> Vec<Row> {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); parties.len()];
    for round in 0..rounds {
        for turn in 0..parties.len() {
            let who = (round + turn) % parties.len();
            times[who].push(parties[who].time(&Scratch::new()));
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let rows = parties.iter().zip(&mut times);
    rows.map(|(party, times)| Row { time: median(times), peak_kib: party.peak_kib(&Scratch::new()) })
        .collect()
}
