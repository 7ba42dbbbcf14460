//! What a person reads when something did not work: one line.

use std::error::Error;

/// Why a verb failed. Whatever is an error becomes one, with all its causes.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The line.
    pub(crate) line: String,
}

/// The end of whatever may fail.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(line: impl Into<String>) -> Self {
        Self { line: line.into() }
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { line: chain(&error) }
    }
}

/// Says what was being done.
pub(crate) trait During<T> {
    /// `what: why`
    fn during(self, what: impl FnOnce() -> String) -> Outcome<T>;
}

impl<T, E: Into<Failure>> During<T> for Result<T, E> {
    fn during(self, what: impl FnOnce() -> String) -> Outcome<T> {
        self.map_err(|error| Failure { line: format!("{}: {}", what(), error.into().line) })
    }
}

fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let text = source.to_string();
        // hyper and others say what their source says.
        if !line.ends_with(&text) {
            line = format!("{line}: {text}");
        }
        next = source.source();
    }
    line
}
