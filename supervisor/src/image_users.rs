//! Who needs which image: containers, apps, and the versions of apps before.
//!
//! In: a board. Out: whether an image may go. Looked up when it is first asked: the store asks under its lock, and a
//! container that is being made holds that lock until its record is written.

#[cfg(test)]
mod tests;

use crate::board::Board;
use crate::census::{Census, Listed};
use crate::failure::Failure;
use crate::ledger::Ledger;
use limpet_protocol::app::App;
use std::cell::OnceCell;

/// A service of an app that needs an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppUse {
    /// The app.
    pub app: String,
    /// The image, as its file names it.
    pub image: String,
    /// The image's id, where it is known.
    pub id: Option<String>,
    /// Not as the app is now, but as it was before.
    pub is_previous: bool,
}

/// The users of images.
pub struct ImageUsers<'a> {
    board: &'a Board,
    found: OnceCell<Result<Users, Failure>>,
}

struct Users {
    containers: Vec<Listed>,
    apps: Vec<AppUse>,
}

impl<'a> ImageUsers<'a> {
    /// Of this board; nothing is looked up yet.
    #[must_use]
    pub fn of(board: &'a Board) -> Self {
        Self { board, found: OnceCell::new() }
    }

    fn found(&self) -> &Result<Users, Failure> {
        self.found.get_or_init(|| {
            let mut census = Census::take(self.board)?;
            // Nobody knows which image a damaged record means, so none may go.
            let containers = census.damaged.pop().map_or(Ok(census.containers), Err)?;
            Ok(Users { containers, apps: app_uses(self.board)? })
        })
    }

    /// Whether somebody needs the image `digest` (`sha256:...`). While that cannot be known, every image is needed.
    #[must_use]
    pub fn uses(&self, digest: &str) -> bool {
        self.found().as_ref().map_or(true, |users| {
            users.containers.iter().any(|listed| listed.uses(digest)) || needs(&users.apps, digest).is_some()
        })
    }

    /// The container that uses the image, one that runs before others.
    ///
    /// # Errors
    /// It cannot be known.
    pub fn user(&self, digest: &str) -> Result<Option<&Listed>, Failure> {
        let users = self.known()?.containers.iter().filter(|listed| listed.uses(digest));
        Ok(users.min_by_key(|listed| listed.status.running().is_none()))
    }

    /// The app that needs the image.
    ///
    /// # Errors
    /// It cannot be known.
    pub fn app(&self, digest: &str) -> Result<Option<&AppUse>, Failure> {
        Ok(needs(&self.known()?.apps, digest))
    }

    fn known(&self) -> Result<&Users, Failure> {
        self.found().as_ref().map_err(|failure| Failure::new(failure.to_string()))
    }
}

/// What apps need; an image that the ledger knows by its name alone is what that name means now.
fn app_uses(board: &Board) -> Result<Vec<AppUse>, Failure> {
    let ledger = Ledger::new(board.globals.root.as_ref());
    let mut uses = Vec::new();
    // What a fleet wants and what is being fetched for it.
    let ready = crate::fleet::Files::new(board.globals.root.as_ref(), board.state()).ready();
    for name in ready.names()? {
        if let Ok(Some(entry)) = ready.get(&name) {
            uses.extend(uses_of(&entry.app, false));
        }
    }
    for name in ledger.names()? {
        if let Some(entry) = ledger.get(&name)? {
            uses.extend(uses_of(&entry.app, false));
        }
        // A version before that cannot be read is none to go back to.
        if let Ok(Some(entry)) = ledger.previous(&name) {
            uses.extend(uses_of(&entry.app, true));
        }
    }
    if uses.iter().any(|used| used.id.is_none()) {
        let store = board.store()?;
        for used in uses.iter_mut().filter(|used| used.id.is_none()) {
            // An image that is not there need not stay.
            used.id = store.id_of(&used.image).ok().map(|id| id.to_string());
        }
    }
    Ok(uses)
}

fn uses_of(app: &App, is_previous: bool) -> Vec<AppUse> {
    let use_of = |workload: &limpet_protocol::app::Workload| AppUse {
        app: app.name.clone(),
        image: workload.image.clone(),
        id: workload.image_id.clone(),
        is_previous,
    };
    app.workloads.iter().map(use_of).collect()
}

/// What is needed now is told before what was before.
fn needs<'a>(uses: &'a [AppUse], digest: &str) -> Option<&'a AppUse> {
    let users = uses.iter().filter(|used| used.id.as_deref() == Some(digest));
    users.min_by_key(|used| used.is_previous)
}
