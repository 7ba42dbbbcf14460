//! `limpet sync`: confines itself, hears its terms, and then enrols once or follows for ever.

use crate::control::{Control, Woken};
use crate::line::{Controller, Line};
use crate::network::Network;
use crate::wire::{Purpose, Said, Terms};
use crate::{enrol, follow};
use limpet_fetcher::confine::{SYNC_ID, confine};
use limpet_fetcher::http::head::Head;
use limpet_fetcher::trouble::{Remedy, Trouble, shown};
use std::error::Error;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// For the parent to sign.
const PROOF_TIME_MAX: Duration = Duration::from_secs(30);
/// Largest text of an answer that is no success.
const ANSWER_BYTES_MAX: u64 = 4096;
/// A controller that refuses a board is not asked again before.
const REFUSED_S: u64 = 900;

/// Why an attempt ended.
pub(crate) enum Halt {
    /// The parent is gone, and so are we.
    Parent(io::Error),
    /// The controller, or the way to it.
    Trouble(Trouble),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Parent(error)
    }
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Entry of the process: its parent is at standard input, a socket; standard output may be one that tells of routes.
#[must_use]
pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // Who would hear of it is gone.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<()> {
    // Found out once, and by what is not allowed later.
    let _page_bytes = rustix::param::page_size();
    let confined = confine(SYNC_ID);
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    if let Err(error) = confined {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let why = format!("the process that asks the controller: {error}: {source}");
        return limpet_fetcher::wire::send(&mut socket, &Said::Failing(&why));
    }
    let terms: Option<Terms> = limpet_fetcher::wire::receive(&mut socket)?;
    let terms = terms.ok_or(io::ErrorKind::UnexpectedEof)?;
    let network = Network::of(io::stdout().as_fd().try_clone_to_owned()?);
    let mut control = Control::new(socket, network);
    let controller = match Controller::of(&terms) {
        Ok(controller) => controller,
        Err(trouble) => return fail(&mut control, &trouble),
    };
    match terms.purpose {
        Purpose::Enrol => enrol::enrol(&mut control, &controller),
        Purpose::Follow { wait_s, etag, backoff_ms } => {
            follow::follow(control, controller, wait_s, etag, backoff_ms)
        }
    }
}

pub(crate) fn fail(control: &mut Control, trouble: &Trouble) -> io::Result<()> {
    control.say(&Said::Failing(&shown(&trouble.message)))
}

/// Opens a line and waits for the parent's word on it, which `word` finds among what was heard.
pub(crate) fn line<T>(
    control: &mut Control,
    controller: &Controller,
    reached: &mut bool,
    word: fn(&mut Control) -> Option<T>,
) -> Result<(Line, T), Halt> {
    let reaching = controller.reach()?;
    *reached = true;
    let (line, exported) = reaching.secure()?;
    // A word about another connection says nothing about this one.
    word(control);
    control.say(&Said::Prove(exported))?;
    let until = Instant::now() + PROOF_TIME_MAX;
    loop {
        if let Some(word) = word(control) {
            return Ok((line, word));
        }
        if control.wait(None, Some(until))? == Woken::Late {
            return Err(Trouble::slow("the supervisor did not sign in time").into());
        }
    }
}

/// What an answer means that is no success; its text is read for people.
pub(crate) fn unwanted(line: &mut Line, head: &Head) -> Trouble {
    let status = head.status;
    let text = line.connection().read_all(ANSWER_BYTES_MAX).unwrap_or_default();
    let text = shown(&String::from_utf8_lossy(&text));
    let says = if text.is_empty() { String::new() } else { format!(": {text}") };
    let asked_s = limpet_fetcher::retry::after_s(head.field("retry-after"), head.field("date"));
    let (what, asked_s) = match status {
        403 => ("refuses this board", Some(asked_s.unwrap_or(REFUSED_S))),
        401 => ("does not take this board's proof", asked_s),
        429 | 503 => ("is busy", asked_s),
        300..=399 => ("leads elsewhere, which is not followed", asked_s),
        _ => ("gives an answer that makes no sense", asked_s),
    };
    Trouble { message: format!("it {what} (status {status}){says}"), remedy: Remedy::Again(asked_s) }
}
