//! The values that flags take: from one word to one typed value.
//!
//! Every `parse` takes the word as typed and gives the value or [`Invalid`]: what is wrong with it and how to write
//! it, without the word and the flag, which the caller puts before it.

pub mod app;
pub mod capability;
pub mod door;
pub mod filter;
pub mod keys;
pub mod mount;
pub mod number;
pub mod restart;
pub mod security;
pub mod text;
pub mod time;

pub use limpet_protocol::words::{Invalid, Setting, device, health, platform, rlimit, signal, size};
