//! Asking for the desired state, for ever: one long poll at a time, reports and files in between.
//!
//! While a poll waits at the controller the process waits too, and for nothing else: no timer runs but the poll's. What
//! cannot wait (an urgent report, a file) is asked for on a new connection in place of that of the poll. For a minute
//! after that, or after something came, polls are short: then more of it fits in between.

mod delivery;
mod file;
mod patience;

use crate::backoff::Backoff;
use crate::control::{Control, Woken};
use crate::limits::ETAG_BYTES_MAX;
use crate::line::{Controller, Line};
use crate::process::{Halt, fail, line, unwanted};
use crate::wire::Said;
use limpet_fetcher::base64::encode_url;
use limpet_fetcher::trouble::{Remedy, Trouble};
use limpet_protocol::fleet::link::{DESIRED, REPORT, WAIT};
use patience::Patience;
use std::io;
use std::time::{Duration, Instant};

/// An answer to a poll may be so much later than it should.
const GRACE: Duration = Duration::from_secs(60);
/// After news of the network, before it is tried: an address may still be on its way.
const HURRY_MS: u32 = 2000;
/// Connections that are given up for what cannot wait: one in so much time.
const PRESSING_TIME: Duration = Duration::from_secs(2);

struct Follower {
    control: Control,
    controller: Controller,
    /// Of what the parent has seen.
    etag: Option<String>,
    patience: Patience,
    backoff: Backoff,
    /// It is said to be well, on this connection.
    is_connected: bool,
}

/// How a poll ended.
enum Polled {
    /// With nothing new, or with something that was handed on.
    Answered,
    /// Something cannot wait for it.
    Pressed,
}

pub(crate) fn follow(
    control: Control,
    controller: Controller,
    wait_s: u32,
    etag: Option<String>,
    backoff_ms: u32,
) -> io::Result<()> {
    let etag = etag.filter(|etag| is_etag(etag));
    let (patience, backoff) = (Patience::new(wait_s), Backoff::of(backoff_ms));
    let mut follower = Follower { control, controller, etag, patience, backoff, is_connected: false };
    loop {
        let (begun, mut reached) = (Instant::now(), false);
        match follower.connection(&mut reached) {
            Ok(()) => follower.pause_ms(left_ms(PRESSING_TIME, begun), false)?,
            Err(Halt::Parent(error)) => return Err(error),
            Err(Halt::Trouble(trouble)) => {
                follower.recover(&trouble)?;
                if !reached {
                    let backoff_ms = follower.backoff.window_ms();
                    return follower.control.say(&Said::Stale { backoff_ms });
                }
            }
        }
    }
}

impl Follower {
    /// One connection, until it breaks or something cannot wait for its poll.
    fn connection(&mut self, reached: &mut bool) -> Result<(), Halt> {
        self.is_connected = false;
        (self.control.heard.hurry, self.control.heard.route) = (false, false);
        let proof = |control: &mut Control| control.heard.proof.take();
        let (mut line, proof) = line(&mut self.control, &self.controller, reached, proof)?;
        let proof = postcard::to_allocvec(&proof).map_err(io::Error::other)?;
        line.prove(encode_url(&proof));
        loop {
            self.control.catch_up()?;
            if self.control.heard.report.is_some() {
                self.report(&mut line)?;
            } else if self.control.heard.wanted.is_some() {
                self.file(&mut line)?;
            } else if let Polled::Pressed = self.poll(&mut line)? {
                return Ok(());
            }
            if !line.is_open() {
                return Ok(());
            }
        }
    }

    /// Says why, and waits as long as it must.
    fn recover(&mut self, trouble: &Trouble) -> io::Result<()> {
        fail(&mut self.control, trouble)?;
        let asked_s = match trouble.remedy {
            Remedy::Again(asked_s) => asked_s,
            Remedy::Elsewhere | Remedy::Plain | Remedy::None => None,
        };
        let wait_ms = self.backoff.failed_ms(asked_s, chance());
        self.pause_ms(wait_ms, asked_s.is_none())?;
        if self.control.heard.hurry {
            self.backoff.reset();
            self.pause_ms(u64::from(chance() % HURRY_MS), false)?;
        }
        Ok(())
    }

    /// Waits; not to the end when the network is another, if that is a reason.
    fn pause_ms(&mut self, ms: u64, may_hurry: bool) -> io::Result<()> {
        let until = Instant::now() + Duration::from_millis(ms);
        loop {
            self.control.heard.hurry |= std::mem::take(&mut self.control.heard.route);
            if may_hurry && self.control.heard.hurry {
                return Ok(());
            }
            if self.control.wait(None, Some(until))? == Woken::Late {
                return Ok(());
            }
        }
    }

    /// Whether what was heard of the network leaves this line behind.
    fn is_left(&mut self, line: &Line) -> bool {
        let route = std::mem::take(&mut self.control.heard.route);
        self.control.heard.hurry |= route && line.is_stranded();
        self.control.heard.hurry
    }

    fn poll(&mut self, line: &mut Line) -> Result<Polled, Halt> {
        // How it stands is known when an answer has come: the first is not put off.
        let wait = if self.is_connected { self.patience.wait(Instant::now()) } else { patience::SHORT };
        let mut fields = vec![(WAIT, wait.as_secs().to_string())];
        fields.extend(self.etag.clone().map(|etag| ("If-None-Match", etag)));
        let begun = Instant::now();
        line.send("GET", DESIRED, fields, b"")?;
        match self.await_answer(line, begun + wait + GRACE, wait > patience::SHORT) {
            Ok(Polled::Answered) => {}
            Ok(Polled::Pressed) => return Ok(Polled::Pressed),
            Err(Halt::Trouble(trouble)) => {
                self.patience.broke(begun.elapsed());
                return Err(trouble.into());
            }
            Err(halt) => return Err(halt),
        }
        let head = line.connection().answer()?;
        match head.status {
            304 => self.patience.unchanged(wait, begun.elapsed()),
            200 => self.deliver(line, &head)?,
            _ => return Err(unwanted(line, &head).into()),
        }
        self.connected()?;
        self.pause_ms(self.patience.pause_ms(chance()), false)?;
        Ok(Polled::Answered)
    }

    fn await_answer(&mut self, line: &mut Line, until: Instant, may_press: bool) -> Result<Polled, Halt> {
        loop {
            if line.has_answer()? {
                return Ok(Polled::Answered);
            }
            match self.control.wait(Some(rustix::fd::AsFd::as_fd(line)), Some(until))? {
                Woken::Line => {}
                Woken::Late => return Err(Trouble::slow("it did not answer a poll in time").into()),
                Woken::Heard if self.is_left(line) => {
                    return Err(Trouble::passing("this board reaches the network another way now").into());
                }
                Woken::Heard if may_press && self.is_pressed() => return Ok(Polled::Pressed),
                Woken::Heard => {}
            }
        }
    }

    fn is_pressed(&self) -> bool {
        let heard = &self.control.heard;
        heard.wanted.is_some() || heard.report.as_ref().is_some_and(|report| report.urgent)
    }

    fn connected(&mut self) -> io::Result<()> {
        self.backoff.reset();
        if !std::mem::replace(&mut self.is_connected, true) {
            self.control.say(&Said::Connected)?;
        }
        Ok(())
    }

    fn report(&mut self, line: &mut Line) -> Result<(), Halt> {
        let Some(report) = &self.control.heard.report else { return Ok(()) };
        if report.urgent {
            self.patience.busy(Instant::now());
        }
        let sequence = report.sequence;
        let head = line.ask("PUT", REPORT, Vec::new(), &report.bytes)?;
        match head.status {
            200..=299 => drop(line.connection().read_all(0)?),
            401 | 403 | 408 | 429 => return Err(unwanted(line, &head).into()),
            // The same bytes would meet the same answer for ever.
            400..=499 => {
                self.control.heard.report = None;
                return Err(unwanted(line, &head).of("a report").into());
            }
            _ => return Err(unwanted(line, &head).into()),
        }
        self.control.heard.report = None;
        Ok(self.control.say(&Said::Reported(sequence))?)
    }
}

/// What may be sent back as it came.
fn is_etag(text: &str) -> bool {
    !text.is_empty() && text.len() <= ETAG_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn left_ms(whole: Duration, begun: Instant) -> u64 {
    u64::try_from(whole.saturating_sub(begun.elapsed()).as_millis()).unwrap_or(0)
}

/// Any number. Without the kernel's it is always the same, which makes a crowd, and nothing worse.
fn chance() -> u32 {
    let mut bytes = [0; 4];
    let _same = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    u32::from_ne_bytes(bytes)
}
