//! What a fleet decides: which boards a selector means, what goes where, and which boards a rollout may reach when.
//!
//! In: labels, reports and a time, all as arguments. Out: decisions. This crate must never know a clock, a file, a
//! socket or a database, so that histories of ten thousand boards can be played in a test.
#![forbid(unsafe_code)]
pub mod rollout;
