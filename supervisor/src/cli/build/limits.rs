//! The limits of `run`, `create` and `update`, and what must hold between them.

use crate::cli::options::{LimitOptions, ThrottleSpec};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{Invalid, number, size};
use limpet_protocol::limits::{Memory, Swap, THROTTLES_MAX, ThrottleKind};

/// What one rate flag takes.
type Rate = fn(&str) -> Result<(String, u64), Invalid>;

const THROTTLES: &[(&str, ThrottleKind, Rate)] = &[
    ("device-read-bps", ThrottleKind::ReadBps, number::bytes_rate),
    ("device-write-bps", ThrottleKind::WriteBps, number::bytes_rate),
    ("device-read-iops", ThrottleKind::ReadIops, number::operations_rate),
    ("device-write-iops", ThrottleKind::WriteIops, number::operations_rate),
];

/// All limits that were given.
pub(super) fn limits(matches: &Matches) -> Result<LimitOptions, Problem> {
    let limits = LimitOptions {
        memory: matches.one("memory", number::memory)?.unwrap_or_default(),
        memory_reservation_bytes: matches.one("memory-reservation", size::parse_positive)?,
        swap: matches.one("memory-swap", number::swap)?.unwrap_or_default(),
        cpu_millis: matches.one("cpus", number::cpu_millis)?,
        cpu_shares: matches.one("cpu-shares", number::cpu_shares)?,
        cpuset_cpus: matches.one("cpuset-cpus", number::cpu_list)?,
        cpuset_mems: matches.one("cpuset-mems", number::cpu_list)?,
        pids: matches.one("pids-limit", number::pids)?.unwrap_or_default(),
        throttles: throttles(matches)?,
    };
    check(&limits)?;
    Ok(limits)
}

fn throttles(matches: &Matches) -> Result<Vec<ThrottleSpec>, Problem> {
    let mut throttles = Vec::new();
    for (flag, kind, parse) in THROTTLES {
        let rates = matches.every(flag, *parse)?;
        if rates.len() > THROTTLES_MAX {
            return Err(Problem::flag(format!("--{flag}: more than {THROTTLES_MAX} devices")));
        }
        throttles.extend(rates.into_iter().map(|(path, rate)| ThrottleSpec { kind: *kind, path, rate }));
    }
    Ok(throttles)
}

fn check(limits: &LimitOptions) -> Result<(), Problem> {
    let Memory::MaxBytes(memory) = limits.memory else { return Ok(()) };
    if matches!(limits.swap, Swap::TotalBytes(total) if total < memory) {
        return Err(Problem::flag(
            "--memory-swap is memory and swap together; it cannot be less than --memory",
        ));
    }
    if limits.memory_reservation_bytes.is_some_and(|reservation| reservation > memory) {
        return Err(Problem::flag("--memory-reservation cannot be more than --memory"));
    }
    Ok(())
}
