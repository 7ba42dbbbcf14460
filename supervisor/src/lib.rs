//! The command line of a board.
#![forbid(unsafe_code)]

pub mod cli;
pub mod output;
