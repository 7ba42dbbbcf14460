//! `limpetctl sign` and `limpetctl upload`: a change that others began, and that is one signature nearer to its boards.

use super::chain::Chain;
use super::change::{enough, upload as send, write};
use super::cli::{Global, Sign, Upload};
use super::differences::grouped;
use super::draft::{Draft, Opened};
use super::encoding::{age, now_s, shown};
use super::failure::{During, Failure, Outcome};
use super::files;
use super::screen::say;
use super::session::Session;
use crate::api::Board;
use limpet_protocol::fleet::{Desired, ENVELOPE_BYTES_MAX};
use limpet_trust::sign::Secret;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Adds signatures to a file, far from any network: all that is needed is in it, but for the first root.
pub(crate) fn sign(global: &Global, args: &Sign) -> Outcome<()> {
    let what = || format!("sign {}", args.file.display());
    let mut draft = Draft::read(&args.file)?;
    let now_s = now_s();
    let chain = draft.chain(first(global, args)?, now_s).during(what)?;
    is_newest(global, args, &chain)?;
    let mut opened = draft.open(&chain, now_s).during(what)?;
    if args.show {
        let states: Vec<[&Desired; 2]> =
            opened.boards.iter().map(|asked| [&asked.desired, &asked.undo]).collect();
        say!("{}", serde_json::to_string_pretty(&states)?);
        return Ok(());
    }
    show(&draft, &opened, &chain, now_s);
    let secrets = secrets(global, args, &chain, &opened).during(what)?;
    if !args.yes && !is_wanted()? {
        return Err(Failure::new(format!("{}: it was not wanted", what())));
    }
    for secret in secrets {
        draft.sign(&secret)?;
        opened = draft.open(&chain, now_s).during(what)?;
    }
    files::replace(&args.file, &draft.bytes()?)?;
    let deploy = &chain.root().deploy;
    say!("{}: {} of {} signatures", args.file.display(), opened.signed.len(), deploy.threshold);
    Ok(())
}

/// The first root, as this person has it.
fn first(global: &Global, args: &Sign) -> Outcome<Chain> {
    match &args.root {
        Some(path) => {
            let root = files::read(path, ENVELOPE_BYTES_MAX as u64)?;
            Chain::first(&root).during(|| format!("read {}", path.display()))
        }
        None => Chain::first(&global.place()?.read()?.root()?),
    }
}

/// Whoever wrote the file left out no root that is known here.
fn is_newest(global: &Global, args: &Sign, chain: &Chain) -> Outcome<()> {
    let (has, known) = (chain.root().generation, global.place()?.signed()?.root);
    if args.root.is_none() && has < known {
        return Err(Failure::new(format!(
            "it was made under root {has}, root {known} is known here; make it anew"
        )));
    }
    Ok(())
}

fn show(draft: &Draft, opened: &Opened, chain: &Chain, now_s: u64) {
    say!("{}: {}", shown(&draft.rollout.subject), shown(&draft.rollout.note));
    let boards: Vec<_> = opened.boards.iter().map(|asked| (asked.name.clone(), asked.lines())).collect();
    for (names, lines) in grouped(&boards) {
        say!("all that {} is to have:", names.join(", "));
        lines.iter().for_each(|line| say!("  {line}"));
    }
    for asked in opened.boards.iter().take(1) {
        let (root, generation) = (asked.desired.root_generation, asked.desired.generation);
        let last = age(now_s, asked.desired.expires_s);
        say!("generation {generation} under root {root}, good for {last}; --show says every word of it");
    }
    for key in &opened.signed {
        say!("signed by {key}");
    }
    say!("{} of {} signatures", opened.signed.len(), chain.root().deploy.threshold);
}

/// Those whose signatures are to be added.
fn secrets(global: &Global, args: &Sign, chain: &Chain, opened: &Opened) -> Outcome<Vec<Secret>> {
    let paths: Vec<PathBuf> =
        if args.key.is_empty() { vec![global.place()?.read()?.key] } else { args.key.clone() };
    let mut secrets: Vec<Secret> = Vec::new();
    for path in paths {
        let (secret, _) = global.passphrase().open(&path)?;
        let key = secret.public();
        if !chain.root().deploy.keys.contains(&key) {
            return Err(Failure::new(format!("{} is no deploy key of the fleet's root", path.display())));
        }
        if opened.signed.contains(&key) || secrets.iter().any(|other| other.public() == key) {
            return Err(Failure::new(format!("{} has signed it already", path.display())));
        }
        secrets.push(secret);
    }
    Ok(secrets)
}

/// Asks whoever sits there.
pub(crate) fn is_wanted() -> Outcome<bool> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::new("nobody can be asked whether to sign that; look at it, then say --yes"));
    }
    eprint!("Sign that? [y/N] ");
    let mut said = String::new();
    input.read_line(&mut said)?;
    Ok(matches!(said.trim(), "y" | "Y" | "yes"))
}

/// Uploads a change that enough have signed, or writes it for a stick.
pub(crate) async fn upload(global: &Global, args: Upload) -> Outcome<()> {
    let what = || format!("upload {}", args.file.display());
    let draft = Draft::read(&args.file)?;
    let (mut session, _) = Session::open(global).await?;
    draft.chain(Chain::first(&session.context.root()?)?, now_s()).during(what)?;
    let opened = draft.open(&session.chain, now_s()).during(what)?;
    let file = args.file.display();
    enough(
        opened.signed.len(),
        &session.chain.root().deploy,
        &format!("let others sign it: limpetctl sign {file}"),
    )?;
    let generations = opened.boards.iter().map(|asked| (asked.desired.generation, asked.undo.generation));
    let first = generations.clone().map(|(first, _)| first).min().unwrap_or(0);
    let last = generations.map(|(_, last)| last).max().unwrap_or(0);
    if first <= session.fleet.generation {
        return Err(Failure::new(format!(
            "{}: it is generation {first}, and {} was uploaded meanwhile; make the change anew",
            what(),
            session.fleet.generation
        )));
    }
    let Some(directory) = &args.out else {
        return send(&mut session, &draft.rollout, last, args.detach).await;
    };
    let known = session.boards().await?.boards;
    let find = |id: &str| known.iter().find(|board| board.id == id);
    let boards: Option<Vec<&Board>> = draft.rollout.boards.iter().map(|upload| find(&upload.board)).collect();
    let boards =
        boards.ok_or_else(|| Failure::new("a board in it is not known to the controller any more"))?;
    session.note_written(last)?;
    write(&session, directory, &boards, &draft.rollout.boards)
}
