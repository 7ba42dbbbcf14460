//! What is to be done so that the board runs what its fleet wants. Pure.

use crate::fleet::{Begun, Wanted};
use crate::sorted::SortedMap;

/// One thing to do about an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Bring all its images.
    Fetch(String),
    /// Hand this version on to the ledger.
    Begin(String),
    /// Take it down, without its volumes.
    Leave(String),
    /// It is gone: the fleet has nothing to do with it any more.
    Forget(String),
}

impl Step {
    /// Whether it changes what runs: the lock and the windows hold it back.
    pub(crate) fn is_change(&self) -> bool {
        match self {
            Self::Begin(_) | Self::Leave(_) => true,
            Self::Fetch(_) | Self::Forget(_) => false,
        }
    }
}

/// What the ledger has of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is to run.
    Up,
    /// It is on its way out.
    Leaving,
}

/// What is known of the board.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// Versions that were handed to the ledger, by app.
    pub(crate) begun: &'a SortedMap<String, Begun>,
    /// Versions whose images are all here.
    pub(crate) ready: &'a SortedMap<String, u64>,
    /// Apps of the ledger.
    pub(crate) ledger: &'a SortedMap<String, Kept>,
}

/// All steps that are due, those that make room first. Apps that the fleet never had are not touched. A version that was handed on
/// is not again: what became of it is the ledger's matter.
pub(crate) fn steps(wanted: &[Wanted], known: Known<'_>) -> Vec<Step> {
    let gone = known.begun.keys().filter(|name| wanted.iter().all(|wanted| wanted.name != **name));
    let leave = |name: &String| match known.ledger.get(name) {
        Some(Kept::Up) => Some(Step::Leave(name.clone())),
        Some(Kept::Leaving) => None,
        None => Some(Step::Forget(name.clone())),
    };
    let come = |wanted: &Wanted| {
        let is_begun = known.begun.get(&wanted.name).is_some_and(|begun| begun.version == wanted.version);
        if is_begun && known.ledger.get(&wanted.name) == Some(&Kept::Up) {
            return None;
        }
        let name = wanted.name.clone();
        let is_ready = known.ready.get(&name) == Some(&wanted.version);
        Some(if is_ready { Step::Begin(name) } else { Step::Fetch(name) })
    };
    gone.filter_map(leave).chain(wanted.iter().filter_map(come)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apps(list: &[(&str, u64)]) -> SortedMap<String, u64> {
        list.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect()
    }

    fn due(
        wanted: &[(&str, u64)],
        begun: &[(&str, u64)],
        ready: &[(&str, u64)],
        ledger: &[(&str, Kept)],
    ) -> Vec<Step> {
        let wanted: Vec<Wanted> =
            wanted.iter().map(|(name, version)| Wanted { name: (*name).into(), version: *version }).collect();
        let ready = apps(ready);
        let begun =
            apps(begun).into_iter().map(|(name, version)| (name, Begun { version, known_as: 0 })).collect();
        let ledger = ledger.iter().map(|(name, kept)| ((*name).to_owned(), *kept)).collect();
        steps(&wanted, Known { begun: &begun, ready: &ready, ledger: &ledger })
    }

    #[test]
    fn a_new_app_is_fetched_and_then_begun() {
        assert_eq!(due(&[("a", 1)], &[], &[], &[]), [Step::Fetch("a".into())]);
        assert_eq!(due(&[("a", 1)], &[], &[("a", 1)], &[]), [Step::Begin("a".into())]);
        assert_eq!(due(&[("a", 1)], &[("a", 1)], &[], &[("a", Kept::Up)]), []);
    }

    #[test]
    fn what_was_fetched_for_an_earlier_version_does_not_count() {
        assert_eq!(due(&[("a", 2)], &[], &[("a", 1)], &[]), [Step::Fetch("a".into())]);
        assert_eq!(due(&[("a", 2)], &[("a", 1)], &[("a", 2)], &[("a", Kept::Up)]), [Step::Begin("a".into())]);
    }

    #[test]
    fn an_app_that_is_no_longer_wanted_goes_once_and_is_then_forgotten() {
        assert_eq!(due(&[], &[("a", 1)], &[], &[("a", Kept::Up)]), [Step::Leave("a".into())]);
        assert_eq!(due(&[], &[("a", 1)], &[], &[("a", Kept::Leaving)]), []);
        assert_eq!(due(&[], &[("a", 1)], &[], &[]), [Step::Forget("a".into())]);
    }

    #[test]
    fn what_a_person_made_is_left_alone_until_the_fleet_names_it() {
        assert_eq!(due(&[], &[], &[], &[("mine", Kept::Up)]), []);
        let taken = due(&[("mine", 1)], &[], &[("mine", 1)], &[("mine", Kept::Up)]);
        assert_eq!(taken, [Step::Begin("mine".into())]);
    }

    #[test]
    fn an_app_that_is_wanted_again_while_it_goes_comes_back() {
        assert_eq!(due(&[("a", 1)], &[("a", 1)], &[], &[("a", Kept::Leaving)]), [Step::Fetch("a".into())]);
        assert_eq!(due(&[("a", 1)], &[("a", 1)], &[("a", 1)], &[]), [Step::Begin("a".into())]);
    }

    #[test]
    fn room_is_made_before_it_is_taken() {
        let all = due(&[("a", 1)], &[("b", 1)], &[("a", 1)], &[("b", Kept::Up)]);
        assert_eq!(all, [Step::Leave("b".into()), Step::Begin("a".into())]);
        assert_eq!(all.iter().filter(|step| step.is_change()).count(), 2);
    }
}
