//! One container: from a launch to ordered steps to a process, and the keeper that holds it.
//!
//! This crate must never know an image, a registry or a desired state.
#![forbid(unsafe_code)]

pub mod attach;
pub mod beneath;
pub mod bundle;
pub mod capabilities;
pub mod cgroup;
mod channel;
mod child;
pub mod exec;
pub mod failure;
pub mod features;
pub mod files;
pub mod home;
pub mod ids;
pub mod keeper;
pub mod log;
pub mod mountinfo;
mod mounting;
pub mod overlay;
pub mod process;
pub mod reserve;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod scratch;
pub mod seccomp;
pub mod spawn;
pub mod start;
pub mod status;
pub mod steps;
mod terminal;
pub mod user;
mod workshop;
