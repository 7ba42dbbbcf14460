//! What the process and its parent say to each other, over a socket: frames of a length and a postcard.
//!
//! The parent is believed by the process; the process is believed nothing by the parent but the form of its messages.
//!
//! # How it goes
//!
//! 1. The parent sends [`Terms`], once.
//! 2. Whenever the process has made a connection it sends [`Said::Prove`], and the parent answers with [`Told::Proof`] (or,
//!    under terms that enrol, with [`Told::Enrol`]). The process waits 30 s for that.
//! 3. What the controller delivers comes as [`Said::Root`] (in order, perhaps none), [`Said::Desired`] (perhaps none) and
//!    [`Said::Delivered`]. Once all of it was durably taken or refused, the parent says [`Told::Seen`]. Until then the
//!    process does not ask for more; if it has to begin anew, the same comes again.
//! 4. [`Told::Report`] may come at any time; a newer one takes the place of one that is not sent yet. [`Said::Reported`]
//!    tells which one the controller has.
//! 5. [`Told::Fetch`] is answered with [`Said::Chunk`]s and [`Said::Whole`] or [`Said::Missing`]. One file at a time.
//! 6. [`Said::Connected`] and [`Said::Failing`] tell how it stands; each may come again and again.
//! 7. After [`Said::Stale`] the process ends, and wants to be started again at once: it keeps the `resolv.conf` of its start,
//!    which may be another by now. If it ends without that, start it again after a while. Either way the parent then sends
//!    its newest report again, unless it was [`Said::Reported`].

use limpet_fetcher::proxy::ProxyVariables;
use limpet_protocol::fleet::link::Proof;
use serde::{Deserialize, Serialize};

/// What the process is told first, for all its life.
#[derive(Clone, Serialize, Deserialize)]
pub struct Terms {
    /// `https://HOST[:PORT]`
    pub url: String,
    /// SHA-256 of the SubjectPublicKeyInfo of the controller's certificate.
    pub pin: [u8; 32],
    /// What the environment says of proxies.
    pub proxies: ProxyVariables,
    /// What it is there for.
    pub purpose: Purpose,
}

/// What the process is there for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To enrol, and end.
    Enrol,
    /// To ask for a desired state for ever.
    Follow {
        /// Seconds that a poll waits at most, see [`crate::limits::WAIT_S_DEFAULT`].
        wait_s: u32,
        /// Of the last [`Told::Seen`], if the parent remembers it.
        etag: Option<String>,
        /// Of the last [`Said::Stale`]; 0 otherwise.
        backoff_ms: u32,
    },
}

/// What the process is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The answer to [`Said::Prove`].
    Proof(Proof),
    /// The answer to [`Said::Prove`] of a board that is in no fleet yet: a [`limpet_protocol::fleet::enrol::Enrol`].
    Enrol(Vec<u8>),
    /// A [`limpet_protocol::fleet::report::Report`] to be delivered.
    Report {
        /// Its number, for [`Said::Reported`].
        sequence: u64,
        /// At once, even if that needs a new connection; otherwise when a poll has ended.
        urgent: bool,
        /// As it is sent.
        bytes: Vec<u8>,
    },
    /// What was delivered with this `ETag` was durably taken or refused: it need not come again.
    Seen(String),
    /// A file of Limpet is wanted.
    Fetch {
        /// Which.
        sha256: [u8; 32],
        /// Without so many bytes at its beginning, which are there already.
        from_bytes: u64,
        /// Bytes of the whole.
        bytes: u64,
    },
    /// The network is another: a wait between attempts is not worth waiting for, and an open connection may be dead.
    Hurry,
}

/// What the process says. Where it says bytes or words of the controller's they are claims, and may hold anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said<'a> {
    /// What the exporter of a new connection gives, to be signed by [`limpet_protocol::fleet::link::proven`].
    Prove([u8; 32]),
    /// A claimed envelope of a root.
    Root(&'a [u8]),
    /// A claimed envelope of a desired state.
    Desired(&'a [u8]),
    /// That was all that this `ETag` stands for.
    Delivered(&'a str),
    /// The controller has the report of this number.
    Reported(u64),
    /// A part of the file, after those before.
    Chunk(&'a [u8]),
    /// All of the file has come.
    Whole,
    /// The file does not come, and why.
    Missing(&'a str),
    /// The controller answers.
    Connected,
    /// It does not, and why, in one line. It is tried again.
    Failing(&'a str),
    /// The process ends, to be started anew with this [`Purpose::Follow`].
    Stale {
        /// Where its pauses between attempts stood.
        backoff_ms: u32,
    },
    /// The board is enrolled, as the controller claims: the [`Said::Root`]s before begin with the token's, and this is how it
    /// calls the board. Nothing follows.
    Enrolled(&'a str),
    /// The controller, or what lies before it, refuses to enrol this board, and why; nothing follows.
    Refused(&'a str),
}
