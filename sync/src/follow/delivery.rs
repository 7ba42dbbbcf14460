//! Handing on what was delivered. Its parts are split here, where it does no harm; what they say the parent finds out.

use super::{Follower, is_etag};
use crate::control::Woken;
use crate::line::Line;
use crate::process::Halt;
use crate::wire::Said;
use limpet_fetcher::http::head::Head;
use limpet_fetcher::trouble::Trouble;
use limpet_protocol::fleet::ENVELOPE_BYTES_MAX;
use limpet_protocol::fleet::enrol::ROOTS_MAX;
use limpet_protocol::fleet::link::{DELIVERY_BYTES_MAX, Delivery};
use std::time::{Duration, Instant};

/// For the parent to make it durable, on the slowest of cards.
const SEEN_TIME_MAX: Duration = Duration::from_secs(120);

impl Follower {
    /// Takes the answer's body and waits until the parent has seen it.
    pub(super) fn deliver(&mut self, line: &mut Line, head: &Head) -> Result<(), Halt> {
        let etag = head.field("etag").filter(|etag| is_etag(etag)).unwrap_or_default();
        let bytes = line.connection().read_all(DELIVERY_BYTES_MAX as u64)?;
        let delivery = parse(&bytes).ok_or_else(|| Trouble::passing("what it delivers makes no sense"))?;
        drop(bytes);
        self.patience.delivered(Instant::now());
        self.control.heard.seen = None;
        for root in &delivery.roots {
            self.control.say(&Said::Root(root))?;
        }
        if !delivery.desired.is_empty() {
            self.control.say(&Said::Desired(&delivery.desired))?;
        }
        self.control.say(&Said::Delivered(etag))?;
        drop(delivery);
        self.await_seen(etag)
    }

    fn await_seen(&mut self, etag: &str) -> Result<(), Halt> {
        let until = Instant::now() + SEEN_TIME_MAX;
        loop {
            match self.control.heard.seen.take() {
                Some(seen) if seen == etag => {
                    self.etag = Some(seen).filter(|seen| !seen.is_empty());
                    return Ok(());
                }
                // Of another time.
                Some(_) | None => {}
            }
            if self.control.wait(None, Some(until))? == Woken::Late {
                // It comes again, ever less often.
                return Ok(());
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Delivery> {
    let (delivery, rest) = postcard::take_from_bytes::<Delivery>(bytes).ok()?;
    let roots = delivery.roots.len() <= ROOTS_MAX;
    let sizes = delivery.roots.iter().chain([&delivery.desired]).all(|part| part.len() <= ENVELOPE_BYTES_MAX);
    (rest.is_empty() && roots && sizes).then_some(delivery)
}
