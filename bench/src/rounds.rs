//! Timing, in turns.

use crate::Contestant;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// Times of one contestant, ascending.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// The time that `percent` of the runs did not exceed, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * percent / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
    }

    pub(crate) fn median_ms(&self) -> f64 {
        self.percentile_ms(50)
    }
}

/// Everybody once per round; the one who begins changes. `pause` comes before each run.
pub(crate) fn measure(
    all: &[Contestant],
    rounds: usize,
    pause: Option<Duration>,
) -> Result<Vec<Times>, String> {
    let mut times = vec![Vec::with_capacity(rounds); all.len()];
    for round in 0..rounds {
        for turn in 0..all.len() {
            let who = (round + turn) % all.len();
            thread::sleep(pause.unwrap_or_default());
            times[who].push(once(&all[who])?);
        }
    }
    let sorted = |mut times: Vec<Duration>| {
        times.sort();
        Times(times)
    };
    Ok(times.into_iter().map(sorted).collect())
}

/// From before the start to after the end; one that fails makes the whole measurement void.
fn once(contestant: &Contestant) -> Result<Duration, String> {
    let mut command = contestant.command();
    command.stdin(Stdio::null());
    let begin = Instant::now();
    let status = command.stdout(Stdio::null()).status();
    let time = begin.elapsed();
    match status {
        Ok(status) if status.success() => Ok(time),
        Ok(status) => Err(format!("{} ended with {status}", contestant.name)),
        Err(error) => Err(format!("starting {}: {error}", contestant.name)),
    }
}
