//! How it is found out whether a container is healthy: docker's HEALTHCHECK, and probes over HTTP and TCP.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// docker's interval between probes.
pub const INTERVAL_MS: u32 = 30_000;
/// docker's time limit of one probe.
pub const TIMEOUT_MS: u32 = 30_000;
/// docker's number of failures in a row that make a container unhealthy.
pub const RETRIES: u16 = 3;
/// docker's interval between probes in the start period.
pub const START_INTERVAL_MS: u32 = 5_000;
/// Arguments of a probe's command; their bytes are bounded with those of the container.
pub const ARGUMENTS_MAX: usize = 256;
/// Bytes of the path of an HTTP probe.
pub const PATH_BYTES_MAX: usize = 1024;

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// A command in the container; healthy if it ends with 0.
    Exec(Vec<String>),
    /// A GET in the container's network; healthy if the answer's status is 200 to 399.
    Http {
        /// Port on the container's loopback interface.
        port: u16,
        /// Path, with its leading slash.
        path: String,
    },
    /// A connection in the container's network; healthy if it is accepted.
    Tcp {
        /// Port on the container's loopback interface.
        port: u16,
    },
}

/// What is done about an unhealthy container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnUnhealthy {
    /// It is shown.
    #[default]
    Report,
    /// It is stopped and started again, as its restart policy's delays say.
    Restart,
}

/// A container's health check, complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// What is tried.
    pub probe: Probe,
    /// Pause between the end of one probe and the start of the next.
    pub interval_ms: u32,
    /// Time limit of one probe.
    pub timeout_ms: u32,
    /// Failures in a row that make it unhealthy, at least 1.
    pub retries: u16,
    /// Time after the start in which failures do not count.
    pub start_period_ms: u32,
    /// Interval while that time lasts.
    pub start_interval_ms: u32,
    /// What to do about it.
    pub on_unhealthy: OnUnhealthy,
}

/// What is said about a health check, to be laid over what the image says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthOptions {
    /// Another probe than the image's, or none at all.
    pub choice: HealthChoice,
    /// See [`Health::interval_ms`].
    pub interval_ms: Option<u32>,
    /// See [`Health::timeout_ms`].
    pub timeout_ms: Option<u32>,
    /// See [`Health::retries`].
    pub retries: Option<u16>,
    /// See [`Health::start_period_ms`].
    pub start_period_ms: Option<u32>,
    /// See [`Health::start_interval_ms`].
    pub start_interval_ms: Option<u32>,
    /// See [`Health::on_unhealthy`].
    pub on_unhealthy: Option<OnUnhealthy>,
}

/// Whose probe is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthChoice {
    /// The image's, if it has one.
    #[default]
    OfImage,
    /// None, whatever the image says.
    Disabled,
    /// This.
    Probe(Probe),
}

impl Health {
    /// A check with docker's defaults.
    #[must_use]
    pub fn of(probe: Probe) -> Self {
        Self {
            probe,
            interval_ms: INTERVAL_MS,
            timeout_ms: TIMEOUT_MS,
            retries: RETRIES,
            start_period_ms: 0,
            start_interval_ms: START_INTERVAL_MS,
            on_unhealthy: OnUnhealthy::Report,
        }
    }
}

impl HealthOptions {
    /// The check that results over the `image`'s own; `None` if there is none.
    #[must_use]
    pub fn over(&self, image: Option<&Health>) -> Option<Health> {
        let base = match &self.choice {
            HealthChoice::Disabled => return None,
            HealthChoice::OfImage => image.cloned()?,
            HealthChoice::Probe(probe) => {
                let timing = image.cloned().unwrap_or_else(|| Health::of(probe.clone()));
                Health { probe: probe.clone(), ..timing }
            }
        };
        Some(Health {
            interval_ms: self.interval_ms.unwrap_or(base.interval_ms),
            timeout_ms: self.timeout_ms.unwrap_or(base.timeout_ms),
            retries: self.retries.unwrap_or(base.retries).max(1),
            start_period_ms: self.start_period_ms.unwrap_or(base.start_period_ms),
            start_interval_ms: self.start_interval_ms.unwrap_or(base.start_interval_ms),
            on_unhealthy: self.on_unhealthy.unwrap_or(base.on_unhealthy),
            ..base
        })
    }
}

#[cfg(test)]
mod tests;
