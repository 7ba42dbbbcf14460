//! Numbers: those of a container, and lines, masks and networks.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_protocol::launch::Network;

pub use limpet_protocol::words::number::{
    bytes_rate, cpu_list, cpu_millis, cpu_shares, memory, oom_score_adj, operations_rate, pids, swap,
};

/// `--umask`, octal.
///
/// # Errors
/// Anything but octal digits up to 0777.
pub fn umask(text: &str) -> Result<u16, Invalid> {
    let digits = text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let mask = u16::from_str_radix(text, 8).ok().filter(|mask| digits && *mask <= 0o777);
    mask.ok_or_else(|| "write an octal number up to 0777, such as 0022".into())
}

/// `ps --last`: `None` is all, as docker has it for negative numbers and 0.
///
/// # Errors
/// Not a number.
pub fn last(text: &str) -> Result<Option<u32>, Invalid> {
    match text.parse::<i64>() {
        Ok(count) if count <= 0 => Ok(None),
        Ok(count) => Ok(Some(u32::try_from(count).unwrap_or(u32::MAX))),
        Err(_) => Err("write a number".into()),
    }
}

/// `--tail`: `None` is all, as docker has it for `all` and negative numbers.
///
/// # Errors
/// Not a number.
pub fn tail(text: &str) -> Result<Option<u64>, Invalid> {
    if text == "all" || text.parse::<i64>().is_ok_and(|lines| lines < 0) {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| "write a number of lines, or all".into())
}

/// `--network`.
///
/// # Errors
/// Anything but `none` and `host`.
pub fn network(text: &str) -> Result<Network, Invalid> {
    match text {
        "none" => Ok(Network::None),
        "host" => Ok(Network::Host),
        _ => Err("networks of containers are not supported yet; write none or host".into()),
    }
}
