//! Harness of the black-box tests: a [`Limpet`] with directories of its own, an independent [`Runtime`] to check the
//! tests against, what both must look like from inside ([`isolated`]), and what neither may leave behind.
//!
//! Knows limpet only by its file, its arguments, its output and its effects on the kernel: it must never link to it.
//! Where something cannot be run, the test fails and says what is missing: nothing is ever skipped.
#![forbid(unsafe_code)]

pub mod app;
pub mod bundle;
pub mod ceiling;
pub mod cgroup;
pub mod controller;
pub mod crun;
pub mod disk;
pub mod fleet;
mod hang;
pub mod http;
pub mod isolated;
pub mod leftovers;
pub mod limpet;
pub mod line;
pub mod live;
pub mod outcome;
pub mod peers;
pub mod places;
pub mod recording;
pub mod registry;
pub mod runtime;
pub mod scratch;
pub mod supervisor;
pub mod terminal;
pub mod tree;
pub mod until;
pub mod usage;
mod witness;

pub use app::App;
pub use cgroup::Cgroup;
pub use crun::Crun;
pub use limpet::Limpet;
pub use line::Line;
pub use live::Live;
pub use outcome::Outcome;
pub use runtime::{Ask, Runtime};
pub use supervisor::Supervisor;
pub use until::until;
