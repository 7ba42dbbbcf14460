//! Variables per board: a mapping of boards' names or selectors to variables, in YAML (JSON is some). What is more special counts: the board's name
//! over selectors, a selector with more conditions over one with fewer; two of equal weight must not disagree.

use super::failure::{Failure, Outcome};
use super::files;
use crate::api::Labels;
use limpet_fleet::selector;
use std::collections::BTreeMap;
use std::path::Path;

/// Largest file.
const BYTES_MAX: u64 = 1024 * 1024;

type Variables = BTreeMap<String, String>;

/// What a file of values says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    entries: Vec<(String, Variables)>,
}

impl Values {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        Self::parse(&path.display().to_string(), &files::read(path, BYTES_MAX)?)
    }

    fn parse(name: &str, bytes: &[u8]) -> Outcome<Self> {
        let read = limpet_compose::mapping(name, std::str::from_utf8(bytes)?).map_err(|problems| {
            let first = problems.list.first().map(ToString::to_string).unwrap_or_default();
            Failure::new(format!("read the values: {first}"))
        })?;
        let entries = read.into_iter().map(|(whom, variables)| (whom, variables.into_iter().collect()));
        Ok(Self { entries: entries.collect() })
    }

    /// The variables of one board.
    pub(crate) fn of(&self, board: &str, labels: &Labels) -> Outcome<Variables> {
        let mut found: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for (whom, variables) in &self.entries {
            let Some(weight) = weight(whom, board, labels)? else { continue };
            for (name, value) in variables {
                match found.get(name.as_str()) {
                    Some((other, _)) if *other > weight => {}
                    Some((other, said)) if *other == weight && said != value => {
                        return Err(Failure::new(format!(
                            "the values give board {board} two different {name}"
                        )));
                    }
                    Some(_) | None => {
                        found.insert(name, (weight, value));
                    }
                }
            }
        }
        Ok(found.into_iter().map(|(name, (_, value))| (name.to_owned(), value.to_owned())).collect())
    }
}

/// How much an entry means this board; `None` if it means others. `*` means all.
fn weight(whom: &str, board: &str, labels: &Labels) -> Outcome<Option<usize>> {
    if whom == board {
        return Ok(Some(usize::MAX));
    }
    if whom == "*" {
        return Ok(Some(0));
    }
    if !whom.contains(['=', ',', '!', ' ']) {
        return Ok(None);
    }
    let selector = selector::parse(whom)?;
    Ok(selector.selects(labels).then(|| selector.conditions()))
}

#[cfg(test)]
mod tests;
