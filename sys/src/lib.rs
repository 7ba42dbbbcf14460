//! Typed kernel calls: the only crate with `unsafe` code.
//!
//! One function per kernel meaning, over rustix, nix and libc. What rustix already offers safely is called there
//! directly by everybody; here is only what it lacks or what only becomes safe under an invariant that is stated here.
//!
//! This crate must never know what a container is.
