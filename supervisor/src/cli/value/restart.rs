//! `--restart`: docker's policies.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_protocol::restart::{RestartPolicy, When};

const HOW: &str = "write no, always, unless-stopped, on-failure or on-failure:MAX";

/// `no`, `always`, `unless-stopped`, `on-failure[:MAX]`; MAX 0 has no end, as with docker.
///
/// # Errors
/// Anything else; a maximum where docker takes none.
pub fn parse(text: &str) -> Result<RestartPolicy, Invalid> {
    let (name, max) = text.split_once(':').map_or((text, None), |(name, max)| (name, Some(max)));
    let when = match name {
        "no" | "" => When::No,
        "always" => When::Always,
        "unless-stopped" => When::UnlessStopped,
        "on-failure" => When::OnFailure,
        _ => return Err(HOW.into()),
    };
    let tries_max = match (when, max) {
        (_, None) => None,
        (When::OnFailure, Some(max)) => tries(max)?,
        (When::No | When::Always | When::UnlessStopped, Some(_)) => {
            return Err("only on-failure takes a maximum; write on-failure:3".into());
        }
    };
    Ok(RestartPolicy { tries_max, ..RestartPolicy::of(when) })
}

fn tries(text: &str) -> Result<Option<u32>, Invalid> {
    let max: u32 = text.parse().map_err(|_| "MAX is a number of restarts, such as on-failure:3")?;
    Ok((max > 0).then_some(max))
}
