//! Changing the limits of a running group: all of them, or none.

use super::Group;
use super::effective::Effective;
use super::error::CgroupError;
use super::plan::Setting;
use super::policy::{Board, Wanted, resolve};
use limpet_protocol::limits::Limits;

/// What the two hierarchies do differently.
pub(super) trait Changeable: Group {
    /// The writes that lead from one to the other.
    fn settings(&self, from: &Effective, to: &Wanted) -> Vec<Setting>;
    /// Carry them out.
    fn enforce(&self, settings: &[Setting]) -> Result<(), CgroupError>;
    /// See that lowering memory will not kill.
    fn make_room(&self, from: &Effective, to: &Effective) -> Result<(), CgroupError>;
    /// Fill in what "no wish" means for a group that has had one.
    fn complete(&self, wanted: &mut Wanted) -> Result<(), CgroupError>;
}

/// Replace the limits; on failure those from before are in force again.
pub(super) fn apply(group: &dyn Changeable, limits: &Limits, board: &Board) -> Result<(), CgroupError> {
    let before = group.effective()?;
    let mut wanted = resolve(limits, board)?;
    group.complete(&mut wanted)?;
    group.make_room(&before, &wanted.values)?;
    group.enforce(&group.settings(&before, &wanted)).map_err(|failure| match restore(group, before) {
        Ok(()) => failure,
        Err(restore) => CgroupError::HalfChanged {
            group: group.path().to_owned(),
            restore: restore.to_string(),
            source: Box::new(failure),
        },
    })
}

fn restore(group: &dyn Changeable, before: Effective) -> Result<(), CgroupError> {
    let now = group.effective()?;
    let wanted = Wanted { values: before, ..Wanted::default() };
    group.enforce(&group.settings(&now, &wanted))
}
