//! Taking or refusing a document: the whole of a board's judgement.
//!
//! In: what the board remembers and the bytes that somebody delivered. Out: the document with what is to be remembered
//! from now on, or a [`Refusal`]. Nothing of what the board remembers changes here.

use crate::envelope::{self, Verified};
use crate::key;
use crate::memory::{Memory, Position, Taken};
use crate::refusal::Refusal;
use crate::time::Clock;
use alloc::boxed::Box;
use limpet_protocol::app::App;
use limpet_protocol::fleet::{
    Desired, Envelope, Keyring, Kind, PROGRAM_BYTES_MAX, ROOT_BYTES_MAX, Root, Target, Window,
};
use serde::de::DeserializeOwned;

/// What came of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The root that the board has.
    KnownRoot,
    /// The desired state that the board took last. It is to be carried out again: the power may have gone after the memory
    /// was durable and before the state was.
    Known(Desired),
    /// A root that follows the board's, and counts once the memory is durable.
    Root(Box<Memory>),
    /// A later desired state.
    Desired {
        /// What was signed.
        desired: Desired,
        /// What to make durable before anything is done about it.
        memory: Box<Memory>,
    },
}

/// Judges a document, of whatever kind and from wherever it came.
///
/// # Errors
/// See [`Refusal`]; the board's memory stays as it is.
pub fn accept(memory: &Memory, bytes: &[u8], clock: &Clock) -> Result<Accepted, Refusal> {
    let envelope = envelope::open(bytes)?;
    match envelope.kind {
        Kind::Root => root(memory, &envelope, clock),
        Kind::Desired => desired(memory, &envelope, clock),
    }
}

/// A root must follow the known one, and be signed by enough keys of both: by the old ones, who may replace the root, and
/// by its own, which shows that their secrets exist.
///
/// It may have expired: a board that was off for long comes to the present by way of every root it missed. Under an expired
/// root it then takes nothing.
fn root(memory: &Memory, envelope: &Envelope<'_>, clock: &Clock) -> Result<Accepted, Refusal> {
    // These bytes are pinned already; those who signed them may not count any more.
    if envelope::digest(envelope.payload) == memory.root_digest {
        return Ok(Accepted::KnownRoot);
    }
    let old = &memory.root;
    let verified = envelope::vouched(envelope, &old.root)?;
    let root = parse_root(verified.payload())?;
    envelope::nobody_else(envelope, &[&old.root, &root.root])?;
    envelope::vouched(envelope, &root.root)?;
    if root.fleet != old.fleet {
        return Err(Refusal::OtherFleet);
    }
    let (found, known) = (root.generation, old.generation);
    match found.checked_sub(known) {
        None => return Err(Refusal::RootRolledBack { found, known }),
        Some(0) => return Err(Refusal::Equivocation(known)),
        Some(1) => {}
        Some(_) => return Err(Refusal::RootGap { found, known }),
    }
    let floor_s = floor(memory, root.issued_s, clock)?;
    let memory = Memory { root, root_digest: verified.digest(), floor_s, ..memory.clone() };
    Ok(Accepted::Root(Box::new(memory)))
}

fn desired(memory: &Memory, envelope: &Envelope<'_>, clock: &Clock) -> Result<Accepted, Refusal> {
    let verified = envelope::verify(envelope, &memory.root.deploy)?;
    let desired: Desired = parse(verified.payload())?;
    addressed(memory, &desired)?;
    let position = Position { root: desired.root_generation, generation: desired.generation };
    let (found, known) = (position.root, memory.root.generation);
    if found > known {
        return Err(Refusal::RootMissing { found, known });
    }
    if is_known(&memory.taken, position, &verified)? {
        return Ok(Accepted::Known(desired));
    }
    let floor_s = floor(memory, desired.issued_s, clock)?;
    timely(memory, &desired, clock.now(floor_s).0)?;
    usable(&desired)?;
    let taken = Taken { position, digest: verified.digest() };
    let memory = Box::new(Memory { taken, floor_s, ..memory.clone() });
    Ok(Accepted::Desired { desired, memory })
}

fn is_known(taken: &Taken, found: Position, verified: &Verified<'_>) -> Result<bool, Refusal> {
    let known = taken.position;
    if found < known {
        return Err(Refusal::RolledBack { found, known });
    }
    match (found == known, verified.digest() == taken.digest) {
        (true, true) => Ok(true),
        (true, false) => Err(Refusal::Equivocation(known.generation)),
        (false, _) => Ok(false),
    }
}

fn addressed(memory: &Memory, desired: &Desired) -> Result<(), Refusal> {
    if desired.fleet != memory.root.fleet {
        return Err(Refusal::OtherFleet);
    }
    let ours = match &desired.target {
        Target::Board(board) => *board == memory.board,
        Target::Group(group) => memory.groups.contains(group),
    };
    if ours { Ok(()) } else { Err(Refusal::OtherBoard) }
}

/// The floor of time with what was signed at `issued_s`: a board that was off for long learns the time from there.
fn floor(memory: &Memory, issued_s: u64, clock: &Clock) -> Result<u64, Refusal> {
    if clock.is_ahead(issued_s, memory.floor_s) {
        return Err(Refusal::Ahead { issued_s, now_s: clock.now(memory.floor_s).0 });
    }
    Ok(memory.floor_s.max(issued_s))
}

/// Neither the root nor the state has expired. `now_s` is never before the state was signed, so what is said to be signed
/// after the root expired is refused, too: a deploy key moves the floor no further than that.
fn timely(memory: &Memory, desired: &Desired, now_s: u64) -> Result<(), Refusal> {
    if memory.root.expires_s < now_s {
        return Err(Refusal::RootExpired(memory.root.expires_s));
    }
    let expires_s = desired.expires_s;
    if expires_s < now_s { Err(Refusal::Expired { expires_s, now_s }) } else { Ok(()) }
}

fn usable(desired: &Desired) -> Result<(), Refusal> {
    if !desired.windows.iter().all(Window::is_valid) {
        return Err(Refusal::Invalid("a maintenance window in it is no time of the week"));
    }
    if desired.program.as_ref().is_some_and(|program| !(1..=PROGRAM_BYTES_MAX).contains(&program.bytes)) {
        return Err(Refusal::Invalid("the file of Limpet in it is larger than a board takes"));
    }
    for (at, app) in desired.apps.iter().enumerate() {
        if desired.apps[..at].iter().any(|earlier| earlier.name == app.name) {
            return Err(Refusal::Invalid("two apps in it have one name"));
        }
        // The second: it must fit into the ledger.
        app.validate().and_then(|()| app.encode().map(drop)).map_err(|source| {
            let app = app.name.chars().take(limpet_protocol::app::NAME_BYTES_MAX).collect();
            Refusal::InvalidApp { app, source }
        })?;
        by_digest(app)?;
    }
    Ok(())
}

fn by_digest(app: &App) -> Result<(), Refusal> {
    match app.workloads.iter().find(|workload| !names_digest(&workload.image)) {
        Some(workload) => Err(Refusal::ImageByTag(workload.image.clone())),
        None => Ok(()),
    }
}

/// `NAME@sha256:` and 64 digits.
fn names_digest(image: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    image
        .split_once('@')
        .and_then(|(name, digest)| Some((name, digest.strip_prefix("sha256:")?)))
        .is_some_and(|(name, hex)| !name.is_empty() && hex.len() == 64 && hex.bytes().all(digit))
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Refusal> {
    match postcard::take_from_bytes(payload) {
        Ok((document, [])) => Ok(document),
        Ok(_) => Err(Refusal::Invalid("something follows the document")),
        Err(_) => Err(Refusal::Invalid("it does not decode, or has more of something than a board takes")),
    }
}

/// A root whose payload is vouched for by somebody else: by its own predecessor, or by an operator's token.
pub(crate) fn parse_root(payload: &[u8]) -> Result<Root, Refusal> {
    if payload.len() > ROOT_BYTES_MAX {
        return Err(Refusal::Invalid("the root is larger than a root can be"));
    }
    let root: Root = parse(payload)?;
    satisfiable(&root.root)?;
    satisfiable(&root.deploy)?;
    if root.generation == 0 {
        return Err(Refusal::Invalid("the root's generation is 0; the first is 1"));
    }
    Ok(root)
}

/// A keyring that can be satisfied, and only by different people with secrets.
fn satisfiable(keyring: &Keyring) -> Result<(), Refusal> {
    let threshold = usize::from(keyring.threshold);
    if threshold == 0 || threshold > keyring.keys.len() {
        return Err(Refusal::Invalid("a threshold is not between 1 and the number of keys"));
    }
    let twice = |at: usize| keyring.keys[..at].contains(&keyring.keys[at]);
    if (0..keyring.keys.len()).any(twice) {
        return Err(Refusal::Invalid("a key stands twice in one role"));
    }
    if keyring.keys.iter().any(key::is_weak) {
        return Err(Refusal::Invalid("a key in it is one that anybody can sign for"));
    }
    Ok(())
}
