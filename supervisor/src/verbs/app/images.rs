//! The images of an app, before anything of it changes: each is fetched if its service's `pull_policy` says so, and from
//! then on meant by its id. So an image that is new under an old name is a new version of its service, and the one that
//! ran before can be gone back to.

use super::super::pull::fetch_by;
use crate::board::Board;
use crate::cli::fetching::PullPolicy;
use crate::failure::Failure;
use crate::screen;
use limpet_protocol::app::{App, Pull, Workload};
use limpet_store::{Platform, Store};
use std::collections::BTreeSet;

/// Fetches what is to be fetched, or with `dry` says that it would, and notes the ids.
///
/// # Errors
/// An image cannot be fetched; nothing is touched then.
pub(super) fn bring(board: &Board, app: &mut App, dry: bool) -> Result<(), Failure> {
    bring_by(board, app, dry, false)
}

/// The same for an app that a fleet wants, without a word: its images are named by digest, so that one which is here is the
/// one that is meant.
///
/// # Errors
/// An image cannot be had.
pub(crate) fn bring_quietly(board: &Board, app: &mut App) -> Result<(), Failure> {
    let policies: Vec<Pull> = app.workloads.iter().map(|workload| workload.pull).collect();
    for workload in app.workloads.iter_mut().filter(|workload| workload.pull == Pull::Always) {
        workload.pull = Pull::Missing;
    }
    bring_by(board, app, false, true)?;
    app.workloads.iter_mut().zip(policies).for_each(|(workload, policy)| workload.pull = policy);
    let missing = app.workloads.iter().find(|workload| workload.replicas > 0 && workload.image_id.is_none());
    match missing {
        Some(workload) => Err(Failure::new(format!(
            "app {}, service {}: image {} is not here",
            app.name, workload.service, workload.image
        ))),
        None => Ok(()),
    }
}

fn bring_by(board: &Board, app: &mut App, dry: bool, quiet: bool) -> Result<(), Failure> {
    // Whoever may ask the supervisor, but not look into the store, means the images of the last time.
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let store = board.store()?;
    let mut seen = BTreeSet::new();
    for workload in app.workloads.iter_mut().filter(|workload| workload.replicas > 0) {
        if dry {
            would_fetch(&store, workload);
        } else if seen.insert((workload.image.clone(), workload.platform.clone())) {
            let doing = format!("app {}, service {}", app.name, workload.service);
            fetch(board, &store, workload, quiet)
                .map_err(|failure| Failure::new(format!("{doing}: {failure}; the app is as it was")))?;
        }
        workload.image_id = store.id_of(&workload.image).ok().map(|id| id.to_string());
    }
    Ok(())
}

fn fetch(board: &Board, store: &Store, workload: &Workload, quiet: bool) -> Result<(), Failure> {
    let platform = workload.platform.as_deref().map(Platform::parse).transpose()?;
    fetch_by(board, store, policy(workload.pull), platform, quiet, &workload.image)
}

fn would_fetch(store: &Store, workload: &Workload) {
    if store.id_of(&workload.image).is_ok() {
        return;
    }
    let what = match workload.pull {
        Pull::Missing | Pull::Always => "up would fetch it",
        Pull::Never => "with pull_policy: never, up would fail; limpet pull or limpet load it first",
    };
    screen::complain(&format!("image {} is not here; {what}", workload.image));
}

fn policy(pull: Pull) -> PullPolicy {
    match pull {
        Pull::Missing => PullPolicy::Missing,
        Pull::Always => PullPolicy::Always,
        Pull::Never => PullPolicy::Never,
    }
}
