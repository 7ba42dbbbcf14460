//! Bugs that can be planted in the decisions, to see that the simulation finds them. A hook, `planted!(Bug)`, is a
//! constant `false` in every build but that of these tests.

use std::cell::Cell;

macro_rules! bugs {
    ($($bug:ident: $text:literal,)*) => {
        /// One bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug { $(#[doc = $text] $bug,)* }

        /// All of them, with what each does wrong.
        #[expect(dead_code, reason = "the simulation comes next")]
        const ALL: &[(Bug, &str)] = &[$((Bug::$bug, $text),)*];
    };
}

bugs! {
    CordonIsIgnored: "what is new is offered to cordoned boards",
    StepIsUnlimited: "a step takes in another board for each that is done",
    BatchIsUnlimited: "everybody is offered the new state at once",
    SoakIsSkipped: "a step is over without having been watched",
    FailuresAreIgnored: "no number of failures stops it",
    RevertedIsIgnored: "a board that reverted is waited for",
    AwayIsFailed: "a board that is away counts as failed",
    LateIsBelieved: "a late report of the new state is believed of a board that went back",
    CommittedIsForgotten: "a late report unmakes what a board has come to",
    CommittedStay: "who came to it is not offered what was before",
    FailedStay: "who failed is not offered what was before",
    RestoreGoesOn: "after a restore from a backup it goes on as if nothing had been lost",
}

std::thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Whether this bug is in the decisions now.
pub(crate) fn is_planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}
