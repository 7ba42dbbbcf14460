//! Why a document is refused. Each reason is one that an operator can act on.

use crate::memory::Position;
use alloc::string::String;
use limpet_protocol::app::InvalidApp;
use limpet_protocol::fleet::{ENVELOPE_BYTES_MAX, PublicKey, VERSION};

/// Why a document is not taken. What runs already goes on running.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than are looked at.
    #[error("it has {0} bytes, more than the {ENVELOPE_BYTES_MAX} that are looked at")]
    Oversize(usize),
    /// Cut short, or something after its end, or not an envelope at all.
    #[error("it is no signed document, or was cut short")]
    Malformed,
    /// Made for another version.
    #[error("it is of version {0}, this board knows version {VERSION}; update Limpet first")]
    UnknownVersion(u8),
    /// A key has signed that does not count: it was rotated away, is of another fleet, or of another role.
    #[error(
        "it is signed by {0}, which the fleet's root does not name for this; sign it with a key that counts"
    )]
    UnknownKey(PublicKey),
    /// A key that counts did not make the signature that names it.
    #[error("the signature of {0} on it is not that key's; it was forged or changed, deliver it again")]
    BadSignature(PublicKey),
    /// Not enough keys that count have signed.
    #[error("it has {good} of {needed} signatures; more keys must sign it (limpetctl sign)")]
    TooFewSignatures {
        /// How many have.
        good: usize,
        /// How many must.
        needed: usize,
    },
    /// The signatures hold, but what was signed cannot be used.
    #[error("what was signed is not valid: {0}")]
    Invalid(&'static str),
    /// An app in it breaks a rule of apps.
    #[error("app {app} in it is not valid")]
    InvalidApp {
        /// Which.
        app: String,
        /// Why.
        source: InvalidApp,
    },
    /// An image is named by a tag, which somebody else could move.
    #[error("image {0} in it is not named by its digest; sign it again with limpetctl apply")]
    ImageByTag(String),
    /// For another fleet.
    #[error("it is for another fleet")]
    OtherFleet,
    /// For another board, or a group that this board is not in.
    #[error("it is for another board")]
    OtherBoard,
    /// Older than what the board has taken already.
    #[error("it is {found}, older than {known}, which this board has taken already")]
    RolledBack {
        /// Of the document.
        found: Position,
        /// Of the board.
        known: Position,
    },
    /// A root older than the board's.
    #[error("it is root {found}, older than root {known}, which this board has taken already")]
    RootRolledBack {
        /// Of the document.
        found: u64,
        /// Of the board.
        known: u64,
    },
    /// Two different documents under one generation.
    #[error(
        "it differs from the document of generation {0} that this board has; one generation was signed twice"
    )]
    Equivocation(u64),
    /// A root that does not follow the one before it.
    #[error("root {found} does not follow root {known}; each root in between is needed, in order")]
    RootGap {
        /// Of the document.
        found: u64,
        /// Of the board.
        known: u64,
    },
    /// Signed under a root that the board does not have yet.
    #[error("it was signed under root {found}, this board has root {known}; deliver the roots first")]
    RootMissing {
        /// Of the document.
        found: u64,
        /// Of the board.
        known: u64,
    },
    /// Too old.
    #[error("it expired at {expires_s} s since 1970, and it is at least {now_s}; sign it again")]
    Expired {
        /// When.
        expires_s: u64,
        /// The earliest time that it can be now.
        now_s: u64,
    },
    /// The root itself is too old to believe anything new under it.
    #[error("the fleet's root expired at {0} s since 1970; sign a new one with limpetctl keys rotate")]
    RootExpired(u64),
    /// Signed later than it is now.
    #[error(
        "it says it was signed at {issued_s} s since 1970, and it is {now_s}; set the clock where it was signed"
    )]
    Ahead {
        /// When it says.
        issued_s: u64,
        /// What the board's synchronised clock says.
        now_s: u64,
    },
}

impl core::fmt::Display for Position {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "generation {} under root {}", self.generation, self.root)
    }
}
