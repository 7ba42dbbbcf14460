//! Bugs that can be planted in the decisions, to see that the simulation finds them. A hook, `planted!(Bug)`, is a
//! constant `false` in every build but that of these tests.

use super::{history, world::Plan};
use std::cell::Cell;

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
    CordonIsIgnored: "what is new is offered to cordoned boards",
    CordonFreesPlaces: "who is cordoned on its way makes room for another",
    GoneAreOffered: "what is new is offered to boards that are revoked or have a later state",
    StepIsUnlimited: "a step takes in another board for each that is done",
    OneTooMany: "one more than a batch is on its way",
    SoakIsSkipped: "a step is over without having been watched",
    LatecomersAreNotWatched: "who put it off and comes to it while a step is watched does not prolong that",
    FailuresAreIgnored: "no number of failures stops it",
    RevertedIsIgnored: "a board that reverted is waited for",
    AwayIsFailed: "a board that is away counts as failed",
    PatienceIsEndless: "a silent board is waited for for ever",
    GivenUpAreReplaced: "a board that was given up on its way does not count as exposed",
    WhoReturnsIsForgotten: "a board that was given up is offered nothing when it is back",
    VanishedArePassed: "canaries that all vanished are passed",
    CommittedIsForgotten: "a late report unmakes what a board has come to",
    OnlyKnownGoBack: "only boards that said that they have it are offered what was before",
    StartGivesUp: "at a start everybody has been away for ever",
    RowsAreForgotten: "a row is stored only if the part in it is another",
    ResumeSparesAll: "a resume lets others have their turn although those who had it are there",
    RestoreGoesOn: "after a restore from a backup it goes on as if nothing had been lost",
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
    let found = (1..=HISTORIES_MAX)
        .find_map(|seed| history(seed, Plan::small, false).err().map(|broken| (seed, broken)));
    PLANTED.set(None);
    found
}

#[test]
fn planted_bugs_are_found() {
    let found: Vec<_> = ALL.iter().map(|(bug, text)| (bug, text, find(*bug))).collect();
    for (bug, text, found) in &found {
        let how = found.as_ref().map(|(seed, broken)| format!("{seed} | {broken:.100}"));
        std::println!("| {bug:?} | {text} | {} |", how.as_deref().unwrap_or("not found"));
    }
    let missed: Vec<_> = found.iter().filter(|(_, _, found)| found.is_none()).map(|(bug, ..)| bug).collect();
    assert!(missed.is_empty(), "the simulation does not find {missed:?}");
}
