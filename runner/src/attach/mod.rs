//! A client's side of a keeper's socket: what a person types in, what a container writes out, and how it ended.
//!
//! [`Connection`] sends and receives single packets; [`wait`] and [`request`] are the short conversations of commands
//! like `wait`, `stop` and `kill`; [`Session`] is the long one of `run`, `start -a` and `attach`.
//!
//! This module must never know a container's record on disk: that the keeper is gone is all it can say.

mod client;
mod connection;
mod detach;
mod input;
mod output;
mod session;
mod signals;
mod terminal;

pub use client::{request, wait};
pub use connection::{Connection, Error, SOCKET_NAME};
pub use detach::{DETACH_KEYS_MAX, DetachKeys};
pub use session::{Notice, Outcome, Session};

// For `exec`, whose sessions have the same keys, terminals and signals.
pub(crate) use detach::Matcher;
pub(crate) use signals::{Signals, TERMINAL as TERMINAL_SIGNALS};
pub use terminal::RawTerminal;

#[cfg(test)]
mod tests;
