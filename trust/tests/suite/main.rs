//! What a board takes and refuses, from outside: attacks that are files, histories that are made up, and what is kept.

mod attacks;
mod catalogue;
mod fleet;
mod histories;
mod keys;
mod memory;
