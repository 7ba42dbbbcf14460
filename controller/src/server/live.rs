//! What all connections of one board share: what is offered to it, when it was heard of, and how much it may ask.
//!
//! A poll that finds nothing new touches nothing but this.

use super::limits::Bucket;
use super::store::StateRef;
use limpet_protocol::fleet::enrol::ROOTS_MAX;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// See the module.
pub(crate) struct Live {
    offer: watch::Sender<Offer>,
    connections: AtomicU32,
    seen_s: AtomicU64,
    /// Its part of [`super::limits`].
    pub(crate) bucket: Mutex<Bucket>,
}

/// What a board is to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// It gets nothing any more.
    pub(crate) revoked: bool,
    /// Its desired state, if there is one.
    pub(crate) state: Option<StateRef>,
    /// It has the root of this generation.
    pub(crate) root_known: u64,
    /// It is given those up to this one.
    pub(crate) root_last: u64,
    /// Stands for all of that, with its quotes.
    pub(crate) etag: Box<str>,
}

impl Offer {
    /// Puts it together.
    pub(crate) fn new(revoked: bool, state: Option<StateRef>, root_known: u64, root_newest: u64) -> Self {
        let root_last = root_newest.min(root_known.saturating_add(ROOTS_MAX as u64));
        let mut etag = format!("\"{root_known}-{root_last}-");
        for byte in state.iter().flat_map(|state| &state.sha256[..16]) {
            // Writing to a string does not fail.
            let _ = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        Self { revoked, state, root_known, root_last, etag: etag.into_boxed_str() }
    }

    /// Whether a value of `If-None-Match` (RFC 9110, 13.1.2) names it.
    pub(crate) fn is_named(&self, header: &str) -> bool {
        let name = |text: &str| text.trim().trim_start_matches("W/") == &*self.etag;
        header.trim() == "*" || header.split(',').any(name)
    }
}

impl Live {
    /// Of a board without connections.
    pub(crate) fn new(seen_s: u64, now_s: u64) -> Self {
        Self {
            offer: watch::Sender::new(Offer::new(false, None, 0, 0)),
            connections: AtomicU32::new(0),
            seen_s: AtomicU64::new(seen_s),
            bucket: Mutex::new(Bucket::full(now_s)),
        }
    }

    /// Wakes polls if it is another one.
    pub(crate) fn set(&self, offer: Offer) {
        self.offer.send_if_modified(|old| {
            let differs = *old != offer;
            *old = offer;
            differs
        });
    }

    /// To look at it, and to wait for another.
    pub(crate) fn offers(&self) -> watch::Receiver<Offer> {
        self.offer.subscribe()
    }

    /// What is offered now.
    pub(crate) fn offer<T>(&self, look: impl FnOnce(&Offer) -> T) -> T {
        look(&self.offer.borrow())
    }

    /// It said something.
    pub(crate) fn heard(&self, now_s: u64) {
        self.seen_s.fetch_max(now_s, Ordering::Relaxed);
    }

    /// When it was heard of last.
    pub(crate) fn seen_s(&self) -> u64 {
        self.seen_s.load(Ordering::Relaxed)
    }

    /// Whether it has a connection.
    pub(crate) fn is_online(&self) -> bool {
        self.connections.load(Ordering::Relaxed) > 0
    }

    /// One connection more.
    pub(crate) fn connect(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub(crate) fn disconnect(&self, now_s: u64) {
        self.heard(now_s);
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Takes one request from what it may ask.
    pub(crate) fn may_ask(&self, now_s: u64) -> bool {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(&super::limits::BOARD, now_s)
    }
}
