//! What a fleet decides: which boards a selector means, what goes where, and which boards a rollout may reach when.
//!
//! In: labels, reports and a time, all as arguments. Out: decisions. This crate must never know a clock, a file, a
//! socket or a database, so that histories of ten thousand boards can be played in a test.
//!
//! - [`label`]: what labels look like.
//! - [`selector`]: which boards an operator means, in kubectl's words.
//! - [`placement`]: on which boards a service may run, in swarm's words.
//! - [`rollout`]: who gets a new state when. Its page says how a controller uses it, and what holds at any time.
#![forbid(unsafe_code)]

/// A bug for the simulation to find. No build but that of the unit tests has any.
#[cfg(not(test))]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}
#[cfg(test)]
macro_rules! planted {
    ($bug:ident) => {
        crate::sim::bugs::is_planted(crate::sim::bugs::Bug::$bug)
    };
}

pub mod label;
pub mod placement;
pub mod rollout;
pub mod selector;
#[cfg(test)]
mod sim;
