//! The durable record of one container, `ROOT/containers/ID/container`.

use crate::health::Health;
use crate::keeper::Keep;
use crate::restart::RestartPolicy;
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
    /// How many of its process's arguments are the entrypoint's; the others are the command.
    pub entrypoint_args: u16,
    /// When the supervisor starts it again.
    pub restart: RestartPolicy,
    /// How the supervisor finds out whether it is healthy.
    pub health: Option<Health>,
    /// What it is of an app; `None` for one that a person made.
    pub member: Option<Member>,
}

/// A container's place in an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The app.
    pub app: String,
    /// Which of its workloads.
    pub service: String,
    /// Which of the workload's replicas, from 1.
    pub replica: u16,
    /// Of the workload as it was when this container was made; another number means another workload.
    pub revision: u64,
}

/// What a person wants of a container by hand, `ROOT/containers/ID/intent`. Written before it is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Nothing was said: its restart policy decides. No record is kept of it.
    #[default]
    Policy,
    /// It was stopped by hand.
    Stopped,
    /// It was started. Without an end on record it ran when the power went.
    Started,
}

/// Which image a container uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUse {
    /// As it was typed.
    pub reference: String,
    /// Digest of the image's configuration, `sha256:...`.
    pub digest: String,
}
