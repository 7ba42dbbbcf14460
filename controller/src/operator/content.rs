//! What a board is to run, apart from who signed it when; and how that is changed. Pure.

use super::failure::{Failure, Outcome};
use limpet_protocol::app::App;
use limpet_protocol::fleet::{APPS_MAX, BoardId, Desired, FleetId, Program, Target, WINDOWS_MAX, Window};

/// The part of a [`Desired`] that people mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) windows: heapless::Vec<Window, WINDOWS_MAX>,
    pub(crate) program: Option<Program>,
    pub(crate) apps: Vec<App>,
}

/// What is the same for all states that are signed together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) fleet: FleetId,
    pub(crate) root_generation: u64,
    pub(crate) issued_s: u64,
    pub(crate) expires_s: u64,
}

impl Content {
    /// Of the last state, if there is one.
    pub(crate) fn of(desired: Option<Desired>) -> Self {
        desired.map_or_else(Self::default, |desired| {
            let Desired { windows, program, apps, .. } = desired;
            Self { windows, program, apps }
        })
    }

    /// With this app in the place of the one of its name, or as one more.
    pub(crate) fn with_app(&self, app: App) -> Outcome<Self> {
        let mut next = self.clone();
        next.apps.retain(|other| other.name != app.name);
        if next.apps.len() == APPS_MAX {
            return Err(Failure::new(format!("a board runs at most {APPS_MAX} apps; delete one first")));
        }
        next.apps.push(app);
        next.apps.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(next)
    }

    /// Without the app of that name.
    pub(crate) fn without_app(&self, name: &str) -> Self {
        let mut next = self.clone();
        next.apps.retain(|app| app.name != name);
        next
    }

    /// With another image for a service; `None` if there is no such service.
    pub(crate) fn with_image(&self, app: &str, service: &str, image: &str) -> Option<Self> {
        let mut next = self.clone();
        let app = next.apps.iter_mut().find(|other| other.name == app)?;
        let workload = app.workloads.iter_mut().find(|workload| workload.service == service)?;
        image.clone_into(&mut workload.image);
        workload.image_id = None;
        Some(next)
    }

    /// The document of a generation.
    pub(crate) fn desired(&self, stamp: Stamp, board: BoardId, generation: u64) -> Desired {
        let Self { windows, program, apps } = self.clone();
        let Stamp { fleet, root_generation, issued_s, expires_s } = stamp;
        let target = Target::Board(board);
        Desired { fleet, target, root_generation, generation, issued_s, expires_s, windows, program, apps }
    }
}

#[cfg(test)]
mod tests;
