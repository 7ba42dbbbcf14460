//! What a report says of one rollout.

use super::{Position, Said};
use limpet_protocol::fleet::report::{Progress, Report};

/// What a rollout needs of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Position of the state that the board took last.
    pub taken: Position,
    /// It puts off what it was asked for.
    pub held: bool,
    /// How far it is with the rollout's subject, if it has begun.
    pub progress: Said,
}

/// Subject of a rollout that replaces Limpet itself.
pub const PROGRAM: &str = "limpet";

impl Told {
    /// What that report says of a subject: the name of an app, `-` and its name if it is deleted, or [`PROGRAM`].
    /// `forward` is the position of the state that brings it.
    #[must_use]
    pub fn of(report: &Report, subject: &str, forward: Position) -> Self {
        let is_forward = report.taken == forward;
        let progress = match subject.strip_prefix('-') {
            // Nothing is said of a file that is not to be another: it is the one.
            None if subject == PROGRAM => {
                Some(report.program.as_ref().map_or(Progress::Committed, |(_, progress)| progress.clone()))
            }
            None => app(report, subject, !is_forward, true),
            Some(deleted) => app(report, deleted, is_forward, !is_forward),
        };
        Self { taken: report.taken, held: report.held.is_some(), progress }
    }
}

/// How far that app is: whether it is done if it is not there, and if it is there as it was asked for.
fn app(report: &Report, name: &str, absent_is_done: bool, present_is_done: bool) -> Said {
    match report.apps.iter().find(|app| app.name == name) {
        Some(app) if app.progress == Progress::Committed => present_is_done.then_some(Progress::Committed),
        Some(app) => Some(app.progress.clone()),
        None => absent_is_done.then_some(Progress::Committed),
    }
}
