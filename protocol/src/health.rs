//! How the health of a container is watched: docker's HEALTHCHECK, with HTTP and TCP besides commands.
//!
//! In: what an image, a flag or a compose file says. Out: a [`Probe`] that the supervisor's child carries out, and a
//! [`Pace`] that its decisions (`limpet-plan`) take. The meaning of the numbers is docker's:
//! <https://docs.docker.com/reference/dockerfile/#healthcheck>.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// docker's time between two probes.
pub const INTERVAL_MS: u32 = 30_000;
/// docker's patience with one probe.
pub const TIMEOUT_MS: u32 = 30_000;
/// docker's time in which failures do not count.
pub const START_PERIOD_MS: u32 = 0;
/// docker's time between two probes of that period.
pub const START_INTERVAL_MS: u32 = 5_000;
/// docker's number of failures in a row that make a container unhealthy.
pub const RETRIES: u32 = 3;
/// Shortest interval and timeout that are accepted, as docker's API: 1 ms.
pub const DURATION_MS_MIN: u32 = 1;
/// Most arguments of a probe's command.
pub const ARGUMENTS_MAX: usize = 256;
/// Longest path of an HTTP probe.
pub const PATH_BYTES_MAX: usize = 1024;
/// Most output of a probe that is kept, as docker keeps.
pub const OUTPUT_BYTES_MAX: usize = 4096;

/// How to find out whether a container is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// Run this in the container; status 0 is healthy. At most [`ARGUMENTS_MAX`] words.
    Exec(Vec<String>),
    /// GET this path from 127.0.0.1 of the container's network; status 200 to 399 is healthy.
    Http {
        /// Port.
        port: u16,
        /// Begins with `/`; at most [`PATH_BYTES_MAX`].
        path: String,
    },
    /// Connect to this port of 127.0.0.1 of the container's network.
    Tcp {
        /// Port.
        port: u16,
    },
}

/// When to probe, and how many failures matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// From the end of one probe to the next, and from the start to the first.
    pub interval_ms: u32,
    /// A probe that takes longer has failed.
    pub timeout_ms: u32,
    /// After the start, failures do not count for so long, unless a probe succeeded before.
    pub start_period_ms: u32,
    /// Instead of `interval_ms` during that period.
    pub start_interval_ms: u32,
    /// Failures in a row that make it unhealthy; 0 is taken as 1.
    pub retries: u32,
}

/// What to do with a container that became unhealthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnUnhealthy {
    /// Show it; docker does no more.
    #[default]
    Report,
    /// Stop it and start it again, whatever its restart policy (but within the policy's number of tries).
    Restart,
}

/// A health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How to find out.
    pub probe: Probe,
    /// When.
    pub pace: Pace,
    /// And then.
    pub on_unhealthy: OnUnhealthy,
}

impl Default for Pace {
    /// docker's.
    fn default() -> Self {
        Self {
            interval_ms: INTERVAL_MS,
            timeout_ms: TIMEOUT_MS,
            start_period_ms: START_PERIOD_MS,
            start_interval_ms: START_INTERVAL_MS,
            retries: RETRIES,
        }
    }
}

/// What is said about a health check, to be laid over what the image says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthOptions {
    /// Another probe than the image's, or none at all.
    pub choice: HealthChoice,
    /// See [`Pace::interval_ms`].
    pub interval_ms: Option<u32>,
    /// See [`Pace::timeout_ms`].
    pub timeout_ms: Option<u32>,
    /// See [`Pace::retries`].
    pub retries: Option<u32>,
    /// See [`Pace::start_period_ms`].
    pub start_period_ms: Option<u32>,
    /// See [`Pace::start_interval_ms`].
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
    /// A check with docker's pace.
    #[must_use]
    pub fn of(probe: Probe) -> Self {
        Self { probe, pace: Pace::default(), on_unhealthy: OnUnhealthy::Report }
    }
}

impl HealthOptions {
    /// The check that results over the `image`'s own; `None` if there is none. As with docker, a probe of one's own
    /// keeps what the image says of the pace.
    #[must_use]
    pub fn over(&self, image: Option<&Health>) -> Option<Health> {
        let base = match &self.choice {
            HealthChoice::Disabled => return None,
            HealthChoice::OfImage => image.cloned()?,
            HealthChoice::Probe(probe) => {
                let pace = image.map_or_else(Pace::default, |image| image.pace);
                Health { pace, ..Health::of(probe.clone()) }
            }
        };
        let pace = Pace {
            interval_ms: self.interval_ms.unwrap_or(base.pace.interval_ms),
            timeout_ms: self.timeout_ms.unwrap_or(base.pace.timeout_ms),
            retries: self.retries.unwrap_or(base.pace.retries).max(1),
            start_period_ms: self.start_period_ms.unwrap_or(base.pace.start_period_ms),
            start_interval_ms: self.start_interval_ms.unwrap_or(base.pace.start_interval_ms),
        };
        Some(Health { pace, on_unhealthy: self.on_unhealthy.unwrap_or(base.on_unhealthy), ..base })
    }
}

#[cfg(test)]
mod tests;
