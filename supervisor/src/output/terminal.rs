//! Whether bold and cursor movement are welcome.

#[cfg(test)]
mod tests;

/// How text may be dressed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text only: a pipe, a file, `NO_COLOR`, `TERM=dumb`.
    Plain,
    /// A terminal that understands ECMA-48 sequences.
    Terminal,
}

impl Style {
    /// The style for a stream: `is_terminal` as the kernel says, `variable` looks up the environment.
    ///
    /// `NO_COLOR` counts if it is set and not empty (no-color.org).
    pub fn of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = variable("TERM").is_some_and(|value| value == "dumb");
        if is_terminal && !refused && !dumb { Self::Terminal } else { Self::Plain }
    }

    /// `text`, bold if that is welcome.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Terminal => format!("\x1b[1m{text}\x1b[0m"),
        }
    }
}
