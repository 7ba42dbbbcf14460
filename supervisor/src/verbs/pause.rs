//! `pause` and `unpause`: a container's processes stop and go on where they are.

use super::each;
use crate::board::Board;
use crate::control;
use crate::failure::{Failure, Outcome};
use limpet_protocol::container::Container;
use limpet_protocol::control::Did;
use limpet_runner::cgroup::{self, Group};
use limpet_runner::status::Status;

/// `pause`
pub(super) fn pause(board: &Board, names: &[String]) -> Outcome {
    each(names, |name| {
        let container = board.container(name)?;
        let _lock = board.home.lock(&container.keep.launch.id)?;
        match board.status(&container.keep.launch.id)? {
            Status::Running(_) => group_of(&container)?.freeze()?,
            Status::Paused(_) => return Err(wrong(&container, "is already paused")),
            Status::Created | Status::Exited(_) => return Err(wrong(&container, "is not running")),
        }
        control::tell(board, &container, Did::Pause);
        Ok(name.to_owned())
    })
}

/// `unpause`
pub(super) fn unpause(board: &Board, names: &[String]) -> Outcome {
    each(names, |name| {
        let container = board.container(name)?;
        let _lock = board.home.lock(&container.keep.launch.id)?;
        match board.status(&container.keep.launch.id)? {
            Status::Paused(_) => group_of(&container)?.thaw()?,
            Status::Running(_) => return Err(wrong(&container, "is not paused")),
            Status::Created | Status::Exited(_) => return Err(wrong(&container, "is not running")),
        }
        control::tell(board, &container, Did::Unpause);
        Ok(name.to_owned())
    })
}

/// The cgroup of a container that runs.
pub(super) fn group_of(container: &Container) -> Result<Box<dyn Group>, Failure> {
    Ok(cgroup::detect()?.open(&container.keep.launch.cgroup)?)
}

fn wrong(container: &Container, what: &str) -> Failure {
    Failure::new(format!("container {} {what}", container.name))
}
