//! How long a server may take.

use crate::limits::{HEAD_STALLS_MAX, RATE_STALLS, STALL_S_DEFAULT};
use std::time::Duration;

/// Measured in the longest time without a single byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    stall: Duration,
}

impl Patience {
    /// So many seconds without a byte, or [`STALL_S_DEFAULT`].
    #[must_use]
    pub fn of(stall_s: Option<u64>) -> Self {
        Self { stall: Duration::from_secs(stall_s.unwrap_or(STALL_S_DEFAULT)) }
    }

    /// Without a byte.
    #[must_use]
    pub fn stall(self) -> Duration {
        self.stall
    }

    /// For a handshake, or the whole head of a response.
    #[must_use]
    pub fn head(self) -> Duration {
        self.stall * HEAD_STALLS_MAX
    }

    /// In which a body must bring [`crate::limits::RATE_BYTES_MIN`].
    #[must_use]
    pub fn window(self) -> Duration {
        self.stall * RATE_STALLS
    }
}
