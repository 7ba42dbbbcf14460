//! Effects for a fleet: judging documents, and fetching what an app needs.
//!
//! They may be large, and come from anybody; so none of it happens in the supervisor's memory.

use super::status;
use crate::board::Board;
use crate::failure::Failure;
use crate::fleet::{Files, Outline, TakeError, Taken, read, take, version};
use crate::screen;
use crate::verbs::bring_images;
use limpet_protocol::fleet::{Desired, ENVELOPE_BYTES_MAX, Envelope, Kind, Root};
use limpet_protocol::ledger::{Entry, Phase};
use limpet_trust::envelope;
use std::path::Path;

fn files(board: &Board) -> Files {
    Files::new(Path::new(&board.globals.root), board.state())
}

/// `take FILE...`: judges the documents, roots first, and writes down an outline of what is to be followed from now on. A
/// line for each on standard output if it was taken, and on standard error if it was refused.
pub(super) fn documents(board: &Board, paths: &[&str]) -> Result<u8, Failure> {
    let files = files(board);
    let _lock = files.lock()?;
    let mut memory = files.memory()?;
    files.mend(&memory)?;
    let mut all = Vec::new();
    for path in paths {
        let bytes = read(Path::new(path), ENVELOPE_BYTES_MAX)?
            .ok_or_else(|| Failure::new(format!("{path}: there is no such file")))?;
        all.push((place(&bytes), *path, bytes));
    }
    all.sort();
    let mut ended = status::DONE;
    for (_, path, bytes) in all {
        match take(&files, &mut memory, &bytes) {
            Ok(taken) => screen::line(&format!("{path}: {}", told(&taken, &memory))),
            Err(TakeError::Refused(refusal)) => {
                screen::complain(&format!("{path}: refused: {refusal}"));
                ended = status::UNWELL;
            }
            Err(TakeError::Files(error)) => return Err(error.into()),
        }
    }
    let desired = files.desired(&memory).ok();
    files.put_outline(&Outline::of(&memory, desired.as_ref()))?;
    Ok(ended)
}

/// Roots come before states, in the order of their generations. What a document says here is not believed.
fn place(bytes: &[u8]) -> (bool, u64) {
    let Ok(envelope) = envelope::open(bytes) else { return (true, 0) };
    let root = || postcard::from_bytes::<Root>(envelope.payload).map_or(0, |root| root.generation);
    match envelope {
        Envelope { kind: Kind::Root, .. } => (false, root()),
        Envelope { kind: Kind::Desired, .. } => (true, 0),
    }
}

fn told(taken: &Taken, memory: &limpet_trust::Memory) -> String {
    match taken {
        Taken::Known => "known already".to_owned(),
        Taken::Root => format!("taken, root {}", memory.root.generation),
        Taken::Desired { now, before } => {
            format!("taken, generation {}: {}", now.generation, changes(before.as_deref(), now))
        }
    }
}

/// What a state changes, in words.
fn changes(before: Option<&Desired>, now: &Desired) -> String {
    let old = before.map_or(&[][..], |before| &before.apps);
    let mut words = Vec::new();
    for app in &now.apps {
        match old.iter().find(|old| old.name == app.name) {
            None => words.push(format!("adds {}", app.name)),
            Some(old) if old != app => words.push(format!("changes {}", app.name)),
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|old| now.apps.iter().all(|app| app.name != old.name));
    words.extend(gone.map(|app| format!("removes {}", app.name)));
    if let Some(program) = now.program.as_ref().filter(|_| before.is_none_or(|b| b.program != now.program)) {
        words.push(format!("brings limpet {}", program.version));
    }
    if words.is_empty() { "changes no app".to_owned() } else { words.join(", ") }
}

/// `fetch APP`: brings every image of it, so that no network is needed afterwards, and puts the app aside with their ids. Says
/// which version that is.
pub(super) fn fetch(board: &Board, name: &str) -> Result<u8, Failure> {
    let files = files(board);
    let desired = files.desired(&files.memory()?)?;
    let Some(mut app) = desired.apps.into_iter().find(|app| app.name == name) else {
        return Ok(status::DISAGREES);
    };
    let version = version(&app);
    let ready = files.ready();
    let entry = |app| Entry { app, phase: Phase::Up { settled: false }, update: None };
    // From now on what is fetched already is needed: see `image_users`.
    ready.put(&entry(app.clone()))?;
    bring_images(board, &mut app)?;
    // It may have left the fleet meanwhile.
    if !files.is_member() {
        return Ok(status::DISAGREES);
    }
    ready.put(&entry(app))?;
    screen::line(&version.to_string());
    Ok(status::DONE)
}
