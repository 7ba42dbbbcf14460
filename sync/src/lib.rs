//! A board's connection to its controller.
//!
//! In two processes. `limpet sync` speaks to the controller; it is nobody, may open nothing and execute nothing, and has
//! no key. Its parent, the supervisor or `limpet join`, has the other end ([`courier::Courier`]): it signs for each
//! connection what only that connection has, and believes nothing of what comes but what an operator signed. [`wire`] is
//! what the two say to each other.
//!
//! This crate must never know what a document means, where anything is kept, or a key.
#![forbid(unsafe_code)]

mod backoff;
mod control;
pub mod courier;
mod enrol;
mod follow;
pub mod limits;
mod line;
mod network;
mod process;
pub mod token;
pub mod wire;

pub use process::main;

/// The first argument of the process.
pub const VERB: &str = "sync";
