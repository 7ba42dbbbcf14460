//! Asking the controller, by way of a confined process.

use super::{Answer, request};
use crate::failure::Failure;
use crate::pulling::{SELF, variable};
use limpet_fetcher::proxy::ProxyVariables;
use limpet_protocol::fleet::enrol::{ROOTS_MAX, Token};
use limpet_sync::courier::{Courier, command};
use limpet_sync::wire::{Purpose, Said, Terms, Told};
use limpet_trust::sign::Secret;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::path::Path;
use std::time::{Duration, Instant};

/// For all of it.
const TIME_MAX: Duration = Duration::from_secs(180);

/// Enrols; what comes back is not believed yet.
///
/// # Errors
/// The controller is not reached, or refuses.
pub(crate) fn exchange(token: &Token, secret: &Secret, name: &str) -> Result<Answer, Failure> {
    let terms = Terms {
        url: token.url.as_str().to_owned(),
        pin: token.pin,
        proxies: ProxyVariables::of(variable),
        purpose: Purpose::Enrol,
    };
    let (mut courier, theirs) = Courier::pair(&terms)?;
    let mut child = command(Path::new(SELF), theirs).spawn()?;
    let answer = converse(&mut courier, token, secret, name);
    // It has ended, or there is nothing more to be heard of it.
    let _killed = child.kill();
    let _reaped = child.wait();
    answer.map_err(|failure| failure.during(&format!("ask the controller {}", token.url)))
}

fn converse(courier: &mut Courier, token: &Token, secret: &Secret, name: &str) -> Result<Answer, Failure> {
    let until = Instant::now() + TIME_MAX;
    let mut answer = Answer::default();
    loop {
        let reply = match courier.receive()? {
            None => {
                wait(courier, until)?;
                continue;
            }
            Some(Said::Prove(exported)) => {
                Told::Enrol(postcard::to_allocvec(&request(token, secret, name, &exported))?)
            }
            Some(Said::Root(root)) if answer.roots.len() < ROOTS_MAX => {
                answer.roots.push(root.to_vec());
                continue;
            }
            Some(Said::Enrolled(name)) => return Ok(Answer { name: line(name), ..answer }),
            Some(Said::Refused(why) | Said::Failing(why)) => return Err(Failure::new(line(why))),
            Some(
                Said::Root(_)
                | Said::Desired(_)
                | Said::Delivered(_)
                | Said::Reported(_)
                | Said::Chunk(_)
                | Said::Whole
                | Said::Missing(_)
                | Said::Connected
                | Said::Stale { .. },
            ) => return Err(Failure::new("the process limpet sync talks nonsense")),
        };
        courier.send(&reply)?;
    }
}

fn wait(courier: &Courier, until: Instant) -> Result<(), Failure> {
    let left = until.saturating_duration_since(Instant::now());
    let timeout = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
    match poll(&mut [PollFd::new(courier, PollFlags::IN)], Some(&timeout)) {
        Ok(0) => Err(Failure::new("it did not answer in time")),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// One line without control characters, whoever wrote it.
fn line(text: &str) -> String {
    limpet_fetcher::trouble::shown(text)
}
