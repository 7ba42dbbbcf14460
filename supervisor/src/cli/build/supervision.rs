//! The verbs of the supervisor.

use super::{format, operand};
use crate::cli::command::{Command, FormatArgs, InstallArgs, SuperviseArgs, UpgradeArgs};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{Invalid, door, health, size, text};
use crate::supervise::SHUTDOWN_MS;

/// How often images are read again, where they are: once a week.
const SCRUB_EVERY_MS: u64 = 7 * 86_400_000;
/// What a new supervisor may take to answer.
const UPGRADE_MS: u64 = 30_000;

/// `supervise`
pub(in crate::cli) fn supervise(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Supervise(SuperviseArgs {
        reserve_bytes: matches.one("reserve", size::parse)?,
        metrics: matches.one("metrics", door::parse)?,
        scrub_bytes_per_s: matches.one("scrub", size::parse_positive)?,
        scrub_every_ms: matches
            .one("scrub-every", health::milliseconds)?
            .flatten()
            .map_or(SCRUB_EVERY_MS, u64::from),
    }))
}

/// `doctor`
pub(in crate::cli) fn doctor(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Doctor(FormatArgs { format: format(matches) }))
}

/// `install`
pub(in crate::cli) fn install(matches: &Matches) -> Result<Command, Problem> {
    let directory = |flag: &str, default: &str| -> Result<String, Problem> {
        Ok(matches.one(flag, text::unit_path)?.unwrap_or_else(|| default.to_owned()))
    };
    Ok(Command::Install(InstallArgs {
        prefix: directory("prefix", "/usr/local")?,
        unit_directory: directory("unit-dir", "/etc/systemd/system")?,
        dry_run: matches.on("dry-run"),
        uninstall: matches.on("uninstall"),
    }))
}

/// `upgrade`
pub(in crate::cli) fn upgrade(matches: &Matches) -> Result<Command, Problem> {
    let timeout_ms = matches.one("timeout", health::milliseconds)?.flatten();
    Ok(Command::Upgrade(UpgradeArgs {
        file: text::filled(&operand(matches, 0)).map_err(|error| Problem::operand(error.to_string()))?,
        timeout_ms: timeout_ms.map_or(UPGRADE_MS, u64::from),
    }))
}

/// `shutdown`
pub(in crate::cli) fn shutdown(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Shutdown(matches.one("time", seconds)?.unwrap_or(SHUTDOWN_MS)))
}

fn seconds(text: &str) -> Result<u64, Invalid> {
    let seconds: u32 = text.parse().map_err(|_| "write a number of seconds")?;
    Ok(u64::from(seconds) * 1000)
}

/// `metrics`
pub(in crate::cli) fn metrics(_: &Matches) -> Result<Command, Problem> {
    Ok(Command::Metrics)
}

/// `apply`
pub(in crate::cli) fn apply(matches: &Matches) -> Result<Command, Problem> {
    let file = |file: &String| text::filled(file).map_err(|error| Problem::operand(error.to_string()));
    Ok(Command::Apply(matches.operands.iter().map(file).collect::<Result<_, _>>()?))
}

/// `lock`
pub(in crate::cli) fn lock(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Lock(matches.operands.first().cloned()))
}

/// `unlock`
pub(in crate::cli) fn unlock(_: &Matches) -> Result<Command, Problem> {
    Ok(Command::Unlock)
}
