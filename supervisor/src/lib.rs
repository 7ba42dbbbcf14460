//! The command line of a board: text to typed commands ([`cli`]), commands to effects ([`verbs`]), effects to text
//! ([`output`]).
//!
//! What a new container is to be is decided in [`making`], from what [`gathering`] looked up.
#![forbid(unsafe_code)]

pub mod act;
pub mod board;
pub mod bundling;
pub mod census;
pub mod cli;
pub mod control;
pub mod copying;
pub mod disk;
pub mod doctor;
pub mod failure;
mod fleet;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gathering;
pub mod image_users;
pub mod init;
mod joining;
pub mod ledger;
mod lock;
pub mod making;
mod names;
pub mod output;
pub mod pulling;
mod room;
#[cfg(test)]
mod scratch;
pub mod screen;
pub mod scrub;
mod sorted;
pub mod supervise;
pub mod trial;
pub mod verbs;
mod volumes;
