//! When a container that ended is started again: docker's `--restart`, compose's `restart` and `deploy.restart_policy`.
//!
//! In: the words that people write. Out: a value that the supervisor's decisions (`limpet-plan`) take. The meaning is
//! docker's: <https://docs.docker.com/engine/containers/start-containers-automatically/>,
//! <https://docs.docker.com/reference/cli/docker/container/run/#restart> and
//! <https://docs.docker.com/reference/compose-file/deploy/#restart_policy>.

use core::fmt;
use serde::{Deserialize, Serialize};

/// When to start again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// Never.
    #[default]
    No,
    /// Whatever its exit status; and whenever the supervisor starts, even after a stop by hand.
    Always,
    /// Whatever its exit status; and whenever the supervisor starts, unless it was stopped by hand.
    UnlessStopped,
    /// When its exit status is not 0; never because the supervisor starts.
    OnFailure,
}

/// A restart policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// When to start again.
    pub when: When,
    /// Most restarts since it was last started by hand, by `up` or at boot; `None` is without end.
    pub tries_max: Option<u32>,
    /// `deploy.restart_policy.delay`: always wait so long; `None` takes docker's growing delay.
    pub delay_ms: Option<u32>,
    /// `deploy.restart_policy.window`: a run of at least this length was a success and does not count
    /// against `tries_max`; `None` counts every restart, as docker does.
    pub window_ms: Option<u32>,
}

/// Why a text is not a restart policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// None of docker's words.
    #[error("a restart policy is no, always, unless-stopped, on-failure or on-failure:TRIES")]
    Unknown,
    /// Not a number of tries.
    #[error("the number of tries after on-failure: is a whole number up to {}", u32::MAX)]
    Tries,
    /// docker refuses a number anywhere else, too.
    #[error("only on-failure takes a number of tries")]
    TriesNotAllowed,
}

impl RestartPolicy {
    /// Never started again: what holds if nothing is said.
    pub const NO: Self = Self { when: When::No, tries_max: None, delay_ms: None, window_ms: None };

    /// `when`, without a limit and with docker's growing delay.
    #[must_use]
    pub const fn plain(when: When) -> Self {
        Self { when, ..Self::NO }
    }

    /// Parses docker's words: `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:TRIES` (0: without limit).
    /// An empty text is `no`, as for docker.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidPolicy> {
        let (word, tries) = match text.split_once(':') {
            Some((word, tries)) => (word, Some(tries)),
            None => (text, None),
        };
        let when = match word {
            "" | "no" => When::No,
            "always" => When::Always,
            "unless-stopped" => When::UnlessStopped,
            "on-failure" => When::OnFailure,
            _ => return Err(InvalidPolicy::Unknown),
        };
        let Some(tries) = tries else { return Ok(Self::plain(when)) };
        if when != When::OnFailure {
            return Err(InvalidPolicy::TriesNotAllowed);
        }
        let digits = !tries.is_empty() && tries.bytes().all(|byte| byte.is_ascii_digit());
        let tries: u32 = tries.parse().ok().filter(|_| digits).ok_or(InvalidPolicy::Tries)?;
        Ok(Self { tries_max: (tries > 0).then_some(tries), ..Self::plain(when) })
    }
}

impl When {
    /// docker's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
            Self::OnFailure => "on-failure",
        }
    }
}

impl fmt::Display for RestartPolicy {
    /// docker's words; what only compose can say (`delay`, `window`) is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tries_max {
            Some(tries) => write!(f, "{}:{tries}", self.when.as_str()),
            None => f.write_str(self.when.as_str()),
        }
    }
}

#[cfg(test)]
mod tests;
