//! Every decision of the supervisor, pure.
//!
//! In: [`Event`]s, facts that the shell (`supervisor/src/supervise`) saw, each with the [`Tick`] at which it is told. Out:
//! [`Actions`], what the shell is to do about it. [`step`] is total: any event may come in any state. This crate must
//! never know a clock, a file, a process, a name or a path: it is `no_std`, and containers, services and apps are
//! numbers ([`InstanceId`], [`ServiceId`], [`AppId`]) that the shell gives. It allocates only what passes through
//! (the lists in [`Desired`], [`Actions`], [`Report`] and [`Diff`]); what it remembers has a fixed size, see [`World`].
//!
//! # How the shell drives this
//!
//! One place takes events from one queue, in order, and for each: `let actions = step(&mut world, event, now)`, then
//! carries the actions out in the order given, then sleeps until the next event or until [`deadline`], whatever is
//! earlier. When it slept until the deadline, the event is [`Event::Woke`]. `now` never goes back
//! (`CLOCK_BOOTTIME`); an earlier one is taken as the latest that was seen.
//!
//! ## At start
//!
//! 0. Wait until no child of an earlier daemon is at work (each holds a lock): what it does would be told to nobody.
//! 1. [`World::new`] with a random seed.
//! 2. [`Event::Found`] for every container that is an *instance* (a restart policy other than `no`, a health check, or a
//!    member of an app), or [`Event::Damaged`] if its record cannot be read; `turn` is [`Turn::UNASKED`].
//! 3. [`Event::Wanted`] with [`By::Ledger`] for every app of the ledger. For an app that was being taken down, then also
//!    [`Event::Unwanted`]: told first what it was, its members still go in order. For an app whose record is damaged
//!    nothing is told: its members go on by their own restart policies.
//! 4. [`Event::Space`] if the disk is low, then [`Event::Settled`]. Until then [`step`] answers with nothing but
//!    refusals, so the order of 2 and 3 does not matter.
//!
//! ## Which event answers which action
//!
//! | action | done | not done |
//! | --- | --- | --- |
//! | [`Action::Create`] | [`Event::Created`] | [`Event::Failed`] |
//! | [`Action::Start`] | [`Event::Started`], and when the run ends [`Event::Ended`] or [`Event::Lost`] | [`Event::Failed`] |
//! | [`Action::Stop`] (the keeper signals, and after the grace period kills the cgroup) | [`Event::Ended`] or [`Event::Lost`] of that run | [`Event::Failed`] |
//! | [`Action::Kill`] (SIGKILL to the whole cgroup, by the daemon or a child) | the same | [`Event::Failed`] |
//! | [`Action::Clear`] (end what is left in the cgroup of a lost keeper, prove it empty) | [`Event::Cleared`] | [`Event::Failed`] |
//! | [`Action::Remove`] | [`Event::Removed`] | [`Event::Failed`] |
//! | [`Action::Adopt`] | [`Event::Poked`]: the name is a fact | [`Event::Failed`] |
//! | [`Action::Look`] | [`Event::Found`], [`Event::Absent`] or [`Event::Damaged`] | [`Event::Failed`] |
//! | [`Action::Probe`] | [`Event::Probed`] | [`Event::Probed`], not healthy |
//! | [`Action::Prune`] | [`Event::Pruned`] | [`Event::Failed`] without an instance: [`Event::PruneFailed`] |
//! | [`Action::Update`] | [`Event::Updated`], for [`Verdict::RollBack`] [`Event::Wanted`] with the version before | nothing: it is told again |
//! | [`Action::EndProbe`], [`Action::Note`], [`Action::Forget`], [`Action::Dissolved`], [`Action::Refused`], [`Action::Tell`], [`Action::Off`] | nothing | nothing |
//!
//! An answer carries the action's [`Turn`]; an answer with another turn is late and is ignored. An action that is not
//! answered in [`PATIENCE_MS`] is followed by [`Action::Look`]. The shell answers `Look` only when no child of its own
//! works on that instance any more (it may kill one), so the answer is the truth. It is a fact, and the facts win.
//!
//! A run is known by [`RunId`], its `started_ns` as in the keeper's records. For each running container the shell holds
//! one connection to its keeper and tells [`Event::Ended`] (the keeper's word that the run is over, its record is written
//! and its cgroup is empty) or [`Event::Lost`] (end of file without that word). Both carry that run's id. After
//! [`Action::Clear`], facts about that run are [`Status::Ended`] with [`EXIT_LOST`].
//!
//! ## What hands do
//!
//! A verb that made, started, stopped, updated or removed a container by hand pokes: [`Event::Poked`], answered with
//! [`Action::Look`]. For a container that the world does not hold yet, the shell gives a new [`InstanceId`] and tells
//! [`Event::Found`] with [`Turn::UNASKED`], before anything that a connection to its keeper says. `held` of [`Facts`] and [`Event::Ended`] is the intent record: stopped by
//! hand. [`Action::Start`] removes that record first, as `limpet start` does. If events were dropped (a queue ran over),
//! [`Event::Missed`] makes the world look at everything again.
//!
//! [`Action::Note`] has the instance's [`History`] to be kept in `STATE/containers/ID/history`; it comes back in
//! [`Facts`] when the daemon starts anew. After a reboot there is none, and that is how a boot is told from a restart
//! of the daemon.
//!
//! ## The end of the board
//!
//! [`Event::Shutdown`] has the total time. Everything stops in reverse order of dependency; [`Action::Off`] comes when
//! nothing runs any more, or when the time is over.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

/// A bug for the simulation to find. No build but that of the unit tests has any.
#[cfg(not(test))]
macro_rules! planted {
    ($bug:ident) => {
        false
    };
}
#[cfg(test)]
macro_rules! planted {
    ($bug:ident) => {
        crate::sim::bugs::is_planted(crate::sim::bugs::Bug::$bug)
    };
}

mod action;
mod aim;
mod answer;
mod deadline;
mod desired;
mod diff;
mod event;
mod follow;
mod handle;
mod health;
mod instance;
mod learn;
mod policy;
mod random;
mod report;
mod settle;
#[cfg(test)]
mod sim;
mod step;
mod update;
mod wish;
mod world;

pub use action::{Action, Actions, Failed, News, Verdict};
pub use deadline::deadline;
pub use desired::{Condition, Depends, Desired, Refusal, Service, Spec, Updating, admit};
pub use diff::{Change, Diff, Kind, diff};
pub use event::{By, Effect, Event, Exit, Facts, Failure, Place, Role, Space, Status};
pub use handle::{AppId, InstanceId, RunId, ServiceId, Tick, Turn};
pub use instance::{Again, Health, History, Trial, Wrong};
pub use policy::{BACKOFF_MS_MAX, BACKOFF_MS_MIN, DELAY_MS_MIN, EXIT_LOST, GOOD_RUN_MS};
pub use report::{AppReport, Course, InstanceReport, Report, State, Trouble, Wait, report};
pub use settle::{EFFECTS_MAX, STOP_MARGIN_MS};
pub use step::{PATIENCE_MS, step};
pub use update::LATE_MS;
pub use world::{APPS_MAX, DEPENDS_MAX, INSTANCES_MAX, Phase, SERVICES_MAX, World};
