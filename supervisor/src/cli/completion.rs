//! Shell completion from the table: verbs, flags, and names of what exists.
//!
//! Names of containers and images are asked of `limpet` itself when the key is pressed, with the `--root` and
//! `--state` of the line left aside: an instance other than the usual one is chosen by `LIMPET_ROOT` there.

mod bash;
mod fish;
#[cfg(test)]
mod tests;
mod zsh;

use super::command::Shell;
use super::table::{self, Flag, GROUPS, NO, Subject, Takes, Verb};

/// What prints the names of containers.
const CONTAINERS: &str = "limpet ps -a --format '{{.Names}}' 2>/dev/null";
/// What prints the references of images.
const IMAGES: &str = "limpet images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null";

/// What prints the names of apps.
const APPS: &str = "limpet app ls -q 2>/dev/null";

/// The script for `shell`.
#[must_use]
pub fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash::script(),
        Shell::Zsh => zsh::script(),
        Shell::Fish => fish::script(),
    }
}

/// Every way to call every verb: `("", "ps")`, `("container", "ls")`.
fn calls() -> Vec<(&'static str, &'static str, &'static Verb)> {
    let own = table::verbs().map(|verb| ("", verb.name, verb));
    let grouped =
        GROUPS.iter().flat_map(|group| group.members.iter().map(|(name, verb)| (group.name, *name, *verb)));
    own.chain(grouped).collect()
}

/// Flags to offer before a verb.
fn global_flags() -> impl Iterator<Item = &'static Flag> {
    table::GLOBAL.flags.iter().filter(|flag| flag.is_shown())
}

/// Flags to offer after a verb.
fn shown_flags(verb: &'static Verb) -> impl Iterator<Item = &'static Flag> {
    verb.flags().filter(|flag| flag.is_shown())
}

fn takes_value(flag: &Flag) -> bool {
    matches!(flag.takes, Takes::Value(_) | Takes::Values(_))
}

/// `-m` and `--memory`.
fn spellings(flag: &Flag) -> Vec<String> {
    let long = format!("--{}", flag.long);
    if flag.short == NO { vec![long] } else { vec![format!("-{}", flag.short), long] }
}

/// Names of all verbs and groups.
fn first_words() -> Vec<&'static str> {
    table::verbs().map(|verb| verb.name).chain(GROUPS.iter().map(|group| group.name)).collect()
}

/// What a function or completion of a shell calls the subject.
fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Text => "text",
        Subject::Container => "container",
        Subject::App => "app",
        Subject::Image => "image",
        Subject::Path => "path",
        Subject::Shell => "shell",
        Subject::Verb => "verb",
    }
}
