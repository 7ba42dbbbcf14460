//! What the verbs about apps were given, and `events`.

use crate::cli::value::filter::Filter;
use crate::cli::value::time::Moment;

/// Which compose files, and how they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileArgs {
    /// `-f`, each laid over those before it; none looks for compose.yaml here and above.
    pub files: Vec<String>,
    /// `-p`, valid.
    pub app: Option<String>,
    /// `--project-directory`
    pub directory: Option<String>,
    /// `--env-file`
    pub env_files: Vec<String>,
    /// `--profile`
    pub profiles: Vec<String>,
}

/// `up`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpArgs {
    /// What to run.
    pub source: FileArgs,
    /// `--dry-run`
    pub dry_run: bool,
    /// `-d`: only until everything was started.
    pub detach: bool,
    /// `--wait-timeout`: seconds.
    pub wait_s: Option<u32>,
}

/// Which app is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this name.
    Named(String),
    /// The one of these files.
    OfFiles(FileArgs),
}

/// `down`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownArgs {
    /// Which.
    pub app: Which,
    /// `-v`: with its named volumes.
    pub volumes: bool,
}

/// `app ls`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppListArgs {
    /// `-q`
    pub quiet: bool,
    /// `--format`
    pub format: Option<String>,
}

/// `app ps`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPsArgs {
    /// Of these apps; none is all.
    pub apps: Vec<String>,
    /// `-q`
    pub quiet: bool,
    /// `--services`: their names only.
    pub services: bool,
    /// `--no-trunc`
    pub no_trunc: bool,
    /// `--format`
    pub format: Option<String>,
}

/// `app logs`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLogsArgs {
    /// Of which app; that of the compose file here, if none is named.
    pub app: Option<String>,
    /// Of these services; none is all.
    pub services: Vec<String>,
    /// `-f`
    pub follow: bool,
    /// `-n`; `None` is all.
    pub tail: Option<u64>,
    /// `--since`
    pub since: Option<Moment>,
    /// `--until`
    pub until: Option<Moment>,
    /// `-t`
    pub timestamps: bool,
    /// Not with `--no-log-prefix`.
    pub prefix: bool,
    /// Not with `--no-color`.
    pub color: bool,
}

/// `app restart`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRestartArgs {
    /// Which app; that of the compose file here, if none is named.
    pub app: Option<String>,
    /// These services; none is all.
    pub services: Vec<String>,
}

/// `app diff`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppDiffArgs {
    /// What would be run.
    pub source: FileArgs,
    /// `--exit-code`: end with 1 if `up` would change something.
    pub exit_code: bool,
}

/// `events`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsArgs {
    /// `--since`: `None` is from now on.
    pub since: Option<Moment>,
    /// `--until`: `None` is without end.
    pub until: Option<Moment>,
    /// `-f`: all must hold (those of one key: any).
    pub filters: Vec<Filter>,
    /// `--format`; `None` is a line of JSON.
    pub format: Option<String>,
}
