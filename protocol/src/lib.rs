//! The vocabulary of Limpet and its wire form.
//!
//! What comes in and goes out of every other crate is written in these types: what a container is to be
//! ([`launch`], [`limits`]), what became of it ([`exit`]), how the durable records are framed ([`record`]), what a
//! keeper and its clients say to each other ([`keeper`]) and what an operator signs for a fleet ([`fleet`]). [`words`] reads
//! what people write.
//!
//! This crate must never know a clock, a file, a system call or a thread: it is `no_std`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod app;
pub mod container;
pub mod control;
pub mod disk;
pub mod exit;
pub mod fleet;
pub mod health;
pub mod id;
pub mod keeper;
pub mod launch;
pub mod ledger;
pub mod limits;
pub mod record;
pub mod restart;
pub mod scrub;
pub mod words;
