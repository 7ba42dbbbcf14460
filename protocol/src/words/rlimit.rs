//! `--ulimit NAME=SOFT[:HARD]` (setrlimit(2)).

#[cfg(test)]
mod tests;

use super::Invalid;
use crate::launch::Rlimit;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Names as docker has them, with the RLIMIT_ numbers of x86 and ARM (asm-generic/resource.h); `as` is ours.
const NAMES: &[(&str, u8)] = &[
    ("cpu", 0),
    ("fsize", 1),
    ("data", 2),
    ("stack", 3),
    ("core", 4),
    ("rss", 5),
    ("nproc", 6),
    ("nofile", 7),
    ("memlock", 8),
    ("as", 9),
    ("locks", 10),
    ("sigpending", 11),
    ("msgqueue", 12),
    ("nice", 13),
    ("rtprio", 14),
    ("rttime", 15),
];

/// The name of a resource, or its number if it has none.
#[must_use]
pub fn name(resource: u8) -> String {
    let known = NAMES.iter().find(|(_, number)| *number == resource);
    known.map_or_else(|| resource.to_string(), |(name, _)| (*name).to_owned())
}

/// The limit; without HARD, both are SOFT. -1 is unlimited.
///
/// # Errors
/// No such resource, not a number, or soft above hard.
pub fn parse(text: &str) -> Result<Rlimit, Invalid> {
    let (name, limits) = text.split_once('=').ok_or("write NAME=SOFT[:HARD], such as nofile=1024:2048")?;
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let (soft, hard) = (limit(soft)?, limit(hard)?);
    if soft > hard {
        return Err("the soft limit is above the hard one".into());
    }
    Ok(Rlimit { resource: resource(name)?, soft, hard })
}

/// RLIMIT_ number of `nofile` and the like.
///
/// # Errors
/// No such resource.
pub fn resource(name: &str) -> Result<u8, Invalid> {
    let found = NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| *number).ok_or_else(|| {
        let known = NAMES.iter().map(|(known, _)| *known).collect::<Vec<_>>();
        format!("no such resource; there are {}", known.join(", ")).into()
    })
}

fn limit(text: &str) -> Result<u64, Invalid> {
    match text {
        "-1" | "unlimited" => Ok(u64::MAX),
        _ => text.parse().map_err(|_| "limits are numbers, or -1 for unlimited".into()),
    }
}
