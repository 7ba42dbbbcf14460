//! What a container with docker's defaults must look like from inside, one file per topic. In: the probe's report.
//!
//! The functions hold for limpet and for an independent runtime; where limpet promises more, the function says so in
//! its name (`..._strictly`).

pub mod capabilities;
pub mod devices;
pub mod files;
pub mod mounts;
pub mod namespaces;
pub mod process;
pub mod seccomp;
