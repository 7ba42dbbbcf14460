//! Virtual boards: stock kernels of both targets under QEMU, with `limpet` as their first process.
//!
//! A scenario makes [`Board`]s and tells each what to run; answers come through a channel of their own ([`wire`]), never
//! from the console, which is kept for whoever wants to know why a scenario failed. README.md says how it all works.
//!
//! Knows limpet only by its file, its arguments, its output and its effects: it must never link to it.
#![forbid(unsafe_code)]

pub mod agent;
pub mod board;
mod channel;
mod containers;
mod cpio;
pub mod disk;
mod evidence;
mod host;
mod image;
mod kernel;
mod modules;
mod monitor;
pub mod paths;
pub mod powercut;
mod qemu;
pub mod runner;
pub mod scenarios;
pub mod spec;
pub mod stage;
pub mod target;
pub mod wire;

pub use board::Board;
pub use spec::{Init, Network, Spec};
pub use stage::Stage;
pub use target::Target;
