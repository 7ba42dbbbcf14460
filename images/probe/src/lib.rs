//! The probe: a static program that is put into a container to see it from inside.
//!
//! `probe report` prints one JSON document, a [`report::Report`], about everything that isolation is made of; the
//! other subcommands misbehave in one way each, for tests of limits, signals and clean-up. The tests that read the
//! report share these types with it.
//!
//! It must never change the host, whatever it is allowed to do: every try is made so that success is harmless.
#![forbid(unsafe_code)]

pub mod behave;
pub mod collect;
pub mod report;
