//! What a command line means: one variant for each verb, with all it was given.
//!
//! `CONTAINER` operands stay as typed (a name, or the beginning of an id); references of images too.

pub mod app;

mod image;

pub use image::{HistoryArgs, ImagesArgs, LoadArgs, RmiArgs, SaveArgs, TagArgs, VerifyArgs};

use super::environment::EnvRule;
use super::fetching::{LoginArgs, PullArgs};
use super::options::{ContainerOptions, LimitOptions, Streams};
use super::value::{door::Door, filter::Filter, keys::DetachKeys, time::Grace, time::Moment};
use crate::init::Order;
use limpet_protocol::restart::RestartPolicy;

/// One verb with all it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `run`
    Run(Box<RunArgs>),
    /// `create`
    Create(Box<ContainerOptions>),
    /// `start`
    Start(StartArgs),
    /// `exec`
    Exec(ExecArgs),
    /// `attach`
    Attach(AttachArgs),
    /// `stop`
    Stop(StopArgs),
    /// `restart`
    Restart(StopArgs),
    /// `kill`
    Kill(KillArgs),
    /// `pause` of these containers
    Pause(Vec<String>),
    /// `unpause` of these containers
    Unpause(Vec<String>),
    /// `wait` for these containers
    Wait(Vec<String>),
    /// `ps`
    Ps(PsArgs),
    /// `logs`
    Logs(LogsArgs),
    /// `inspect`
    Inspect(InspectArgs),
    /// `top`
    Top(TopArgs),
    /// `stats`
    Stats(StatsArgs),
    /// `diff` of this container
    Diff(String),
    /// `port`
    Port(PortArgs),
    /// `rm`
    Rm(RmArgs),
    /// `rename`
    Rename(RenameArgs),
    /// `update`
    Update(Box<UpdateArgs>),
    /// `cp`
    Cp(CpArgs),
    /// `export`
    Export(ExportArgs),
    /// `container prune`
    ContainerPrune(PruneArgs),
    /// `pull`
    Pull(PullArgs),
    /// `login`
    Login(LoginArgs),
    /// `logout` of this registry; `None` is docker.io
    Logout(Option<String>),
    /// `images`
    Images(ImagesArgs),
    /// `load`
    Load(LoadArgs),
    /// `save`
    Save(SaveArgs),
    /// `tag`
    Tag(TagArgs),
    /// `rmi`
    Rmi(RmiArgs),
    /// `history`
    History(HistoryArgs),
    /// `image verify`
    ImageVerify(VerifyArgs),
    /// `image prune`
    ImagePrune(PruneArgs),
    /// `system df`
    SystemDf(DfArgs),
    /// `system prune`
    SystemPrune(PruneArgs),
    /// `up`
    Up(app::UpArgs),
    /// `down`
    Down(app::DownArgs),
    /// `app ls`
    AppList(app::AppListArgs),
    /// `app ps`
    AppPs(app::AppPsArgs),
    /// `app logs`
    AppLogs(app::AppLogsArgs),
    /// `app restart`
    AppRestart(app::AppRestartArgs),
    /// `app diff`
    AppDiff(app::AppDiffArgs),
    /// `events`
    Events(app::EventsArgs),
    /// `supervise`
    Supervise(SuperviseArgs),
    /// `doctor`
    Doctor(FormatArgs),
    /// `install`
    Install(InstallArgs),
    /// `upgrade`
    Upgrade(UpgradeArgs),
    /// `shutdown`: stop every container within so many milliseconds
    Shutdown(u64),
    /// `apply` these files
    Apply(Vec<String>),
    /// `lock`, with a reason
    Lock(Option<String>),
    /// `unlock`
    Unlock,
    /// `join`
    Join(super::membership::JoinArgs),
    /// `leave`, whether anybody is there to ask or not
    Leave {
        /// Although the key is lost with it.
        force: bool,
    },
    /// `metrics`
    Metrics,
    /// `info`
    Info(FormatArgs),
    /// `version`
    Version(FormatArgs),
    /// `poweroff`, `reboot`
    Power(Order),
    /// `completion`
    Completion(Shell),
    /// Help that was asked for, to be printed on stdout (see [`super::help`])
    Help(super::help::Page),
}

/// `supervise`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuperviseArgs {
    /// `--reserve`: bytes of the disk that are kept free.
    pub reserve_bytes: Option<u64>,
    /// `--metrics`: where they can be fetched.
    pub metrics: Option<Door>,
    /// `--scrub`: bytes of images that are read again each second; `None` reads none.
    pub scrub_bytes_per_s: Option<u64>,
    /// `--scrub-every`
    pub scrub_every_ms: u64,
}

/// `install`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallArgs {
    /// `--prefix`: where the program goes, below `bin`.
    pub prefix: String,
    /// `--unit-dir`
    pub unit_directory: String,
    /// `--dry-run`: print what would be written.
    pub dry_run: bool,
    /// `--uninstall`: take away what was written.
    pub uninstall: bool,
}

/// `upgrade`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeArgs {
    /// The new program.
    pub file: String,
    /// `--timeout`: how long the new supervisor may take to answer.
    pub timeout_ms: u64,
}

/// `run`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunArgs {
    /// The container to make.
    pub options: ContainerOptions,
    /// `-d`: leave it in the background.
    pub detach: bool,
    /// `--sig-proxy`: pass signals on.
    pub signal_proxy: bool,
    /// `--detach-keys`
    pub detach_keys: DetachKeys,
}

/// `start`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartArgs {
    /// One or more; exactly one with `attach` or `interactive`.
    pub containers: Vec<String>,
    /// `-a`
    pub attach: bool,
    /// `-i`
    pub interactive: bool,
    /// `--detach-keys`
    pub detach_keys: DetachKeys,
}

/// `exec`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecArgs {
    /// In which.
    pub container: String,
    /// Command and arguments; never empty.
    pub command: Vec<String>,
    /// `-d`
    pub detach: bool,
    /// `-i`
    pub interactive: bool,
    /// `-t`
    pub tty: bool,
    /// `-e`, applied after `env_files`.
    pub environment: Vec<EnvRule>,
    /// `--env-file`
    pub env_files: Vec<String>,
    /// `-w`, an absolute path.
    pub workdir: Option<String>,
    /// `-u`, `user[:group]`.
    pub user: Option<String>,
    /// `--privileged`
    pub privileged: bool,
    /// `--detach-keys`
    pub detach_keys: DetachKeys,
}

/// `attach`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachArgs {
    /// To which.
    pub container: String,
    /// Not with `--no-stdin`.
    pub stdin: bool,
    /// `--sig-proxy`
    pub signal_proxy: bool,
    /// `--detach-keys`
    pub detach_keys: DetachKeys,
}

/// `stop` and `restart`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopArgs {
    /// One or more.
    pub containers: Vec<String>,
    /// `-t`; `None` takes what each was made with.
    pub grace: Option<Grace>,
    /// `-s`; `None` takes what each was made with.
    pub signal: Option<u8>,
}

/// `kill`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillArgs {
    /// One or more.
    pub containers: Vec<String>,
    /// `-s`, SIGKILL if not given.
    pub signal: u8,
}

/// `ps`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PsArgs {
    /// `-a`: also those that do not run.
    pub all: bool,
    /// `-q`
    pub quiet: bool,
    /// `-n`, or 1 with `-l`: only the last so many made, running or not.
    pub last: Option<u32>,
    /// `--no-trunc`
    pub no_trunc: bool,
    /// `-f`: all must hold (those of one key: any).
    pub filters: Vec<Filter>,
    /// `--format`, unread; see [`crate::output::format`].
    pub format: Option<String>,
    /// `-s`
    pub size: bool,
}

/// `logs`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsArgs {
    /// Of which.
    pub container: String,
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
}

/// `inspect`, `container inspect`, `image inspect`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectArgs {
    /// One or more.
    pub names: Vec<String>,
    /// `--type`; `None` looks among containers, then images.
    pub kind: Option<InspectKind>,
    /// `-f`
    pub format: Option<String>,
    /// `-s`
    pub size: bool,
}

/// What `inspect` looks among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InspectKind {
    /// `--type container`
    Container,
    /// `--type image`
    Image,
}

/// `top`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopArgs {
    /// Of which; `None` shows all, live.
    pub container: Option<String>,
    /// Columns to show, of [`TOP_COLUMNS`].
    pub columns: Vec<&'static str>,
}

/// What `top` can show, as ps(1) names it.
pub const TOP_COLUMNS: &[&str] = &[
    "user", "uid", "pid", "ppid", "c", "pcpu", "pmem", "rss", "vsz", "stime", "tty", "stat", "time", "comm",
    "args",
];
/// What `top` shows unless told otherwise (`ps -ef`).
pub const TOP_COLUMNS_DEFAULT: &[&str] = &["uid", "pid", "ppid", "c", "stime", "tty", "time", "args"];

/// `stats`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsArgs {
    /// None is all that run.
    pub containers: Vec<String>,
    /// `-a`
    pub all: bool,
    /// Not with `--no-stream`.
    pub stream: bool,
    /// `--no-trunc`
    pub no_trunc: bool,
    /// `--format`
    pub format: Option<String>,
}

/// `port`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortArgs {
    /// Of which.
    pub container: String,
    /// Only this one, as typed.
    pub port: Option<String>,
}

/// `rm`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RmArgs {
    /// One or more.
    pub containers: Vec<String>,
    /// `-f`
    pub force: bool,
    /// `-v`
    pub volumes: bool,
}

/// `rename`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameArgs {
    /// Which.
    pub container: String,
    /// A valid name.
    pub name: String,
}

/// `update`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateArgs {
    /// One or more.
    pub containers: Vec<String>,
    /// What was given is changed, the rest stays.
    pub limits: LimitOptions,
    /// Another restart policy.
    pub restart: Option<RestartPolicy>,
}

/// `cp`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpArgs {
    /// From where.
    pub source: CpEnd,
    /// To where; exactly one of both is in a container.
    pub destination: CpEnd,
    /// `-a`
    pub archive: bool,
    /// `-L`
    pub follow_links: bool,
    /// `-q`
    pub quiet: bool,
}

/// One end of `cp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CpEnd {
    /// `-`: a tar stream on stdin or stdout.
    Stream,
    /// A path of the board.
    Board(String),
    /// A path inside a container.
    Container {
        /// Which.
        container: String,
        /// Where; relative to `/`.
        path: String,
    },
}

/// `export`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportArgs {
    /// Which.
    pub container: String,
    /// `-o`; `None` is stdout.
    pub output: Option<String>,
}

/// `container prune`, `image prune` and `system prune`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneArgs {
    /// `-a`: also images with a reference.
    pub all: bool,
    /// `-f`: do not ask.
    pub force: bool,
    /// `--volumes`
    pub volumes: bool,
    /// `--filter`
    pub filters: Vec<Filter>,
}

/// `system df`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DfArgs {
    /// `-v`
    pub verbose: bool,
    /// `--format`
    pub format: Option<String>,
}

/// `info` and `version`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatArgs {
    /// `-f`
    pub format: Option<String>,
}

/// Shells that can be helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// GNU bash, with or without its completion library.
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl RunArgs {
    /// Which streams are shown: `-a`, or all of them without `-d`; stdin only with `-i`.
    #[must_use]
    pub fn streams(&self) -> Streams {
        if self.detach {
            return Streams::default();
        }
        let all = Streams { stdin: self.options.interactive, stdout: true, stderr: true };
        self.options.attach.unwrap_or(all)
    }
}
