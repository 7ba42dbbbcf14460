//! Where the simulation of a fleet will be.

pub(crate) mod bugs;
