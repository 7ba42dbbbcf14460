//! From words to flags and operands, by a verb's table; values stay text.
//!
//! The rules are docker's: `-it`, `-m64m`, `-m 64m`, `--memory=64m`, `--rm=false`, `--` ends the flags, and so does
//! the first operand of `run`, `create`, `exec` and `top`.

#[cfg(test)]
mod tests;

use super::command::Command;
use super::problem::Problem;
use super::table::{ANY, Flag, GLOBAL, Takes, Verb};
use super::value::Invalid;
use super::{help, suggest};
use lexopt::{Arg, Parser};
use std::ffi::OsString;

/// What stood before the verb.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// `--root`
    pub root: Option<String>,
    /// `--state`
    pub state: Option<String>,
    /// `--help` or `--version`: nothing more is read.
    pub command: Option<Command>,
    /// The verb.
    pub verb: Option<String>,
}

/// The word after a group's name.
pub(super) enum Member {
    /// None, or `--help`.
    Help,
    /// This.
    Named(String),
}

/// What was typed after a verb: each flag is one that the verb has.
#[derive(Debug)]
pub(super) struct Matches {
    verb: &'static Verb,
    flags: Vec<(&'static str, String)>,
    /// In the order typed.
    pub operands: Vec<String>,
}

impl std::fmt::Debug for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Reads up to and with the verb.
pub(super) fn opening(words: &mut Parser) -> Result<Opening, Problem> {
    let mut opening = Opening::default();
    while opening.verb.is_none() && opening.command.is_none() {
        match words.next().map_err(malformed)? {
            None => break,
            Some(Arg::Value(word)) => opening.verb = Some(text(word)?),
            Some(Arg::Long("root")) => opening.root = Some(given(words, "--root")?),
            Some(Arg::Long("state")) => opening.state = Some(given(words, "--state")?),
            Some(Arg::Long("help") | Arg::Short('h')) => {
                opening.command = Some(Command::Help(help::program()))
            }
            Some(Arg::Long("version") | Arg::Short('v')) => {
                opening.command = Some(Command::Version(Default::default()));
            }
            Some(Arg::Long(name)) => return Err(unknown_global(name)),
            Some(Arg::Short(letter)) => return Err(Problem::flag(format!("unknown flag -{letter}"))),
        }
    }
    Ok(opening)
}

fn unknown_global(name: &str) -> Problem {
    let known = GLOBAL.flags.iter().map(|flag| flag.long);
    Problem::flag(format!("unknown flag --{name}{}", suggest::flag(name, known)))
}

/// Reads the word after a group's name.
pub(super) fn member(words: &mut Parser) -> Result<Member, Problem> {
    match words.next().map_err(malformed)? {
        None | Some(Arg::Long("help")) => Ok(Member::Help),
        Some(Arg::Value(word)) => Ok(Member::Named(text(word)?)),
        Some(Arg::Long(name)) => Err(Problem::flag(format!("unknown flag --{name}"))),
        Some(Arg::Short(letter)) => Err(Problem::flag(format!("unknown flag -{letter}"))),
    }
}

/// Reads all that follows a verb.
pub(super) fn verb(verb: &'static Verb, words: &mut Parser) -> Result<Matches, Problem> {
    let mut matches = Matches { verb, flags: Vec::new(), operands: Vec::new() };
    while let Some(word) = words.next().map_err(malformed)? {
        let flag = match word {
            Arg::Value(word) => {
                matches.operands.push(text(word)?);
                if verb.operands.end_flags {
                    matches.take_rest(words)?;
                }
                continue;
            }
            Arg::Long(name) => long(verb, name)?,
            Arg::Short(letter) => short(verb, letter)?,
        };
        let value = flag_value(flag, words)?;
        matches.flags.push((name_of(flag), value));
        if flag.long == "help" {
            break;
        }
    }
    Ok(matches)
}

fn long(verb: &'static Verb, name: &str) -> Result<&'static Flag, Problem> {
    if let Some(flag) = verb.flags().find(|flag| flag.long == name) {
        return Ok(flag);
    }
    if matches!(name, "root" | "state") {
        return Err(Problem::flag(format!(
            "--{name} goes before the verb: limpet --{name} DIR {}",
            verb.name
        )));
    }
    let known = verb.flags().filter(|flag| flag.is_shown()).map(|flag| flag.long);
    Err(Problem::flag(format!("unknown flag --{name}{}", suggest::flag(name, known))))
}

fn short(verb: &'static Verb, letter: char) -> Result<&'static Flag, Problem> {
    let found = verb.flags().find(|flag| flag.short == letter);
    found.ok_or_else(|| Problem::flag(format!("unknown flag -{letter}")))
}

fn name_of(flag: &'static Flag) -> &'static str {
    match flag.takes {
        Takes::Same(other) => other,
        _ => flag.long,
    }
}

fn flag_value(flag: &'static Flag, words: &mut Parser) -> Result<String, Problem> {
    let shown = format!("--{}", flag.long);
    match flag.takes {
        Takes::Nothing => match words.optional_value() {
            None => Ok(String::from("true")),
            Some(value) => switch_value(&shown, &text(value)?),
        },
        Takes::Refused(instead) => Err(refusal(flag, instead)),
        Takes::Value(_) | Takes::Values(_) | Takes::Same(_) => given(words, &shown),
    }
}

fn refusal(flag: &Flag, instead: &str) -> Problem {
    Problem::flag(format!("--{} is not supported: {instead}", flag.long))
}

fn switch_value(flag: &str, value: &str) -> Result<String, Problem> {
    match value {
        "true" | "1" | "t" | "T" | "TRUE" | "True" => Ok(String::from("true")),
        "false" | "0" | "f" | "F" | "FALSE" | "False" => Ok(String::from("false")),
        _ => Err(Problem::flag(format!("{flag}={value}: write {flag}=true or {flag}=false"))),
    }
}

fn given(words: &mut Parser, flag: &str) -> Result<String, Problem> {
    let value = words.value().map_err(|_| Problem::flag(format!("{flag} needs a value")))?;
    text(value)
}

fn text(word: OsString) -> Result<String, Problem> {
    word.into_string()
        .map_err(|word| Problem::flag(format!("{}: arguments must be UTF-8", word.to_string_lossy())))
}

/// What lexopt itself objects to: `--version=yes` and the like, where nothing takes a value.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn malformed(error: lexopt::Error) -> Problem {
    Problem::flag(error.to_string())
}

impl Matches {
    /// All that follows the first operand is an operand, but for a `--` directly after it.
    fn take_rest(&mut self, words: &mut Parser) -> Result<(), Problem> {
        for word in words.raw_args().map_err(malformed)? {
            self.operands.push(text(word)?);
        }
        Ok(())
    }

    /// Fails unless there are as many operands as the verb takes.
    pub(super) fn check_operands(&self) -> Result<(), Problem> {
        let expected = &self.verb.operands;
        let count = self.operands.len();
        if count < expected.min {
            return Err(Problem::operand(format!("{} needs {}", self.verb.name, expected.usage)));
        }
        match self.operands.get(expected.max) {
            Some(extra) if expected.max != ANY => {
                Err(Problem::operand(format!("{extra}: one argument too many")))
            }
            _ => Ok(()),
        }
    }

    /// A switch that is off unless it was given.
    pub(super) fn on(&self, flag: &str) -> bool {
        self.last(flag) == Some("true")
    }

    /// A switch that is on unless it was turned off.
    pub(super) fn on_by_default(&self, flag: &str) -> bool {
        self.last(flag) != Some("false")
    }

    /// Whether the flag was given at all.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.last(flag).is_some()
    }

    fn last(&self, flag: &str) -> Option<&str> {
        self.each(flag).last()
    }

    fn each<'a>(&'a self, flag: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let known = self.verb.flags().find(|known| known.long == flag);
        debug_assert!(known.is_some(), "--{flag} is not in the table of {}", self.verb.name);
        let name = known.map_or("", |known| known.long);
        self.flags.iter().filter(move |(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a flag.
    pub(super) fn text(&self, flag: &str) -> Option<String> {
        self.last(flag).map(str::to_owned)
    }

    /// The last value of a flag, understood by `parse`.
    pub(super) fn one<T>(
        &self,
        flag: &str,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Problem> {
        self.last(flag).map(|value| parse(value).map_err(|why| wrong(flag, value, &why))).transpose()
    }

    /// Every value of a flag, understood by `parse`.
    pub(super) fn every<T>(
        &self,
        flag: &str,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Result<Vec<T>, Problem> {
        self.each(flag).map(|value| parse(value).map_err(|why| wrong(flag, value, &why))).collect()
    }
}

fn wrong(flag: &str, value: &str, why: &Invalid) -> Problem {
    let value = if value.is_empty() { "''" } else { value };
    Problem::flag(format!("--{flag} {value}: {why}"))
}
