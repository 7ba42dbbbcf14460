//! From words to flags and operands, by a verb's table; values stay text.
//!
//! Flags may stand among the operands, but those of `run`, `create`, `exec` and `top` end at the first operand: what
//! follows belongs to the container.

#[cfg(test)]
mod tests;

use super::command::{Command, FormatArgs};
use super::problem::Problem;
use super::table::{ANY, Flag, GLOBAL, HELP, NO, Takes, Verb};
use super::value::Invalid;
use super::words::{Word, Words};
use super::{help, suggest};

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
pub(super) fn opening(words: &mut Words) -> Result<Opening, Problem> {
    let mut opening = Opening::default();
    while opening.verb.is_none() && opening.command.is_none() {
        let Some(word) = words.next() else { break };
        let flag = match word {
            Word::Operand(word) => {
                opening.verb = Some(word);
                break;
            }
            Word::Long(name) => global(&name)?,
            // docker has -h for --help here, though not after most verbs.
            Word::Short('h') => &HELP,
            Word::Short(letter) => {
                let found = GLOBAL.flags.iter().find(|flag| flag.short == letter);
                found.ok_or_else(|| Problem::flag(format!("unknown flag -{letter}")))?
            }
        };
        opening.take(flag.long, flag_value(flag, words)?);
    }
    Ok(opening)
}

fn global(name: &str) -> Result<&'static Flag, Problem> {
    let known = GLOBAL.flags.iter().filter(|flag| flag.is_shown()).map(|flag| flag.long);
    let found = GLOBAL.flags.iter().find(|flag| flag.long == name);
    found.ok_or_else(|| Problem::flag(format!("unknown flag --{name}{}", suggest::flag(name, known))))
}

impl Opening {
    fn take(&mut self, flag: &str, value: String) {
        match flag {
            "root" => self.root = Some(value),
            "state" => self.state = Some(value),
            "version" if value == "true" => self.command = Some(version_line()),
            "help" if value == "true" => self.command = Some(Command::Help(help::program())),
            _ => {}
        }
    }
}

/// `--version` is one line, as of other programs; the verb says more.
fn version_line() -> Command {
    Command::Version(FormatArgs { format: Some("limpet version {{.Version}}".to_owned()) })
}

/// Reads the word after a group's name.
pub(super) fn member(words: &mut Words) -> Result<Member, Problem> {
    match words.next() {
        None | Some(Word::Short('h')) => Ok(Member::Help),
        Some(Word::Long(name)) if name == "help" => Ok(Member::Help),
        Some(Word::Operand(word)) => Ok(Member::Named(word)),
        Some(Word::Long(name)) => Err(Problem::flag(format!("unknown flag --{name}"))),
        Some(Word::Short(letter)) => Err(Problem::flag(format!("unknown flag -{letter}"))),
    }
}

/// Reads all that follows a verb.
pub(super) fn verb(verb: &'static Verb, words: &mut Words) -> Result<Matches, Problem> {
    let mut matches = Matches { verb, flags: Vec::new(), operands: Vec::new() };
    while let Some(word) = words.next() {
        let flag = match word {
            Word::Operand(word) => {
                matches.operands.push(word);
                if verb.operands.end_flags {
                    matches.operands.extend(words.take_rest());
                }
                continue;
            }
            Word::Long(name) => long(verb, &name)?,
            Word::Short(letter) => short(verb, letter)?,
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

/// `-h` is help where a verb has no other use for it.
fn short(verb: &'static Verb, letter: char) -> Result<&'static Flag, Problem> {
    let found = verb.flags().find(|flag| flag.short == letter && letter != NO);
    let found = found.or((letter == 'h').then_some(&HELP));
    found.ok_or_else(|| Problem::flag(format!("unknown flag -{letter}")))
}

fn name_of(flag: &'static Flag) -> &'static str {
    match flag.takes {
        Takes::Same(other) => other,
        _ => flag.long,
    }
}

fn flag_value(flag: &'static Flag, words: &mut Words) -> Result<String, Problem> {
    let shown = format!("--{}", flag.long);
    match flag.takes {
        Takes::Nothing => words
            .joined_value()
            .map_or_else(|| Ok(String::from("true")), |value| switch_value(&shown, &value)),
        Takes::Refused(instead) => Err(refusal(flag, instead)),
        Takes::Value(_) | Takes::Values(_) | Takes::Same(_) => {
            words.value().ok_or_else(|| Problem::flag(format!("{shown} needs a value")))
        }
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

impl Matches {
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
