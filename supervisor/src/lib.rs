//! The command line of a board.
#![forbid(unsafe_code)]
