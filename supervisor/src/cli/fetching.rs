//! What the verbs about registries were given: `pull`, `login`, `logout`.

use super::value::Invalid;
use super::value::platform::Platform;

/// When the image of a new container is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullPolicy {
    /// If it is not there.
    #[default]
    Missing,
    /// Always: what the reference means is asked for; layers that are there are not fetched again.
    Always,
    /// Never.
    Never,
}

impl PullPolicy {
    /// `--pull`.
    ///
    /// # Errors
    /// Another word.
    pub(super) fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "missing" => Ok(Self::Missing),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err("write missing, always or never".into()),
        }
    }
}

/// `pull`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullArgs {
    /// One or more references.
    pub images: Vec<String>,
    /// `-q`: print nothing but the reference.
    pub quiet: bool,
    /// `--platform`; `None` is the board's.
    pub platform: Option<Platform>,
    /// `--max-size`: most bytes that one may unpack to.
    pub size_bytes_max: Option<u64>,
    /// `--limit-rate`: most bytes per second.
    pub rate_bytes_per_s: Option<u64>,
}

/// `login`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginArgs {
    /// `host[:port]`; `None` is docker.io.
    pub registry: Option<String>,
    /// `-u`
    pub user: Option<String>,
    /// `--password-stdin`
    pub password_from_stdin: bool,
}
