//! Values of the `--health-*` flags.

#[cfg(test)]
mod tests;

use super::{Invalid, duration};
use crate::health::{OnUnhealthy, PATH_BYTES_MAX, Probe};
use alloc::borrow::ToOwned;
use alloc::format;

/// A duration such as `30s`, in milliseconds; 0 takes the default, as with docker.
///
/// # Errors
/// No duration, below a millisecond, or over 49 days.
pub fn milliseconds(text: &str) -> Result<Option<u32>, Invalid> {
    const HOW: &str = "write a duration such as 30s, 1m30s or 500ms";
    if text == "0" {
        return Ok(None);
    }
    let ns = duration::nanoseconds(text).ok_or(HOW)?;
    if ns == 0 {
        return Ok(None);
    }
    if ns < 1_000_000 {
        return Err("shorter than 1ms".into());
    }
    u32::try_from(ns / 1_000_000).map(Some).map_err(|_| "longer than 49 days".into())
}

/// `--health-cmd`: a line for the container's shell, as with docker.
///
/// # Errors
/// Nothing to run.
pub fn shell(text: &str) -> Result<Probe, Invalid> {
    if text.trim().is_empty() {
        return Err("write a command; --no-healthcheck turns the image's check off".into());
    }
    Ok(Probe::Exec(["/bin/sh", "-c", text].map(str::to_owned).to_vec()))
}

/// `--health-http PORT[/PATH]`.
///
/// # Errors
/// No port, or a path that is too long or holds what no request line may.
pub fn http(text: &str) -> Result<Probe, Invalid> {
    let at = text.find('/').unwrap_or(text.len());
    let (port, path) = text.split_at(at);
    if path.len() > PATH_BYTES_MAX || !path.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            format!("a path has at most {PATH_BYTES_MAX} printable characters, without spaces").into()
        );
    }
    let path = if path.is_empty() { "/" } else { path };
    Ok(Probe::Http { port: self::port(port)?, path: path.to_owned() })
}

/// `--health-tcp PORT`.
///
/// # Errors
/// No port.
pub fn tcp(text: &str) -> Result<Probe, Invalid> {
    Ok(Probe::Tcp { port: port(text)? })
}

fn port(text: &str) -> Result<u16, Invalid> {
    match text.parse() {
        Ok(0) | Err(_) => Err("write a port of the container, 1 to 65535".into()),
        Ok(port) => Ok(port),
    }
}

/// `--health-retries`: 0 takes the default, as with docker.
///
/// # Errors
/// Not a number.
pub fn retries(text: &str) -> Result<Option<u32>, Invalid> {
    let retries: u32 = text.parse().map_err(|_| "write a number of failures, such as 3")?;
    Ok((retries > 0).then_some(retries))
}

/// `--on-unhealthy`.
///
/// # Errors
/// Another word.
pub fn on_unhealthy(text: &str) -> Result<OnUnhealthy, Invalid> {
    match text {
        "none" => Ok(OnUnhealthy::Report),
        "restart" => Ok(OnUnhealthy::Restart),
        _ => Err("write none or restart".into()),
    }
}
