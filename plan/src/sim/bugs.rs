//! Bugs that can be planted in the decisions, to see that the simulation finds them. A hook, `planted!(Bug)`, is a
//! constant `false` in every build but that of these tests.

use super::history;
use std::cell::Cell;
use std::format;
use std::string::String;
use std::vec::Vec;

/// Histories within which each bug must be found.
const HISTORIES_MAX: u64 = 400;

macro_rules! bugs {
    ($($bug:ident: $text:literal,)*) => {
        /// One bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug { $(#[doc = $text] $bug,)* }

        /// All of them, with what each does wrong.
        const ALL: &[(Bug, &str)] = &[$((Bug::$bug, $text),)*];
    };
}

bugs! {
    BackoffDoesNotGrow: "each restart waits as long as the first",
    BackoffIsNotReset: "a good run does not reset the pause",
    TriesAreNotCounted: "on-failure:N restarts for ever",
    SuccessIsFailure: "on-failure restarts after status 0",
    HeldStartsAtBoot: "unless-stopped starts at boot what was stopped by hand",
    HoldIsIgnored: "a stop by hand is taken for an end by itself",
    DependenciesAreIgnored: "a service starts before its dependencies",
    RunningIsHealthy: "service_healthy is met by anything that runs",
    FailureIsCompletion: "service_completed_successfully is met by a failure",
    StopsInAnyOrder: "a dependency is stopped before what depends on it",
    NeverKills: "the end of the grace period is not heeded",
    ShutdownKeepsGrace: "at a shutdown grace periods are not cut",
    LostIsEnded: "a lost keeper is taken for a container that ended",
    TurnsAreNotCompared: "a late answer is taken for the one awaited",
    RunsAreNotCompared: "the end of an earlier run is taken for that of this one",
    OldFactsAreBelieved: "facts that are older than what is known are believed",
    EndsCountTwice: "one end of a run is judged as often as it is told",
    WorksWhileLow: "containers are made while the disk is low",
    RetriesAtOnce: "what failed is tried again without a pause",
    RetriesNever: "what failed is not tried again",
    MissedIsIgnored: "events that were lost are not looked for",
    FailureIsCertain: "after a failure the facts are not looked at",
    UnhealthyIsLeft: "on-unhealthy=restart does nothing",
    StartPeriodIsIgnored: "failures within the start period count",
    ProbesNeverTimeOut: "a probe that hangs is waited for for ever",
    NewsIsSlept: "the answer of a probe that wakes nobody is never looked for",
    FollowersAreLeft: "restart: true does nothing",
    NothingIsNoted: "the daemon's successor learns nothing of what was counted",
    SecondsAreKept: "a second container for one place stays",
    RevisionsAreIgnored: "a changed service keeps its old container",
    RemovesWhatRuns: "a container is removed before it is stopped",
    BackoffIsOverslept: "nobody wakes at the end of a pause",
    OffTooEarly: "the board goes off while containers are still stopping",
    ParallelismIsIgnored: "an update replaces all replicas of a service at once",
    DelayIsIgnored: "an update does not rest between two replicas",
    MonitorIsIgnored: "an update takes a container for well that has only just started",
    FailuresAreIgnored: "an update goes on whatever fails",
    CommitsTooEarly: "an update is over before everything is replaced",
    PauseIsIgnored: "a paused update goes on",
    OldGoesFirst: "start-first stops the old container before the new one is well",
    HandsPass: "a new container that is stopped by hand counts as well",
    NobodyLooks: "a new container counts as well though word of its end may be on its way",
}

std::thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Whether this bug is in the decisions now.
pub(crate) fn is_planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// The first history that shows the bug, and how.
fn find(bug: Bug) -> Option<(u64, String)> {
    PLANTED.set(Some(bug));
    let found = (1..=HISTORIES_MAX).find_map(|seed| history(seed, false).err().map(|broken| (seed, broken)));
    PLANTED.set(None);
    found
}

#[test]
fn planted_bugs_are_found() {
    // A bug may show as a panic; its message would only be noise here.
    let hook = std::panic::take_hook();
    std::panic::set_hook(std::boxed::Box::new(|_| {}));
    let found: Vec<_> = ALL.iter().map(|(bug, text)| (bug, text, find(*bug))).collect();
    std::panic::set_hook(hook);
    for (bug, text, found) in &found {
        let how = found
            .as_ref()
            .map(|(seed, broken)| format!("{seed} | {}", broken.split(" Entry {").next().unwrap_or("")));
        std::println!("| {bug:?} | {text} | {} |", how.as_deref().unwrap_or("not found"));
    }
    let missed: Vec<_> = found.iter().filter(|(_, _, found)| found.is_none()).map(|(bug, ..)| bug).collect();
    assert!(missed.is_empty(), "the simulation does not find {missed:?}");
}
