//! How fast a log may grow: lines in, whether each is kept out. Pure; the time is an argument.
//!
//! A bucket holds what [`LogRate::BURST_S`] seconds allow and is filled as time goes by. Once it is empty, lines are
//! dropped until it is half full again: a flood is then told of every few seconds, and not after every line.

use limpet_protocol::keeper::LogRate;

const S_NS: u64 = 1_000_000_000;

/// The rate of one log.
#[derive(Debug)]
pub(super) struct Rate {
    limit: LogRate,
    /// What may be taken; less than nothing after a long line, or any single one could be too long for ever.
    left: i64,
    /// Up to when the bucket was filled.
    filled_ns: u64,
    /// Lines are dropped.
    pub(super) is_closed: bool,
    /// Lines that were dropped and not yet told of.
    pub(super) untold_lines: u64,
}

impl Rate {
    pub(super) fn new(limit: LogRate) -> Self {
        Self { limit, left: capacity(limit), filled_ns: 0, is_closed: false, untold_lines: 0 }
    }

    /// Whether a line of `bytes` is kept at `now_ns`.
    pub(super) fn keeps(&mut self, bytes: usize, now_ns: u64) -> bool {
        let cost = match self.limit {
            LogRate::Unlimited => return true,
            LogRate::Bytes(_) => i64::try_from(bytes).unwrap_or(i64::MAX),
            LogRate::Lines(_) => 1,
        };
        self.fill(now_ns);
        self.is_closed = self.left <= if self.is_closed { capacity(self.limit) / 2 } else { 0 };
        if self.is_closed {
            self.untold_lines += 1;
        } else {
            self.left -= cost;
        }
        !self.is_closed
    }

    /// The clock may have been set: back, and time begins anew; ahead, and the bucket is full at most.
    fn fill(&mut self, now_ns: u64) {
        let passed_ns = now_ns.saturating_sub(self.filled_ns);
        let gained = u128::from(passed_ns) * u128::from(per_s(self.limit)) / u128::from(S_NS);
        if gained > 0 || now_ns < self.filled_ns {
            let gained = i64::try_from(gained).unwrap_or(i64::MAX);
            self.left = self.left.saturating_add(gained).min(capacity(self.limit));
            self.filled_ns = now_ns;
        }
    }

    /// What the log says of `lines` that were dropped.
    pub(super) fn notice(&self, lines: u64) -> String {
        let (most, what) = match self.limit {
            LogRate::Unlimited => (0, ""),
            LogRate::Bytes(most) => (most, "bytes"),
            LogRate::Lines(most) => (most, "lines"),
        };
        let lines = if lines == 1 { "1 line was".to_owned() } else { format!("{lines} lines were") };
        format!("limpet: {lines} not logged: more than {most} {what} a second\n")
    }
}

fn per_s(limit: LogRate) -> u32 {
    match limit {
        LogRate::Unlimited => 0,
        LogRate::Bytes(most) | LogRate::Lines(most) => most,
    }
}

fn capacity(limit: LogRate) -> i64 {
    i64::from(per_s(limit)) * i64::from(LogRate::BURST_S)
}
