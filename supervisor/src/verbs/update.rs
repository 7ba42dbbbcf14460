//! `update`: other limits for a container, at once where it runs, and in its record.
//!
//! All or nothing: limits that the kernel or the disk refuses leave those from before in force.

use super::each;
use super::pause::group_of;
use crate::board::Board;
use crate::cli::command::UpdateArgs;
use crate::control;
use crate::failure::{Failure, Outcome};
use crate::gathering::throttles;
use limpet_protocol::container::Container;
use limpet_protocol::control::Did;
use limpet_protocol::limits::Throttle;
use limpet_protocol::restart::{RestartPolicy, When};
use limpet_runner::cgroup;

/// `update`
pub(super) fn update(board: &Board, args: &UpdateArgs) -> Outcome {
    let throttles = throttles(&args.limits)?;
    each(&args.containers, |name| {
        change(board, name, args, &throttles)?;
        Ok(name.to_owned())
    })
}

fn change(board: &Board, name: &str, args: &UpdateArgs, throttles: &[Throttle]) -> Result<(), Failure> {
    let id = board.home.find(name)?;
    let _lock = board.home.lock(&id)?;
    let before = board.home.load(&id)?;
    let mut after = before.clone();
    args.limits.apply(&mut after.keep.launch.limits, throttles.to_vec());
    after.restart = policy(&before, args)?;
    cgroup::check(&after.keep.launch.limits)?;
    if board.status(&id)?.running().is_none() {
        board.home.save(&after)?;
    } else {
        change_running(board, &before, &after)?;
    }
    control::tell(board, &after, Did::Update);
    Ok(())
}

/// The policy that holds from now on.
fn policy(before: &Container, args: &UpdateArgs) -> Result<RestartPolicy, Failure> {
    let Some(restart) = args.restart else { return Ok(before.restart) };
    if before.keep.remove && restart.when != When::No {
        let name = &before.name;
        return Err(Failure::new(format!("container {name} was made with --rm, so nothing can restart it")));
    }
    Ok(restart)
}

fn change_running(board: &Board, before: &Container, after: &Container) -> Result<(), Failure> {
    let group = group_of(after)?;
    group.apply(&after.keep.launch.limits)?;
    let Err(unsaved) = board.home.save(after) else { return Ok(()) };
    match group.apply(&before.keep.launch.limits) {
        Ok(()) => Err(unsaved.into()),
        Err(stuck) => {
            let stuck = Failure::from(stuck);
            Err(Failure::new(format!("{unsaved}; and the old limits could not be put back: {stuck}")))
        }
    }
}
