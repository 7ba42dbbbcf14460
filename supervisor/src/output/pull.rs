//! The lines of a pull, one for each layer: docker's words. Pure, but for the numbers that move.

#[cfg(test)]
mod tests;

use super::size::decimal;
use limpet_store::Digest;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Digits of a digest that are shown.
const DIGITS: usize = 12;
const BAR_MAX: usize = 50;

/// One layer.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    name: String,
    bytes: u64,
    /// How far it is.
    pub(crate) state: State,
}

/// How far a layer is.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Nobody is at it yet.
    Pending,
    /// It was there.
    There,
    /// Another pull is at it.
    Waiting,
    /// So many bytes have come.
    Coming(Arc<AtomicU64>),
    /// It is in place.
    Done,
}

impl State {
    /// Whether nothing more happens to it.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::There | Self::Done => true,
            Self::Pending | Self::Waiting | Self::Coming(_) => false,
        }
    }
}

impl Row {
    /// A layer that nobody is at.
    pub(crate) fn new(digest: &Digest, bytes: u64) -> Self {
        Self { name: digest.hex()[..DIGITS].to_owned(), bytes, state: State::Pending }
    }

    /// Without anything that moves.
    pub(crate) fn plain(&self) -> String {
        let word = match &self.state {
            State::Pending => "Pulling fs layer",
            State::There => "Already exists",
            State::Waiting => "Waiting for another pull",
            State::Coming(_) => "Downloading",
            State::Done => "Pull complete",
        };
        format!("{}: {word}", self.name)
    }

    /// With a bar, if there is room for one.
    fn line(&self, width: usize) -> String {
        let State::Coming(_) = self.state else { return cut(self.plain(), width) };
        let received = self.received_bytes().min(self.bytes);
        let amount = format!("{}/{}", decimal(received), decimal(self.bytes));
        let head = self.plain();
        let room = width.saturating_sub(head.len() + amount.len() + 6).min(BAR_MAX);
        if room < 5 {
            return cut(format!("{head} {amount}"), width);
        }
        format!("{head} [{}]  {amount}", bar(received, self.bytes, room))
    }
}

fn cut(mut line: String, width: usize) -> String {
    line.truncate(width.saturating_sub(1));
    line
}

fn bar(received: u64, bytes: u64, room: usize) -> String {
    let filled = u128::from(received) * room as u128 / u128::from(bytes.max(1));
    let filled = usize::try_from(filled).unwrap_or(room).min(room);
    if filled == room {
        return "=".repeat(room);
    }
    format!("{}>{}", "=".repeat(filled), " ".repeat(room - filled - 1))
}

/// All lines, for a terminal of so many columns.
pub(crate) fn rows(rows: &[Row], width: usize) -> Vec<String> {
    rows.iter().map(|row| row.line(width)).collect()
}
