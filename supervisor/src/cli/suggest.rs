//! Did you mean: the nearest verb or flag to what was typed.

use super::group_names;
use super::problem::Problem;
use super::table::{Group, REFUSED_VERBS, verbs};

/// `; did you mean --name?`, or nothing.
pub(super) fn flag<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(String::new, |name| format!("; did you mean --{name}?"))
}

/// The message about a verb that is not one.
pub(super) fn unknown_verb(typed: &str) -> Problem {
    if let Some((name, instead)) = REFUSED_VERBS.iter().find(|(name, _)| *name == typed) {
        return Problem::operand(format!("{name} is not supported: {instead}"));
    }
    let known = verbs().map(|verb| verb.name).chain(group_names());
    Problem::operand(format!("unknown verb {typed}{}", word(typed, known)))
}

/// The message about a verb that a group has not.
pub(super) fn unknown_member(group: &Group, typed: &str) -> Problem {
    let known = group.members.iter().map(|(name, _)| *name);
    Problem::operand(format!("unknown verb {} {typed}{}", group.name, word(typed, known)))
}

/// `; did you mean stop?`, or nothing.
pub(super) fn word<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// The known word with the fewest letters wrong, missing, too many or swapped: at most one in three. Failing that,
/// one that begins as typed.
fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong_max = (typed.len() / 3).max(1);
    let mut best = None;
    let mut least_wrong = wrong_max + 1;
    for name in known {
        let begins = typed.len() > 2 && name.starts_with(typed);
        let wrong = if begins { wrong_max } else { strsim::osa_distance(typed, name) };
        if wrong < least_wrong && typed.len() > 1 {
            (best, least_wrong) = (Some(name), wrong);
        }
    }
    best
}
