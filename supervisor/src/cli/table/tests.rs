//! The table agrees with itself and with the builders.

use super::{GROUPS, NO, REFUSED_VERBS, Takes, Verb, group, verb, verbs};
use crate::cli::parse;
use std::collections::HashSet;
use std::ffi::OsString;

fn every_verb() -> impl Iterator<Item = &'static Verb> {
    verbs().chain(GROUPS.iter().flat_map(|group| group.members.iter().map(|(_, verb)| *verb)))
}

#[test]
fn no_flag_is_there_twice() {
    for verb in every_verb() {
        let (mut long, mut short) = (HashSet::new(), HashSet::new());
        for flag in verb.flags() {
            assert!(long.insert(flag.long), "{}: --{}", verb.name, flag.long);
            assert!(flag.short == NO || short.insert(flag.short), "{}: -{}", verb.name, flag.short);
        }
    }
}

#[test]
fn other_spellings_lead_to_a_flag_that_is_shown() {
    for verb in every_verb() {
        for flag in verb.flags() {
            if let Takes::Same(other) = flag.takes {
                assert!(
                    verb.flags().any(|flag| flag.long == other && flag.is_shown()),
                    "{}: {other}",
                    verb.name
                );
            }
        }
    }
}

/// A builder that asks for a flag its table has not fails a debug assertion.
#[test]
fn every_builder_knows_only_flags_of_its_table() {
    for verb in every_verb() {
        let operands = std::iter::repeat_n("x:/y", verb.operands.min.max(usize::from(verb.operands.max > 0)));
        let words = verb.name.split(' ').chain(operands);
        // Whether these operands suit the verb is no matter here.
        let _ = parse(words.map(OsString::from), |_| None);
    }
}

#[test]
fn refused_verbs_are_no_verbs() {
    for (name, _) in REFUSED_VERBS {
        assert!(verb(name).is_none() && group(name).is_none(), "{name}");
    }
}

#[test]
fn each_flag_and_verb_is_explained() {
    for verb in every_verb() {
        assert!(!verb.purpose.is_empty() && !verb.purpose.ends_with('.'), "{}", verb.name);
        for flag in verb.flags().filter(|flag| flag.is_shown()) {
            assert!(!flag.help.is_empty() && !flag.help.ends_with('.'), "{}: --{}", verb.name, flag.long);
        }
    }
}

#[test]
fn examples_are_right_command_lines() {
    for verb in every_verb() {
        for (line, _) in verb.examples {
            let Some(words) =
                line.strip_prefix("limpet ").filter(|words| !words.contains(['>', '$', '\'', '~']))
            else {
                continue;
            };
            let parsed = parse(words.split_whitespace().map(OsString::from), |_| None);
            assert!(parsed.is_ok(), "{line}: {parsed:?}");
        }
    }
}
