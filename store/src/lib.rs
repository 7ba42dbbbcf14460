//! Images on disk: references, blobs, layers, unpacking, garbage collection.
//!
//! This crate must never know a running container, a cgroup or a network.
#![forbid(unsafe_code)]
