//! The scenarios: what is true of a board, each a short story of boards, steps and expectations.

mod boot;
mod native;

use crate::Stage;

/// One of them.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// As it is asked for.
    pub name: &'static str,
    /// Whether `./x test` plays it; the others are too long for that.
    pub is_usual: bool,
    /// Plays it; a panic is its failure.
    pub play: fn(&Stage),
}

const fn usual(name: &'static str, play: fn(&Stage)) -> Scenario {
    Scenario { name, is_usual: true, play }
}

const fn unusual(name: &'static str, play: fn(&Stage)) -> Scenario {
    Scenario { name, is_usual: false, play }
}

/// All of them.
pub const ALL: &[Scenario] = &[usual("boot", boot::boots_and_powers_off), unusual("native", native::suite)];
