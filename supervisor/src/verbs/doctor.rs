//! `doctor`: see [`crate::doctor`].

use super::shown;
use crate::board::Board;
use crate::cli::command::FormatArgs;
use crate::doctor::{Finding, Level, gather, judge};
use crate::failure::Outcome;
use crate::output::format::Format;
use crate::screen;
use serde_json::{Value, json};

/// `doctor`: ends with 1 after a warning, and with 2 after an error.
pub(super) fn doctor(board: &Board, args: &FormatArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let findings = judge(&gather(board));
    if format == Format::Table {
        findings.iter().for_each(|finding| screen::line(&line(finding)));
    } else {
        let values: Vec<Value> = findings.iter().map(value).collect();
        screen::print(&format.document(&Value::Array(values))?);
    }
    Ok(match findings.iter().map(|finding| finding.level).max() {
        None | Some(Level::Well) => 0,
        Some(Level::Warning) => 1,
        Some(Level::Error) => 2,
    })
}

fn line(finding: &Finding) -> String {
    let Finding { subject, level, found, advice } = finding;
    let advice = advice.as_ref().map(|advice| format!("\n         {advice}")).unwrap_or_default();
    format!("{:<8} {subject}: {found}{advice}", level.word())
}

fn value(finding: &Finding) -> Value {
    json!({
        "Subject": finding.subject,
        "Level": finding.level.word(),
        "Found": finding.found,
        "Advice": finding.advice,
    })
}
