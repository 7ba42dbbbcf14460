//! The command line: docker's verbs and flags, from text to typed values.
//!
//! In: the arguments as the shell handed them over, and a way to look up environment variables. Out: an
//! [`Invocation`], or one line that says what is wrong with it. Nothing here touches the system: files that flags
//! name (`--env-file`, `--label-file`) are read by the caller, who hands the reading to [`environment`].
//!
//! One declarative table (`table`) feeds the parser, `--help`, the did-you-mean and shell completion. Measured on
//! static x86_64 (no relocation, opt-level "s", LTO; bytes above a program that prints one number; median of 60 first
//! parses): clap 4.6 with one verb of 52 flags and no values understood 233 KiB and 104 µs, with clap_complete 323 KiB;
//! all verbs here with their values, help and did-you-mean 168 KiB and 37 µs, with completion 199 KiB.

mod build;
pub mod command;
pub mod completion;
pub mod environment;
pub mod fetching;
pub mod help;
pub mod membership;
pub mod options;
mod problem;
mod scan;
mod suggest;
mod table;
#[cfg(test)]
mod tests;
pub mod value;
mod words;

pub use command::Command;
pub use problem::UsageError;

use problem::Problem;
use std::ffi::OsString;
use table::{GROUPS, Verb};
use words::Words;

/// Where images, containers and volumes are kept unless `--root` or `LIMPET_ROOT` says otherwise.
pub const ROOT_DEFAULT: &str = "/var/lib/limpet";
/// Where sockets and what does not outlive a boot are kept unless `--state` or `LIMPET_STATE` says otherwise.
pub const STATE_DEFAULT: &str = "/run/limpet";

/// Which instance of Limpet is meant: several may live side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Globals {
    /// `--root`, an absolute path.
    pub root: String,
    /// `--state`, an absolute path.
    pub state: String,
}

/// A whole command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Flags before the verb.
    pub globals: Globals,
    /// The verb with all it was given.
    pub command: Command,
}

/// Understands `arguments` (without the program's own name).
///
/// `variable` looks up an environment variable.
///
/// # Errors
/// The first thing that is wrong, with the exit status that docker gives for it.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Invocation, UsageError> {
    let mut words = Words::new(arguments)
        .map_err(|word| Problem::flag(format!("{word}: arguments must be UTF-8")).at(""))?;
    let opening = scan::opening(&mut words).map_err(|problem| problem.at(""))?;
    let globals = globals(&opening, variable).map_err(|problem| problem.at(""))?;
    if let Some(command) = opening.command {
        return Ok(Invocation { globals, command });
    }
    let Some(word) = opening.verb else {
        return Ok(Invocation { globals, command: Command::Help(help::program()) });
    };
    let command = verb_command(&word, &mut words)?;
    Ok(Invocation { globals, command })
}

fn verb_command(word: &str, words: &mut Words) -> Result<Command, UsageError> {
    if let Some(verb) = table::verb(word) {
        return one_verb(verb, verb.name, words);
    }
    let Some(group) = table::group(word) else {
        return Err(suggest::unknown_verb(word).at(""));
    };
    let member = match scan::member(words).map_err(|problem| problem.at(group.name))? {
        scan::Member::Help => return Ok(Command::Help(help::group(group))),
        scan::Member::Named(member) => member,
    };
    let verb = group.member(&member).ok_or_else(|| suggest::unknown_member(group, &member).at(group.name))?;
    one_verb(verb, &format!("{} {member}", group.name), words)
}

/// `typed` is how the verb was called, for messages: `container ls` as well as `ps`.
fn one_verb(verb: &'static Verb, typed: &str, words: &mut Words) -> Result<Command, UsageError> {
    let matches = scan::verb(verb, words).map_err(|problem| problem.at(typed))?;
    if matches.on("help") {
        return Ok(Command::Help(help::verb(verb, typed)));
    }
    matches.check_operands().and_then(|()| (verb.build)(&matches)).map_err(|problem| problem.at(typed))
}

fn globals(opening: &scan::Opening, variable: impl Fn(&str) -> Option<String>) -> Result<Globals, Problem> {
    let directory = |flag: &str, given: &Option<String>, name: &str, default: &str| {
        let from_variable = || variable(name).filter(|value| !value.is_empty());
        let (subject, path) = match given {
            Some(path) => (flag, path.clone()),
            None => (name, from_variable().unwrap_or_else(|| default.to_owned())),
        };
        if path.starts_with('/') {
            return Ok(path);
        }
        Err(Problem::flag(format!("{subject} {path}: write an absolute path")))
    };
    Ok(Globals {
        root: directory("--root", &opening.root, "LIMPET_ROOT", ROOT_DEFAULT)?,
        state: directory("--state", &opening.state, "LIMPET_STATE", STATE_DEFAULT)?,
    })
}

/// Names of every group, for messages and completion.
fn group_names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|group| group.name)
}
