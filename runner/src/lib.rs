//! One container: from a launch to ordered steps to a process, and the keeper that holds it.
//!
//! This crate must never know an image, a registry or a desired state.
#![forbid(unsafe_code)]

pub mod log;
