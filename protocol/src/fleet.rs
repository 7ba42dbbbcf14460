//! What an operator signs for a board, and the envelope that carries it.
//!
//! Roles are those of The Update Framework, cut down to what a board needs: a [`Root`] says whose signatures count, a
//! [`Desired`] says what a board is to run. Whoever stores and delivers an envelope can neither make nor change one.

pub mod enrol;
pub mod link;
pub mod report;

use crate::app::App;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Version of every document and of its envelope. Raised whenever one of them, or [`App`], changes its shape: what was
/// signed before would be read as something else.
pub const VERSION: u8 = 1;
/// Largest envelope that is looked at.
pub const ENVELOPE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most signatures on one envelope.
pub const SIGNATURES_MAX: usize = 16;
/// Most keys of one role.
pub const KEYS_MAX: usize = 16;
/// Most apps of one board.
pub const APPS_MAX: usize = 64;
/// Bytes of a group's name.
pub const GROUP_BYTES_MAX: usize = 63;
/// Groups that one board may belong to.
pub const GROUPS_MAX: usize = 8;
/// Most maintenance windows of one board.
pub const WINDOWS_MAX: usize = 8;
/// Bytes of the name of a version of Limpet.
pub const VERSION_NAME_BYTES_MAX: usize = 32;
/// Largest file of Limpet's own that a board takes.
pub const PROGRAM_BYTES_MAX: u32 = 16 * 1024 * 1024;
/// Largest root: it is read before its own keys have vouched for it.
pub const ROOT_BYTES_MAX: usize = 2048;

/// An ed25519 public key (RFC 8032). Whether its bytes are a point of the curve is found out when it is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey(pub [u8; 32]);

/// Which fleet: 32 random bytes, chosen with its first root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FleetId(pub [u8; 32]);

/// Which board: the public key that it made for itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BoardId(pub PublicKey);

/// Name of a group of boards.
pub type Group = heapless::String<GROUP_BYTES_MAX>;

/// What an envelope holds. It is part of what is signed: no document passes for one of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A [`Root`].
    Root,
    /// A [`Desired`].
    Desired,
}

/// A document with its signatures, still only a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<'a> {
    /// [`VERSION`].
    pub version: u8,
    /// What `payload` is.
    pub kind: Kind,
    /// The document in postcard's form.
    #[serde(borrow)]
    pub payload: &'a [u8],
    /// Each over the kind, the version and the payload's digest.
    pub signatures: heapless::Vec<Signature, SIGNATURES_MAX>,
}

/// An ed25519 signature (RFC 8032), in its two halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who signed.
    pub key: PublicKey,
    /// The point R.
    pub r: [u8; 32],
    /// The scalar S.
    pub s: [u8; 32],
}

/// Keys of one role, and how many of them must sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring {
    /// Each once.
    pub keys: heapless::Vec<PublicKey, KEYS_MAX>,
    /// 1 to as many as there are keys.
    pub threshold: u8,
}

/// Whose signatures count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Of which fleet.
    pub fleet: FleetId,
    /// One more than that of the root it replaces; the first is 1.
    pub generation: u64,
    /// Seconds since 1970 at which it was signed.
    pub issued_s: u64,
    /// Seconds since 1970 after which no desired state is believed under it; a root that follows it still is.
    pub expires_s: u64,
    /// Who may replace the root.
    pub root: Keyring,
    /// Who may say what boards run.
    pub deploy: Keyring,
}

/// For whom a desired state is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// This board alone.
    Board(BoardId),
    /// Every board that was enrolled into this group.
    Group(Group),
}

/// What a board is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// Of which fleet.
    pub fleet: FleetId,
    /// For whom.
    pub target: Target,
    /// Generation of the root that it was signed under. A later root begins a new count of generations, so that a stolen
    /// deploy key that used up the highest one locks nobody out for good.
    pub root_generation: u64,
    /// Higher than that of every state before it under this root, for whichever target: a fleet has one count.
    pub generation: u64,
    /// Seconds since 1970 at which it was signed: it is never earlier than that.
    pub issued_s: u64,
    /// Seconds since 1970 after which it is no longer taken. What runs already goes on running.
    pub expires_s: u64,
    /// When apps may be changed; at any time if there are none.
    pub windows: heapless::Vec<Window, WINDOWS_MAX>,
    /// The file of Limpet that the board is to run; `None` leaves it as it is.
    pub program: Option<Program>,
    /// All apps; at most [`APPS_MAX`]. Their images are named by digest.
    #[serde(deserialize_with = "apps")]
    pub apps: Vec<App>,
}

/// A time of the week in which a board may change what it runs. UTC: a board needs no table of time zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// On which days it begins: bit 0 is Monday.
    pub days: u8,
    /// Minutes after midnight at which it begins, 0 to 1439.
    pub from_minute: u16,
    /// How long it is, 1 to 1440; it may end on the next day.
    pub minutes: u16,
}

impl Window {
    /// It has a day and a length, and stands within a day.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        (1..=0x7f).contains(&self.days) && self.from_minute < 1440 && (1..=1440).contains(&self.minutes)
    }
}

/// A file of Limpet for one architecture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// As `limpet --version` says it.
    pub version: heapless::String<VERSION_NAME_BYTES_MAX>,
    /// SHA-256 of the file, which the controller delivers ([`link::BLOB`]).
    pub sha256: [u8; 32],
    /// Its bytes, at most [`PROGRAM_BYTES_MAX`].
    pub bytes: u32,
}

/// No more than [`APPS_MAX`] are ever in memory, however many the bytes claim.
fn apps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<App>, D::Error> {
    struct Apps;

    impl<'de> Visitor<'de> for Apps {
        type Value = Vec<App>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {APPS_MAX} apps")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<App>, A::Error> {
            let mut apps = Vec::new();
            while let Some(app) = list.next_element()? {
                if apps.len() == APPS_MAX {
                    return Err(Error::custom("too many apps"));
                }
                apps.push(app);
            }
            Ok(apps)
        }
    }

    deserializer.deserialize_seq(Apps)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for FleetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for BoardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Display for FleetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal(&self.0, f)
    }
}

impl fmt::Display for BoardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

fn hexadecimal(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
