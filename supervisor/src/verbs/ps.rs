//! `ps`: the containers, one row each.

mod filtering;

use super::shown;
use crate::board::Board;
use crate::census::{Census, Listed};
use crate::cli::command::PsArgs;
use crate::disk::tree_bytes;
use crate::failure::{Failure, Outcome};
use crate::output::containers::{COLUMNS, COLUMNS_WITH_SIZE, DiskUse, HEADINGS, row};
use crate::screen;
use limpet_protocol::container::Container;
use limpet_runner::keeper::now_ns;
use limpet_store::{Digest, Store};
use std::path::Path;

pub(super) use filtering::has_label;

/// `ps`
pub(super) fn ps(board: &Board, args: &PsArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let chosen = chosen(board, args)?;
    if args.quiet {
        for listed in &chosen {
            let id = &listed.container.keep.launch.id;
            screen::line(if args.no_trunc { id.as_str() } else { id.short() });
        }
        return Ok(0);
    }
    let measured = args.size || args.format.as_deref().is_some_and(|format| format.contains(".Size"));
    let store = measured.then(|| board.store()).transpose()?;
    let now_ns = now_ns();
    let mut rows = Vec::with_capacity(chosen.len());
    for listed in &chosen {
        let disk = store.as_ref().map(|store| disk_use(store, &listed.container)).transpose()?;
        rows.push(row(listed, disk, args.no_trunc, now_ns));
    }
    let columns = if args.size { COLUMNS_WITH_SIZE } else { COLUMNS };
    screen::print(&format.rows(&rows, columns, HEADINGS)?);
    Ok(0)
}

fn chosen(board: &Board, args: &PsArgs) -> Result<Vec<Listed>, Failure> {
    let wanted = filtering::resolve(board, &args.filters)?;
    let everything = args.all || args.last.is_some() || filtering::reach_beyond_running(&args.filters);
    let mut chosen = Census::take_supervised(board)?.complaining();
    let active = |listed: &Listed| listed.status.running().is_some() || listed.is_restarting();
    chosen.retain(|listed| (everything || active(listed)) && wanted.has(listed));
    if let Some(last) = args.last {
        chosen.truncate(usize::try_from(last).unwrap_or(usize::MAX));
    }
    Ok(chosen)
}

/// What a container takes of the disk; an image that is gone counts nothing.
///
/// # Errors
/// Its directory cannot be read.
pub(super) fn disk_use(store: &Store, container: &Container) -> Result<DiskUse, Failure> {
    let id = container.image.as_ref().and_then(|image| Digest::parse(&image.digest).ok());
    let image = id.and_then(|id| store.image(&id).ok());
    let image_bytes = image.and_then(|image| store.size_bytes(&image).ok()).unwrap_or(0);
    Ok(DiskUse { own_bytes: own_bytes(container)?, image_bytes })
}

/// What a container has written.
///
/// # Errors
/// Its directory cannot be read.
pub(super) fn own_bytes(container: &Container) -> Result<u64, Failure> {
    let directory = Path::new(&container.keep.directory);
    let read = |path: &Path| {
        let explain = |errno| {
            let reason = limpet_runner::failure::reason(errno);
            Failure::new(format!("measure container {} ({}): {reason}", container.name, path.display()))
        };
        tree_bytes(path).map_err(explain)
    };
    Ok(read(&directory.join("upper"))? + read(&directory.join("volumes"))?)
}
