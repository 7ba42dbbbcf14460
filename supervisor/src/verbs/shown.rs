//! How an answer is to be shown: `--format`, from its text. One that cannot be understood is a wrong flag, and ends
//! with docker's status for these.

use crate::failure::Failure;
use crate::output::format::Format;
use crate::output::template::{Template, TemplateError};

/// `--format` of a verb with rows, or with a document.
///
/// # Errors
/// A template that is not understood.
pub(super) fn format(text: Option<&str>) -> Result<Format, Failure> {
    Format::parse(text).map_err(|error| wrong(text.unwrap_or_default(), &error))
}

/// `--format` of `inspect`: a template alone.
///
/// # Errors
/// See [`format`].
pub(super) fn template(text: &str) -> Result<Template, Failure> {
    Template::parse(text).map_err(|error| wrong(text, &error))
}

fn wrong(text: &str, error: &TemplateError) -> Failure {
    Failure::new(format!("--format {text}: {error}")).of_run()
}
