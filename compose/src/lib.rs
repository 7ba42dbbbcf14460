//! Compose files, strictly: text in, an [`App`](limpet_protocol::app::App) out, or everything that is wrong with it.
//!
//! The format is the [Compose Specification](https://github.com/compose-spec/compose-spec/blob/main/spec.md). What
//! Limpet cannot do is an error that names file, line and column and says what to write instead; it is never passed
//! over. Files of other people become usable by an override that takes away what is not for Limpet:
//! `ports: !reset []`.
//!
//! [`load`] takes what a person typed (files, project name, profiles) and the process's environment; [`parse`] takes
//! texts that are there already. Both get further files (`extends`, `env_file`, configs, secrets) through a
//! [`Reader`]: this crate must never know a file system, a clock, a process, or what the board can do.
//!
//! [`mapping`] reads the smaller files beside them.
//!
//! One way through: [`yaml`] builds a bounded tree whose nodes know their place; [`interpolate`] replaces variables;
//! [`extends`] and [`merge`] bring services and files together; [`fields`] walks the result by tables of what each
//! mapping may hold, which stand in [`service`] and [`top`].
#![forbid(unsafe_code)]

mod dotenv;
mod extends;
mod fields;
mod interpolate;
mod load;
mod mapping;
mod merge;
mod node;
mod paths;
mod problem;
mod scope;
mod service;
mod shell_words;
mod sources;
mod top;
mod variables;
mod yaml;

#[cfg(test)]
mod tests;

pub use load::{Request, load};
pub use mapping::mapping;
pub use problem::{PROBLEMS_MAX, Problem, Problems};
pub use sources::{FILES_MAX, Reader, SOURCE_BYTES_MAX};
pub use top::{Options, Parsed, Placement, Source, parse};
pub use variables::Variables;
pub use yaml::{DEPTH_MAX, ENTRIES_MAX, NODES_MAX, TREE_BYTES_MAX};
