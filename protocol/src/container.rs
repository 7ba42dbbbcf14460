//! The durable record of one container, `ROOT/containers/ID/container`.

use crate::keeper::Keep;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a container was made from and how it is to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its name, unique below one root directory.
    pub name: String,
    /// The image it was made from; `None` for an OCI bundle.
    pub image: Option<ImageUse>,
    /// Wall clock, nanoseconds since 1970.
    pub created_ns: u64,
    /// `-l`, and the image's own.
    pub labels: Vec<(String, String)>,
    /// How to run it.
    pub keep: Keep,
}

/// Which image a container uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUse {
    /// As it was typed.
    pub reference: String,
    /// Digest of the image's configuration, `sha256:...`.
    pub digest: String,
}
