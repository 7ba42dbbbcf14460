//! What the verbs about being in a fleet were given.

/// `join`
#[derive(Clone, PartialEq, Eq)]
pub struct JoinArgs {
    /// Where the token is.
    pub token: TokenSource,
    /// `--name`; the host name otherwise.
    pub name: Option<String>,
}

/// Where a token is.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// In the words of the command.
    Word(String),
    /// `--token-file`; `-` is standard input.
    File(String),
}

/// No secret appears in a log.
impl std::fmt::Debug for JoinArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinArgs").field("name", &self.name).finish_non_exhaustive()
    }
}
