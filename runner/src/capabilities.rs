//! Capabilities by name, and the sets that a container's process gets.
//!
//! In: the words of `--cap-add`, `--cap-drop` and `--privileged`, and the last capability that the kernel knows
//! (`/proc/sys/kernel/cap_last_cap`). Out: the bounding set (bit n for capability n) and from it the five sets of
//! capabilities(7). Pure; the names are those of linux/capability.h.

use limpet_protocol::launch::Capabilities;
use limpet_protocol::words::capability::NAMES;
use std::fmt;

#[cfg(test)]
mod tests;

const PREFIX: &str = "CAP_";
const ALL: &str = "ALL";

/// What docker gives to a container that asks for nothing.
pub const DEFAULT: u64 = set(&[
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
]);

/// A word of `--cap-add` or `--cap-drop` that cannot be followed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapabilityError {
    /// No capability has this name.
    #[error("unknown capability '{name}'{hint}")]
    Unknown {
        /// What was given.
        name: String,
        /// The nearest name, if one is near.
        hint: DidYouMean,
    },
    /// The capability is newer than the kernel.
    #[error("capability CAP_{name} is not known to this kernel; leave it out or use a newer kernel")]
    NotInKernel {
        /// Its name without the prefix.
        name: &'static str,
    },
}

/// A suggestion at the end of an error message; shows nothing when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DidYouMean(pub Option<&'static str>);

impl fmt::Display for DidYouMean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean CAP_{name}?"),
            None => f.write_str("; see capabilities(7) for the names"),
        }
    }
}

/// The bounding set of a container, with docker's rules (moby, oci/caps): `privileged` is everything that the kernel
/// has, whatever else was said; `ALL` added is everything but what was dropped; `ALL` dropped is nothing but what was
/// added; otherwise the dropped ones leave the default set before the added ones come in.
///
/// Names are taken in any case, with or without `CAP_`. `last` is the kernel's highest capability.
pub fn resolve<S: AsRef<str>>(
    privileged: bool,
    adds: &[S],
    drops: &[S],
    last: u8,
) -> Result<u64, CapabilityError> {
    let kernel = known_to(last);
    if privileged {
        return Ok(kernel);
    }
    let (add_all, adds) = words(adds.iter().map(AsRef::as_ref), kernel)?;
    let (drop_all, drops) = words(drops.iter().map(AsRef::as_ref), kernel)?;
    Ok(if add_all {
        kernel & !drops
    } else if drop_all {
        adds
    } else {
        DEFAULT & kernel & !drops | adds
    })
}

/// The sets of a process with this bounding set. Root has all of it in force; anybody else has none of it until a
/// set-user-ID file or one with file capabilities is executed, as after any exec. Nothing is inheritable, so that a
/// file's inheritable capabilities give nothing either (CVE-2022-24769).
pub fn sets(bounding: u64, root: bool) -> Capabilities {
    let own = if root { bounding } else { 0 };
    Capabilities { bounding, effective: own, permitted: own, inheritable: 0, ambient: 0 }
}

/// The names in a set, with their prefix and in the order of their numbers.
pub fn names(set: u64) -> impl Iterator<Item = String> {
    let named = NAMES.iter().enumerate().filter(move |(number, _)| set >> number & 1 == 1);
    named.map(|(_, name)| format!("{PREFIX}{name}"))
}

/// The number of a capability in any case, with or without its prefix.
pub fn number(name: &str) -> Result<u8, CapabilityError> {
    let bare = without_prefix(name);
    match NAMES.iter().position(|known| known.eq_ignore_ascii_case(bare)) {
        #[expect(clippy::cast_possible_truncation, reason = "there are 41 names")]
        Some(number) => Ok(number as u8),
        None => Err(CapabilityError::Unknown { name: name.to_owned(), hint: DidYouMean(nearest(bare)) }),
    }
}

/// The number of a name that the program itself uses; an unknown one does not compile.
pub(crate) const fn capability(name: &str) -> u8 {
    let mut number = 0;
    while !same(NAMES[number as usize].as_bytes(), name.as_bytes()) {
        number += 1;
    }
    number
}

const fn set(names: &[&str]) -> u64 {
    let (mut set, mut index) = (0, 0);
    while index < names.len() {
        set |= 1 << capability(names[index]);
        index += 1;
    }
    set
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while index < a.len() && index < b.len() && a[index] == b[index] {
        index += 1;
    }
    index == a.len() && index == b.len()
}

/// All capabilities up to `last` that have a name here: one without a name could be neither dropped nor shown.
pub fn known_to(last: u8) -> u64 {
    let named = (1 << NAMES.len()) - 1;
    named & (u64::MAX >> (63 - last.min(63)))
}

/// Whether `ALL` is among the words, and the set of the others.
fn words<'a>(words: impl Iterator<Item = &'a str>, kernel: u64) -> Result<(bool, u64), CapabilityError> {
    let (mut all, mut set) = (false, 0);
    for word in words {
        if word.eq_ignore_ascii_case(ALL) {
            all = true;
            continue;
        }
        let number = number(word)?;
        if kernel >> number & 1 == 0 {
            return Err(CapabilityError::NotInKernel { name: NAMES[usize::from(number)] });
        }
        set |= 1 << number;
    }
    Ok((all, set))
}

fn without_prefix(name: &str) -> &str {
    match name.split_at_checked(PREFIX.len()) {
        Some((prefix, bare)) if prefix.eq_ignore_ascii_case(PREFIX) => bare,
        _ => name,
    }
}

/// The name with the fewest changes to `bare`, if they are few enough for a slip.
fn nearest(bare: &str) -> Option<&'static str> {
    /// A name is not looked for when more was typed than a name with some slips.
    const TYPED_BYTES_MAX: usize = 32;
    /// Changes that may be slips.
    const SLIPS_MAX: usize = 3;
    if bare.len() > TYPED_BYTES_MAX {
        return None;
    }
    let upper = bare.to_ascii_uppercase();
    let by_distance = NAMES.iter().map(|name| (distance(name.as_bytes(), upper.as_bytes()), *name));
    by_distance
        .min()
        .filter(|&(slips, name)| slips <= SLIPS_MAX && slips < name.len() / 2)
        .map(|(_, name)| name)
}

/// Letters to insert, remove or exchange to make one of the other (Levenshtein).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
