//! Bringing a file of Limpet. Whoever takes its parts hashes them.

use super::Follower;
use crate::control::Wanted;
use crate::limits::CHUNK_BYTES_MAX;
use crate::line::Line;
use crate::process::{Halt, unwanted};
use crate::wire::Said;
use limpet_fetcher::trouble::Trouble;
use limpet_protocol::fleet::link::BLOB;
use std::fmt::Write;
use std::time::Instant;

impl Follower {
    /// As much of it as this connection brings; the next one brings the rest.
    pub(super) fn file(&mut self, line: &mut Line) -> Result<(), Halt> {
        let Some(wanted) = self.control.heard.wanted.take() else { return Ok(()) };
        self.patience.busy(Instant::now());
        let (from, target) = (wanted.from_bytes, path(&wanted));
        let range = (from > 0).then(|| ("Range", format!("bytes={from}-")));
        // Kept until it is there, or known not to come.
        self.control.heard.wanted = Some(wanted);
        let head = line.ask("GET", &target, range.into_iter().collect(), b"")?;
        let begins =
            head.field("content-range").is_some_and(|range| range.starts_with(&format!("bytes {from}-")));
        match head.status {
            200 if from == 0 => self.bring(line),
            206 if begins => self.bring(line),
            401 | 403 | 408 | 429 => Err(unwanted(line, &head).into()),
            200..=299 | 400..=499 => {
                let why = unwanted(line, &head).message;
                self.missing(&why)
            }
            _ => Err(unwanted(line, &head).into()),
        }
    }

    fn bring(&mut self, line: &mut Line) -> Result<(), Halt> {
        let mut buffer = [0; CHUNK_BYTES_MAX];
        loop {
            let count = line.connection().read(&mut buffer)?;
            let Some(wanted) = &mut self.control.heard.wanted else { return Ok(()) };
            if wanted.from_bytes + count as u64 > wanted.bytes {
                self.missing("it is longer than it is said to be")?;
                return Err(Trouble::passing("it sends more of a file than there is").into());
            }
            if count == 0 {
                return self.ended();
            }
            wanted.from_bytes += count as u64;
            self.control.say(&Said::Chunk(&buffer[..count]))?;
        }
    }

    fn ended(&mut self) -> Result<(), Halt> {
        match &self.control.heard.wanted {
            Some(wanted) if wanted.from_bytes < wanted.bytes => {
                self.missing("it is shorter than it is said to be")
            }
            Some(_) | None => {
                self.control.heard.wanted = None;
                Ok(self.control.say(&Said::Whole)?)
            }
        }
    }

    fn missing(&mut self, why: &str) -> Result<(), Halt> {
        self.control.heard.wanted = None;
        Ok(self.control.say(&Said::Missing(why))?)
    }
}

fn path(wanted: &Wanted) -> String {
    wanted.sha256.iter().fold(format!("{BLOB}/"), |mut path, byte| {
        // A string takes everything.
        let _ = write!(path, "{byte:02x}");
        path
    })
}
