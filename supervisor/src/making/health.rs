//! An image's own health check: docker's Healthcheck of its configuration.

#[cfg(test)]
mod tests;

use super::MakeError;
use limpet_protocol::health::{ARGUMENTS_MAX, Health, Pace, Probe};
use limpet_store::config::ImageConfig;
use serde_json::Value;

const NS_PER_MS: u64 = 1_000_000;

/// What the image says of its health; `None` if it says nothing, or turns off what its base said.
pub(super) fn of_image(config: &ImageConfig) -> Result<Option<Health>, MakeError> {
    let Some(check) = config.healthcheck.as_ref().and_then(Value::as_object) else { return Ok(None) };
    let Some(probe) = check.get("Test").map_or(Ok(None), test)? else { return Ok(None) };
    let ms = |field: &str| check.get(field).map_or(Ok(None), milliseconds);
    let base = Pace::default();
    let pace = Pace {
        interval_ms: ms("Interval")?.unwrap_or(base.interval_ms),
        timeout_ms: ms("Timeout")?.unwrap_or(base.timeout_ms),
        start_period_ms: ms("StartPeriod")?.unwrap_or(base.start_period_ms),
        start_interval_ms: ms("StartInterval")?.unwrap_or(base.start_interval_ms),
        retries: check.get("Retries").map_or(Ok(None), retries)?.unwrap_or(base.retries),
    };
    Ok(Some(Health { pace, ..Health::of(probe) }))
}

/// `["NONE"]`, `["CMD", ARGUMENT...]` or `["CMD-SHELL", LINE]`; empty inherits, which here is nothing.
fn test(test: &Value) -> Result<Option<Probe>, MakeError> {
    let wrong = || MakeError::Health("Test is not NONE, CMD with arguments, or CMD-SHELL with a line");
    let words = test.as_array().ok_or_else(wrong)?;
    let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
    let words = words.filter(|words| words.len() <= ARGUMENTS_MAX).ok_or_else(wrong)?;
    match words.as_slice() {
        [] | ["NONE"] => Ok(None),
        ["CMD", arguments @ ..] if !arguments.is_empty() => {
            Ok(Some(Probe::Exec(arguments.iter().map(|word| (*word).to_owned()).collect())))
        }
        ["CMD-SHELL", line] => Ok(Some(Probe::Exec(["/bin/sh", "-c", line].map(str::to_owned).to_vec()))),
        _ => Err(wrong()),
    }
}

/// Nanoseconds; 0 takes the default.
fn milliseconds(value: &Value) -> Result<Option<u32>, MakeError> {
    let wrong = || MakeError::Health("a time is not a number of nanoseconds, up to 49 days");
    let ms = value.as_u64().ok_or_else(wrong)? / NS_PER_MS;
    let ms = u32::try_from(ms).map_err(|_| wrong())?;
    Ok((ms > 0).then_some(ms))
}

/// 0 takes the default.
fn retries(value: &Value) -> Result<Option<u32>, MakeError> {
    let wrong = || MakeError::Health("Retries is not a number");
    let retries = u32::try_from(value.as_u64().ok_or_else(wrong)?).map_err(|_| wrong())?;
    Ok((retries > 0).then_some(retries))
}
