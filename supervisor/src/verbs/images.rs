//! Verbs about images: list, name, save, look back, remove.

mod choosing;

use super::each;
use super::output_file::write_to;
use super::shown;
use crate::board::Board;
use crate::cli::command::{HistoryArgs, ImagesArgs, RmiArgs, SaveArgs, TagArgs};
use crate::failure::{Failure, Outcome};
use crate::image_users::{AppUse, ImageUsers};
use crate::output::images::{
    COLUMNS, COLUMNS_WITH_DIGEST, HEADINGS, HISTORY_COLUMNS, HistoryStyle, history as history_rows,
};
use crate::output::images::{rows, shown_id};
use crate::screen;
use limpet_runner::keeper::now_ns;
use limpet_store::collect::{RemoveError, Removed};
use limpet_store::save::Saved;
use limpet_store::{Image, Reference, Store};
use std::io::{self, BufWriter};
use std::path::Path;

pub(super) use choosing::has_labels;

/// `images`
pub(super) fn images(board: &Board, args: &ImagesArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let store = board.store()?;
    let chosen = choosing::chosen(&store, args)?;
    if args.quiet {
        for image in &chosen {
            screen::line(&shown_id(&image.id, args.no_trunc));
        }
        return Ok(0);
    }
    for image in chosen.iter().filter(|image| image.damaged) {
        screen::complain(&format!(
            "image {} is damaged; remove it and load it again",
            shown_id(&image.id, false)
        ));
    }
    let now_ns = now_ns();
    let rows: Vec<_> = chosen.iter().flat_map(|image| rows(image, args.no_trunc, now_ns)).collect();
    let columns = if args.digests { COLUMNS_WITH_DIGEST } else { COLUMNS };
    screen::print(&format.rows(&rows, columns, HEADINGS)?);
    Ok(0)
}

/// `history`
pub(super) fn history(board: &Board, args: &HistoryArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let store = board.store()?;
    let image = store.find(&args.image)?;
    let lines = store.history(&image)?;
    let style = HistoryStyle { whole: args.no_trunc, human: args.human };
    let rows = history_rows(&image.id, &lines, style, now_ns());
    if args.quiet {
        for row in &rows {
            screen::line(row["ID"].as_str().unwrap_or_default());
        }
        return Ok(0);
    }
    screen::print(&format.rows(&rows, HISTORY_COLUMNS, HISTORY_COLUMNS)?);
    Ok(0)
}

/// `tag`
pub(super) fn tag(board: &Board, args: &TagArgs) -> Outcome {
    let reference = Reference::parse(&args.reference)?;
    if reference.digest().is_some() {
        return Err(Failure::new(format!(
            "tag {}: a digest cannot be given to an image; write NAME:TAG",
            args.reference
        )));
    }
    board.store()?.tag(&args.image, &reference)?;
    Ok(0)
}

/// `rmi`
pub(super) fn remove(board: &Board, args: &RmiArgs) -> Outcome {
    let store = board.store()?;
    each(&args.images, |text| {
        let removed = remove_one(board, &store, text, args.force)?;
        Ok(removed.iter().map(told).collect::<Vec<_>>().join("\n"))
    })
}

/// By force an image that a container needs loses its names only; the image itself goes with a prune, later.
fn remove_one(board: &Board, store: &Store, text: &str, force: bool) -> Result<Vec<Removed>, Failure> {
    let users = ImageUsers::of(board);
    let removed = store.remove(text, force, &|id| users.uses(&id.to_string()));
    match removed {
        Err(RemoveError::InUse(_)) => Err(in_use(store, &users, text)?),
        removed => Ok(removed?),
    }
}

fn in_use(store: &Store, users: &ImageUsers<'_>, text: &str) -> Result<Failure, Failure> {
    let image = store.find(text)?;
    let id = image.id.to_string();
    let by = match (users.user(&id)?, users.app(&id)?) {
        (Some(user), _) => {
            let (name, word) = (&user.container.name, user.status.word());
            format!("in use by container {name} ({word}); remove the container first")
        }
        (None, Some(AppUse { app, is_previous: false, .. })) => {
            format!("an image of app {app}; take it down first: limpet down {app}")
        }
        (None, Some(AppUse { app, is_previous: true, .. })) => {
            format!(
                "kept to take app {app} back to its version before, until its next one or limpet down {app}"
            )
        }
        (None, None) => "in use by a container that ended just now; try again".to_owned(),
    };
    let or_else = if image.references.is_empty() { "" } else { ", or take only its names away with -f" };
    Ok(Failure::new(format!("image {text} is {by}{or_else}")))
}

fn told(removed: &Removed) -> String {
    match removed {
        Removed::Untagged(reference) => format!("Untagged: {}", reference.familiar()),
        Removed::Deleted(id) => format!("Deleted: {id}"),
        Removed::Layer(diff_id, _) => format!("Deleted: {diff_id}"),
    }
}

/// `save`
pub(super) fn save(board: &Board, args: &SaveArgs) -> Outcome {
    let store = board.store()?;
    let _hold = store.hold()?;
    let mut chosen: Vec<Saved> = Vec::new();
    for text in &args.images {
        let image = store.find(text)?;
        let named = named(&image, text);
        match chosen.iter_mut().find(|saved| saved.image.id == image.id) {
            Some(saved) => {
                let new = named.filter(|name| !saved.references.contains(name));
                saved.references.extend(new);
            }
            None => chosen.push(Saved { references: named.into_iter().collect(), image }),
        }
    }
    match args.output.as_deref() {
        // The store flushes what it writes, so no error is lost.
        Some(path) if path != "-" => {
            write_to(Path::new(path), |file| Ok(store.save(&chosen, &mut BufWriter::new(file))?))?;
        }
        _ => save_to_stdout(&store, &chosen)?,
    }
    Ok(0)
}

/// An image that is chosen by its id is saved without a name, as docker does it.
fn named(image: &Image, text: &str) -> Option<Reference> {
    Reference::parse(text).ok().filter(|reference| image.references.contains(reference))
}

fn save_to_stdout(store: &Store, chosen: &[Saved]) -> Result<(), Failure> {
    if rustix::termios::isatty(rustix::stdio::stdout()) {
        return Err(Failure::new(
            "save: standard output is a terminal; name a file with -o, or pipe it away",
        ));
    }
    let mut stdout = BufWriter::new(io::stdout().lock());
    Ok(store.save(chosen, &mut stdout)?)
}
