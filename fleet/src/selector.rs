//! Which boards are meant, by their labels, in kubectl's words:
//!
//! ```text
//! site=greenhouse            the label is that; also ==
//! site!=greenhouse           it is not that, or is not there
//! site in (a, b)             it is one of them
//! site notin (a, b)          it is none of them, or is not there
//! site                       it is there
//! !site                      it is not there
//! ```
//!
//! Conditions joined by commas must all be met. As with kubectl, nothing at all means all boards: whoever takes a selector
//! for something that is hard to undo asks for one that says something ([`Selector::is_all`]). Blanks may stand between
//! words. `in` and `notin` are words only behind a name.
//!
//! [Kubernetes documents it so](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors).
//! `<`, `>` and values that are not [`crate::label::is_value`] are errors here.

use crate::label::{self, Labels};

/// Longest text.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Most conditions.
pub const CONDITIONS_MAX: usize = 32;
/// Most values of one condition.
pub const VALUES_MAX: usize = 64;

/// Which boards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(Vec<Condition>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    name: String,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    There,
    Absent,
    OneOf(Vec<String>),
    /// Or absent.
    NoneOf(Vec<String>),
}

/// What is wrong with a selector, and where: `at` counts characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {what}")]
pub struct Wrong {
    /// Where.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

impl Selector {
    /// It says nothing, so it means all.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// How many conditions there are: with more of them it is more special.
    #[must_use]
    pub fn conditions(&self) -> usize {
        self.0.len()
    }

    /// Whether a board with those labels is meant.
    #[must_use]
    pub fn selects(&self, labels: &Labels) -> bool {
        self.0.iter().all(|condition| {
            let value = labels.get(&condition.name);
            match &condition.wanted {
                Wanted::There => value.is_some(),
                Wanted::Absent => value.is_none(),
                Wanted::OneOf(values) => value.is_some_and(|value| values.contains(value)),
                Wanted::NoneOf(values) => value.is_none_or(|value| !values.contains(value)),
            }
        })
    }
}

/// Reads one.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Selector, Wrong> {
    let mut scan = Scan { text, at: 0 };
    if text.len() > TEXT_BYTES_MAX {
        return Err(scan.wrong(format!("it is longer than {TEXT_BYTES_MAX} bytes")));
    }
    scan.blanks();
    let mut conditions = Vec::new();
    while !scan.rest().is_empty() {
        if conditions.len() == CONDITIONS_MAX {
            return Err(scan.wrong(format!("there are more than {CONDITIONS_MAX} conditions")));
        }
        conditions.push(scan.condition()?);
        if !scan.takes(",") {
            break;
        }
        if scan.rest().is_empty() {
            return Err(scan.wrong("a condition is missing behind the last comma"));
        }
    }
    match scan.rest().chars().next() {
        None => Ok(Selector(conditions)),
        Some(found) => Err(scan.wrong(format!("{} is not expected, but a comma or the end", shown(found)))),
    }
}

/// A place in the text; blanks before it are passed.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, what: impl Into<String>) -> Wrong {
        let before = self.text.get(..self.at).unwrap_or_default();
        Wrong { at: before.chars().count() + 1, what: what.into() }
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_there = self.rest().starts_with(sign);
        if is_there {
            self.at += sign.len();
            self.blanks();
        }
        is_there
    }

    /// What could be a word, maybe nothing.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !label::is_of_a_word(byte)).unwrap_or(rest.len());
        let (word, _) = rest.split_at(end);
        self.at += word.len();
        self.blanks();
        word
    }

    fn condition(&mut self) -> Result<Condition, Wrong> {
        if self.takes("!") {
            return Ok(Condition { name: self.name()?, wanted: Wanted::Absent });
        }
        let name = self.name()?;
        let at = self.at;
        let wanted = if self.takes("==") || self.takes("=") {
            Wanted::OneOf(vec![self.value()?])
        } else if self.takes("!=") {
            Wanted::NoneOf(vec![self.value()?])
        } else {
            match self.word() {
                "" => Wanted::There,
                "in" => Wanted::OneOf(self.values()?),
                "notin" => Wanted::NoneOf(self.values()?),
                _ => {
                    self.at = at;
                    return Err(
                        self.wrong(format!("behind {name} comes =, !=, in, notin, a comma or the end"))
                    );
                }
            }
        };
        Ok(Condition { name, wanted })
    }

    fn name(&mut self) -> Result<String, Wrong> {
        self.checked("the name of a label", label::is_name)
    }

    fn value(&mut self) -> Result<String, Wrong> {
        self.checked("a value", label::is_value)
    }

    fn checked(&mut self, what: &str, is_right: fn(&str) -> bool) -> Result<String, Wrong> {
        let at = self.at;
        let word = self.word();
        if is_right(word) {
            return Ok(String::from(word));
        }
        self.at = at;
        Err(match (word, self.rest().chars().next()) {
            ("", None) => self.wrong(format!("{what} is missing")),
            ("", Some(found)) => self.wrong(format!("{what} is wanted, and {} is there", shown(found))),
            _ => self.wrong(format!(
                "{what} has at most {} letters, digits, -, _, . and /, and begins and ends with a letter or a digit",
                label::BYTES_MAX
            )),
        })
    }

    fn values(&mut self) -> Result<Vec<String>, Wrong> {
        if !self.takes("(") {
            return Err(self.wrong("a list in ( ) is wanted"));
        }
        let mut values = Vec::new();
        loop {
            if values.len() == VALUES_MAX {
                return Err(self.wrong(format!("there are more than {VALUES_MAX} values")));
            }
            values.push(self.value()?);
            if self.takes(")") {
                return Ok(values);
            }
            if !self.takes(",") {
                return Err(self.wrong("a comma or ) is wanted"));
            }
        }
    }
}

fn shown(found: char) -> String {
    format!("\u{201c}{}\u{201d}", found.escape_debug())
}
