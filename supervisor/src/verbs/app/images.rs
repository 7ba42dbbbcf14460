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
            fetch(board, &store, workload)
                .map_err(|failure| Failure::new(format!("{doing}: {failure}; the app is as it was")))?;
        }
        workload.image_id = store.id_of(&workload.image).ok().map(|id| id.to_string());
    }
    Ok(())
}

fn fetch(board: &Board, store: &Store, workload: &Workload) -> Result<(), Failure> {
    let platform = workload.platform.as_deref().map(Platform::parse).transpose()?;
    fetch_by(board, store, policy(workload.pull), platform, false, &workload.image)
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
