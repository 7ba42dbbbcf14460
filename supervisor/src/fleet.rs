//! What a board has durably of its fleet, `ROOT/fleet`, and the one way in which a document gets there.
//!
//! In: documents that somebody delivered. Out: the memory and the desired state, durable before anything is done about
//! them, and an [`Outline`] for the supervisor, which never has the whole in its memory: children judge and read it.

mod files;
mod outline;
#[cfg(test)]
mod tests;

pub(crate) use files::{Files, FleetError, read};
pub(crate) use outline::{Begun, Controller, Outcome, Outline, Tried, Wanted, version};

use limpet_protocol::fleet::Desired;
use limpet_runner::keeper::now_ns;
use limpet_trust::{Accepted, Clock, Memory, Refusal, accept};

/// Why a person may not bring an app up or down: the fleet would do otherwise at once.
pub(crate) fn is_fleets(app: &str) -> String {
    format!(
        "app {app} is the fleet's: change it there with limpetctl; here, only limpet leave takes the board out of its fleet"
    )
}

/// When this was built, as the build says (reproducible-builds.org, `SOURCE_DATE_EPOCH`): it is never earlier.
const BUILT_S: u64 = match option_env!("SOURCE_DATE_EPOCH") {
    Some(text) => seconds(text.as_bytes()),
    None => 0,
};

/// Digits, or nothing is known.
const fn seconds(digits: &[u8]) -> u64 {
    let (mut value, mut at) = (0_u64, 0);
    while at < digits.len() {
        if !digits[at].is_ascii_digit() || at > 15 {
            return 0;
        }
        value = value * 10 + (digits[at] - b'0') as u64;
        at += 1;
    }
    value
}

/// What is known of the time.
pub(crate) fn clock() -> Clock {
    let synchronised = limpet_sys::clock::is_synchronised();
    Clock { synchronised_s: synchronised.then(|| now_ns() / 1_000_000_000), built_s: BUILT_S }
}

/// What came of a document that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The board had it already.
    Known,
    /// It is durable now.
    Root,
    /// It is durable now; what was before, if that can be read.
    Desired {
        /// What is to be followed.
        now: Box<Desired>,
        /// What was followed.
        before: Option<Box<Desired>>,
    },
}

/// Judges `bytes`, and makes durable what they change. `memory` is what the board remembers, before and after.
///
/// # Errors
/// The document is refused, or the disk refuses.
pub(crate) fn take(files: &Files, memory: &mut Memory, bytes: &[u8]) -> Result<Taken, TakeError> {
    match accept(memory, bytes, &clock())? {
        Accepted::KnownRoot => Ok(Taken::Known),
        Accepted::Root(new) => {
            files.remember(&new)?;
            *memory = *new;
            Ok(Taken::Root)
        }
        Accepted::Known(_) => {
            // The memory was durable, and the state was lost.
            if files.desired(memory).is_err() {
                files.put_desired(bytes)?;
            }
            Ok(Taken::Known)
        }
        Accepted::Desired { desired, memory: new } => {
            let before = files.desired(memory).ok().map(Box::new);
            files.put_aside(bytes)?;
            files.remember(&new)?;
            files.accept_aside()?;
            *memory = *new;
            Ok(Taken::Desired { now: Box::new(desired), before })
        }
    }
}

/// Why a document changed nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// By the rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// By the disk.
    #[error(transparent)]
    Files(#[from] FleetError),
}
