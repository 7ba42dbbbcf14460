//! `--filter KEY=VALUE` of `ps`, `images` and the prunes.

#[cfg(test)]
mod tests;

use super::{Invalid, time};

/// One condition; the key is one that the verb has, the value one that the key takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// `status`
    pub key: &'static str,
    /// `running`
    pub value: String,
}

const PS_KEYS: &[&str] = &[
    "id", "name", "label", "status", "health", "ancestor", "exited", "before", "since", "volume", "network",
];
const IMAGES_KEYS: &[&str] = &["reference", "label", "dangling", "before", "since"];
const EVENT_KEYS: &[&str] = &["event", "container", "app", "service", "type"];
const PRUNE_KEYS: &[&str] = &["label", "label!", "until"];
/// What a container can be.
pub const STATES: &[&str] = &["created", "running", "paused", "restarting", "removing", "exited", "dead"];
/// How well a container can be.
pub const HEALTHS: &[&str] = &["none", "starting", "healthy", "unhealthy"];

/// A filter of `ps`.
///
/// # Errors
/// Another key, a status that there is not, an exit code that is not a number.
pub fn of_containers(text: &str) -> Result<Filter, Invalid> {
    let filter = parse(text, PS_KEYS)?;
    match filter.key {
        "status" if !STATES.contains(&filter.value.as_str()) => {
            Err(format!("no such status; there are {}", STATES.join(", ")).into())
        }
        "health" if !HEALTHS.contains(&filter.value.as_str()) => {
            Err(format!("no such health; there are {}", HEALTHS.join(", ")).into())
        }
        "exited" if filter.value.parse::<u8>().is_err() => Err("exit codes are numbers from 0 to 255".into()),
        _ => Ok(filter),
    }
}

/// A filter of `images`.
///
/// # Errors
/// Another key, or a `dangling` that is neither true nor false.
pub fn of_images(text: &str) -> Result<Filter, Invalid> {
    let filter = parse(text, IMAGES_KEYS)?;
    if filter.key == "dangling" && !matches!(filter.value.as_str(), "true" | "false") {
        return Err("write dangling=true or dangling=false".into());
    }
    Ok(filter)
}

/// A filter of a prune.
///
/// # Errors
/// Another key, or an `until` that is no time.
pub fn of_prune(text: &str) -> Result<Filter, Invalid> {
    let filter = parse(text, PRUNE_KEYS)?;
    if filter.key == "until" {
        time::moment(&filter.value)?;
    }
    Ok(filter)
}

/// A filter of `events`.
///
/// # Errors
/// Another key.
pub fn of_events(text: &str) -> Result<Filter, Invalid> {
    parse(text, EVENT_KEYS)
}

fn parse(text: &str, keys: &[&'static str]) -> Result<Filter, Invalid> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    // docker has label!=x for "has not"; the split leaves the mark with the key.
    match keys.iter().find(|known| **known == key) {
        Some(key) => Ok(Filter { key, value: value.to_owned() }),
        None => Err(format!("no filter {key}; there are {}", keys.join(", ")).into()),
    }
}
