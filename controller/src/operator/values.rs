//! Variables per board: a mapping of boards' names or selectors to variables. What is more special counts: the board's name
//! over selectors, a selector with more conditions over one with fewer; two of equal weight must not disagree.

use super::failure::{During, Failure, Outcome};
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
        let what = || format!("read {}", path.display());
        Self::parse(&files::read(path, BYTES_MAX)?).during(what)
    }

    fn parse(bytes: &[u8]) -> Outcome<Self> {
        let read: BTreeMap<String, BTreeMap<String, serde_json::Value>> = serde_json::from_slice(bytes)?;
        let mut entries = Vec::new();
        for (whom, variables) in read {
            let scalar = |(name, value): (String, serde_json::Value)| match value {
                serde_json::Value::String(text) => Ok((name, text)),
                serde_json::Value::Number(number) => Ok((name, number.to_string())),
                serde_json::Value::Bool(yes) => Ok((name, yes.to_string())),
                serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
                    Err(Failure::new(format!("{whom}: {name} is no text, number or boolean")))
                }
            };
            let variables = variables.into_iter().map(scalar).collect::<Outcome<Variables>>()?;
            entries.push((whom, variables));
        }
        Ok(Self { entries })
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
