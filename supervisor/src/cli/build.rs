//! From a verb's flags and operands to its typed meaning; one function for each verb, named in the table.

pub(super) mod app;
pub(super) mod container;
pub(super) mod fetching;
pub(super) mod image;
mod limits;
pub(super) mod membership;
pub(super) mod run;
pub(super) mod supervision;
pub(super) mod system;

use super::problem::Problem;
use super::scan::Matches;
use super::value::{filter::Filter, keys, keys::DetachKeys, text};

/// The operand at `index`, which [`Matches::check_operands`] has seen.
fn operand(matches: &Matches, index: usize) -> String {
    matches.operands.get(index).cloned().unwrap_or_default()
}

fn detach_keys(matches: &Matches) -> Result<DetachKeys, Problem> {
    Ok(matches.one("detach-keys", keys::parse)?.unwrap_or_default())
}

fn filters(
    matches: &Matches,
    of: fn(&str) -> Result<Filter, super::value::Invalid>,
) -> Result<Vec<Filter>, Problem> {
    let flag = "filter";
    matches.every(flag, of)
}

/// `--format`; empty counts as not given, as in docker.
fn format(matches: &Matches) -> Option<String> {
    matches.text("format").filter(|format| !format.is_empty())
}

fn workdir(matches: &Matches) -> Result<Option<String>, Problem> {
    matches.one("workdir", text::absolute)
}
