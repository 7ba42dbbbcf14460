//! The verbs about images.

use crate::cli::value::filter::Filter;
use crate::cli::value::platform::Platform;

/// `images`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagesArgs {
    /// Only this repository or reference.
    pub reference: Option<String>,
    /// `-q`
    pub quiet: bool,
    /// `--no-trunc`
    pub no_trunc: bool,
    /// `--digests`
    pub digests: bool,
    /// `--filter`
    pub filters: Vec<Filter>,
    /// `--format`
    pub format: Option<String>,
}

/// `load`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadArgs {
    /// `-i`; `None` is stdin.
    pub input: Option<String>,
    /// `-q`
    pub quiet: bool,
    /// `--platform`; `None` is the board's.
    pub platform: Option<Platform>,
    /// `--max-size`: most bytes that it may unpack to.
    pub size_bytes_max: Option<u64>,
}

/// `save`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveArgs {
    /// One or more.
    pub images: Vec<String>,
    /// `-o`; `None` is stdout.
    pub output: Option<String>,
}

/// `image verify`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyArgs {
    /// None is all.
    pub images: Vec<String>,
    /// `--repair`
    pub repair: bool,
    /// `--limit-rate`
    pub rate_bytes_per_s: Option<u64>,
    /// `-q`
    pub quiet: bool,
}

/// `tag`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagArgs {
    /// Which.
    pub image: String,
    /// Its further reference.
    pub reference: String,
}

/// `rmi`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RmiArgs {
    /// One or more.
    pub images: Vec<String>,
    /// `-f`
    pub force: bool,
}

/// `history`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryArgs {
    /// Of which.
    pub image: String,
    /// `-q`
    pub quiet: bool,
    /// `--no-trunc`
    pub no_trunc: bool,
    /// Not with `--human=false`.
    pub human: bool,
    /// `--format`
    pub format: Option<String>,
}
