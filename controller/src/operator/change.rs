//! From what people want of boards to a rollout: who is meant, what they have, what differs, signing, uploading.

use super::cli::{Change, Strategy};
use super::content::{Content, Stamp};
use super::context::Signed;
use super::differences::{differences, grouped};
use super::draft::Draft;
use super::encoding::{base64, from_base64, key, now_s, shown};
use super::failure::{During, Failure, Outcome};
use super::files;
use super::screen::say;
use super::session::Session;
use crate::api::{Board, BoardDesired, BoardUpload, NewRollout, Rollout};
use limpet_fleet::selector;
use limpet_protocol::fleet::{BoardId, Desired, Keyring};
use limpet_trust::Position;
use limpet_trust::sign::{Secret, seal};
use std::path::Path;
use std::sync::Arc;

/// Most names of boards in one line.
const NAMES_SHOWN: usize = 5;

/// One board that is meant.
pub(crate) struct Target {
    pub(crate) board: Board,
    id: BoardId,
    pub(crate) before: Content,
    pub(crate) after: Content,
    /// What was before is not known: an undo leaves the new state.
    anew: bool,
}

/// Whose signatures make a board's last state something to build on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// Keys that count now.
    Present,
    /// Also keys that counted when it was signed: all of it is shown before it is signed again.
    Once,
}

/// Boards that a change means, with what they have now.
pub(crate) async fn targets(session: &mut Session, change: &Change) -> Outcome<Vec<Target>> {
    targets_by(session, change, Belief::Present).await
}

/// As [`targets`], by that belief.
pub(crate) async fn targets_by(
    session: &mut Session,
    change: &Change,
    belief: Belief,
) -> Outcome<Vec<Target>> {
    let selector = selector::parse(&change.to).during(|| format!("--to {:?}", change.to))?;
    if selector.is_all() && !change.all {
        return Err(Failure::new("--to says nothing, which means all boards; say --all if you mean them"));
    }
    let boards = session.boards().await?.boards;
    let meant = boards.into_iter().filter(|board| selector.selects(&board.labels) && !board.revoked);
    let (left, boards): (Vec<Board>, Vec<Board>) = meant.partition(|board| board.cordoned);
    for board in &left {
        eprintln!("board {} is cordoned and left out", shown(&board.name));
    }
    if boards.is_empty() {
        return Err(Failure::new(format!(
            "no board has the labels {:?}; see limpetctl get boards -o wide",
            change.to
        )));
    }
    let mut targets = Vec::new();
    for board in boards {
        let id = key(&board.id).map(BoardId);
        let id =
            id.ok_or_else(|| Failure::new(format!("the id of board {} is no key", shown(&board.name))))?;
        let (before, anew) = match before(session, &board, id, belief).await {
            Ok(before) => (before, false),
            Err(failure) if change.anew => {
                eprintln!("board {}: {}; it begins anew", shown(&board.name), failure.line);
                (Content::default(), true)
            }
            Err(failure) => {
                let renew =
                    if board.sign_anew { ", limpetctl renew shows it and signs it again" } else { "" };
                return Err(Failure::new(format!(
                    "board {}: {}; --anew gives up what that was{renew}",
                    shown(&board.name),
                    failure.line
                )));
            }
        };
        targets.push(Target { board, id, after: before.clone(), before, anew });
    }
    Ok(targets)
}

/// The last state of a board.
async fn before(session: &mut Session, board: &Board, id: BoardId, belief: Belief) -> Outcome<Content> {
    let shows: BoardDesired = session.get(&format!("/boards/{}/desired", board.id)).await?;
    let desired = match shows.desired {
        None => None,
        Some(text) => {
            let bytes = from_base64(&text).ok_or_else(|| Failure::new("its state is no base64url"))?;
            let read = match belief {
                Belief::Present => session.chain.desired(&bytes, id),
                Belief::Once => session.chain.once(&bytes, id),
            };
            Some(read.during(|| "believe its last state".to_owned())?)
        }
    };
    newest(session, desired, board, id).map(Content::of)
}

/// What the controller shows, or what went to the board on a stick from here, if it says that it has that.
fn newest(
    session: &Session,
    desired: Option<Desired>,
    board: &Board,
    id: BoardId,
) -> Outcome<Option<Desired>> {
    let taken = board.report.as_ref().map_or((0, 0), |report| report.taken);
    let taken = Position { root: taken.0, generation: taken.1 };
    let shows = desired.as_ref().map_or(Position::default(), position);
    if taken <= shows {
        return Ok(desired);
    }
    // One that is not to be believed any more is as good as none.
    let written = session.place.written(id)?.and_then(|bytes| session.chain.desired(&bytes, id).ok());
    if let Some(written) = written.filter(|written| position(written) == taken) {
        return Ok(Some(written));
    }
    let lost = lost(desired.as_ref(), board);
    let from = format!(
        "it has taken {taken}, from a stick maybe, and the controller knows nothing later than {shows}"
    );
    if lost.is_empty() {
        eprintln!("board {}: {from}; that is built on", shown(&board.name));
        return Ok(desired);
    }
    Err(Failure::new(format!("{from}: {} would be lost", lost.join(", "))))
}

fn position(desired: &Desired) -> Position {
    Position { root: desired.root_generation, generation: desired.generation }
}

/// Apps that a board says it has, and that are not in that state.
fn lost(desired: Option<&Desired>, board: &Board) -> Vec<String> {
    let known = |name: &str| desired.is_some_and(|desired| desired.apps.iter().any(|app| app.name == name));
    let apps = board.report.iter().flat_map(|report| &report.apps);
    apps.filter(|app| !known(&app.name)).map(|app| shown(&app.name)).collect()
}

/// Shows what differs; signs and uploads it, or writes it where a stick can be.
pub(crate) async fn carry_out(
    session: &mut Session,
    secret: &Arc<Secret>,
    mut targets: Vec<Target>,
    change: &Change,
    subject: &str,
) -> Outcome<()> {
    targets.retain(|target| target.before != target.after);
    show(&targets);
    if targets.is_empty() || change.dry_run {
        return Ok(());
    }
    deliver(session, secret, &targets, change, subject).await
}

/// Signs and uploads it, or writes it where a stick can be, or for others to sign.
pub(crate) async fn deliver(
    session: &mut Session,
    secret: &Arc<Secret>,
    targets: &[Target],
    change: &Change,
    subject: &str,
) -> Outcome<()> {
    let signers = signers(session, secret, change)?;
    let deploy = &session.chain.root().deploy;
    if change.draft.is_none() {
        enough(
            signers.len(),
            deploy,
            "add keys (--key FILE), or let others sign (--draft FILE, limpetctl sign FILE)",
        )?;
    }
    let uploads = sign(session, &signers, targets, change.expires)?;
    let boards: Vec<&Board> = targets.iter().map(|target| &target.board).collect();
    match (&change.out, &change.draft) {
        (Some(directory), _) => {
            session.note_written(session.last_generation()? + 1)?;
            write(session, directory, &boards, &uploads)
        }
        (None, Some(file)) => draft(session, file, &boards, rollout(uploads, change, subject)),
        (None, None) => {
            let generation = session.last_generation()? + 2;
            upload(session, &rollout(uploads, change, subject), generation, change.detach).await
        }
    }
}

/// As many have signed as must.
pub(crate) fn enough(signed: usize, deploy: &Keyring, what_else: &str) -> Outcome<()> {
    let needed = usize::from(deploy.threshold);
    if signed >= needed {
        return Ok(());
    }
    Err(Failure::new(format!("{signed} of {needed} signatures that boards ask for; {what_else}")))
}

/// Those who sign: the operator, and whose keys were named.
fn signers(session: &Session, secret: &Arc<Secret>, change: &Change) -> Outcome<Vec<Arc<Secret>>> {
    let counts = |secret: &Secret| session.chain.root().deploy.keys.contains(&secret.public());
    let mut signers: Vec<Arc<Secret>> = Vec::new();
    signers.extend(counts(secret).then(|| secret.clone()));
    for path in &change.key {
        let (secret, _) = session.passphrase.open(path)?;
        if !counts(&secret) {
            return Err(Failure::new(format!(
                "sign with {}: it is no deploy key of this fleet",
                path.display()
            )));
        }
        if signers.iter().all(|known| known.public() != secret.public()) {
            signers.push(Arc::new(secret));
        }
    }
    if signers.is_empty() {
        return Err(Failure::new(
            "the key of this fleet's configuration is no deploy key; connect with one, or name one (--key)",
        ));
    }
    Ok(signers)
}

fn show(targets: &[Target]) {
    let lines = |target: &Target| (shown(&target.board.name), differences(&target.before, &target.after));
    let boards: Vec<_> = targets.iter().map(lines).collect();
    for (names, lines) in grouped(&boards) {
        let more = names.len().saturating_sub(NAMES_SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let count = if names.len() == 1 { "1 board".to_owned() } else { format!("{} boards", names.len()) };
        say!("{count} ({}{more}):", names[..names.len().min(NAMES_SHOWN)].join(", "));
        lines.iter().for_each(|line| say!("  {line}"));
    }
    if targets.is_empty() {
        say!("nothing changes");
    }
}

/// The next state and, after it, what was before, for each board.
fn sign(
    session: &Session,
    signers: &[Arc<Secret>],
    targets: &[Target],
    expires: u64,
) -> Outcome<Vec<BoardUpload>> {
    let root = session.chain.root();
    let signers: Vec<&Secret> = signers.iter().map(AsRef::as_ref).collect();
    let issued_s = now_s();
    if root.expires_s < issued_s {
        return Err(Failure::new("the fleet's root has expired; sign a new one with limpetctl keys rotate"));
    }
    let stamp = Stamp {
        fleet: root.fleet,
        root_generation: root.generation,
        issued_s,
        expires_s: issued_s.saturating_add(expires),
    };
    let generation = session.last_generation()?;
    let mut uploads = Vec::new();
    for Target { board, id, before, after, anew } in targets {
        let sealed = |content: &Content, generation| {
            seal(&signers, &content.desired(stamp, *id, generation)).map(|bytes| base64(&bytes))
        };
        let what = || format!("sign for board {}", shown(&board.name));
        let desired = sealed(after, generation + 1).during(what)?;
        let undo = sealed(if *anew { after } else { before }, generation + 2).during(what)?;
        uploads.push(BoardUpload { board: board.id.clone(), desired, undo });
    }
    Ok(uploads)
}

/// The document of this text.
fn bytes_of(text: &str) -> Outcome<Vec<u8>> {
    from_base64(text).ok_or_else(|| Failure::new("read a document of the controller's: it is not base64url"))
}

/// A directory for each board, for a stick: the roots that it lacks and its state, in the order in which it takes them.
pub(crate) fn write(
    session: &Session,
    directory: &Path,
    boards: &[&Board],
    uploads: &[BoardUpload],
) -> Outcome<()> {
    for (board, upload) in boards.iter().zip(uploads) {
        // A name comes from the controller: it names a directory here only if it can.
        let name = if limpet_protocol::app::is_file_name(&board.name) { &board.name } else { &board.id };
        let directory = directory.join(name);
        std::fs::create_dir_all(&directory).during(|| format!("make {}", directory.display()))?;
        let has = board.report.as_ref().map_or(0, |report| report.root_generation);
        for (generation, root) in
            (1_u64..).zip(&session.fleet.roots).filter(|(generation, _)| *generation > has)
        {
            let path = directory.join(format!("root-{generation:04}.limpet"));
            files::replace(&path, &bytes_of(root)?)?;
        }
        let state = bytes_of(&upload.desired)?;
        let id = key(&board.id).map(BoardId);
        id.map_or(Ok(()), |id| session.place.keep_written(id, &state))?;
        files::replace(&directory.join("state.limpet"), &state)?;
        say!("limpet apply {}/*.limpet", directory.display());
    }
    Ok(())
}

/// A file for others to sign.
fn draft(session: &Session, file: &Path, boards: &[&Board], rollout: NewRollout) -> Outcome<()> {
    let bytes = Draft::new(&session.fleet.roots, boards, rollout).bytes()?;
    // What is signed next from here is later than what the others may sign.
    session.note_written(session.last_generation()? + 2)?;
    files::write_new(file, &bytes, 0o600)?;
    let file = file.display();
    say!("limpetctl sign {file}, by as many as must; then limpetctl upload {file}");
    Ok(())
}

/// What is uploaded.
fn rollout(boards: Vec<BoardUpload>, change: &Change, subject: &str) -> NewRollout {
    let (subject, note) = (subject.to_owned(), change.note.clone());
    NewRollout { subject, note, strategy: strategy(&change.strategy), boards }
}

/// Uploads it, and follows it to its end. `generation` is the highest in it.
pub(crate) async fn upload(
    session: &mut Session,
    new: &NewRollout,
    generation: u64,
    detach: bool,
) -> Outcome<()> {
    let root = session.chain.root().generation;
    let rollout: Rollout = session.post("/rollouts", new).await?;
    session.place.note(Signed { root, generation, written: 0 })?;
    say!("rollout/{} of {}", rollout.id, shown(&rollout.subject));
    if detach {
        return Ok(());
    }
    super::rollout::follow(session, rollout.id).await
}

/// As the API takes it.
pub(crate) fn strategy(words: &Strategy) -> limpet_fleet::rollout::Strategy {
    limpet_fleet::rollout::Strategy {
        canary: words.canary,
        batch: words.batch,
        soak_s: words.soak,
        failures: words.max_failures,
        undo: !words.no_undo,
        patience_s: words.patience,
    }
}
