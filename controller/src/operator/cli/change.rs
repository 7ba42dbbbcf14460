//! The words of everything that changes boards.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// Compose file; several are merged
    #[arg(short = 'f', long = "file", value_name = "FILE", required = true)]
    pub(crate) files: Vec<String>,
    /// Name of the app
    #[arg(short = 'p', long = "project-name", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Profiles of the compose file
    #[arg(long = "profile", value_name = "NAME")]
    pub(crate) profiles: Vec<String>,
    /// Variable of the compose file, for all boards
    #[arg(long = "set", value_name = "K=V")]
    pub(crate) set: Vec<String>,
    /// Variables per board: a mapping of boards' names or selectors to variables
    #[arg(long, value_name = "FILE")]
    pub(crate) values: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) change: Change,
    /// Registry that is asked without TLS
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) insecure_registry: Vec<String>,
}

/// What every change of boards has in common.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Which boards, by labels: site=greenhouse,arch=aarch64
    #[arg(
        long = "to",
        short = 'l',
        value_name = "SELECTOR",
        required_unless_present = "all",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) to: String,
    /// All boards
    #[arg(long, conflicts_with = "to")]
    pub(crate) all: bool,
    /// Show what would change, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write the signed documents into this directory instead, for `limpet apply FILE`
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Sign with this key, too; as many as must
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// Write the change into this file instead, for others to sign (limpetctl sign, limpetctl upload)
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    pub(crate) draft: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) strategy: Strategy,
    /// Where a board's last state cannot be believed, begin with nothing: its other apps are taken away
    #[arg(long)]
    pub(crate) anew: bool,
    /// Do not wait for the rollout
    #[arg(long)]
    pub(crate) detach: bool,
    /// How long boards may take it
    #[arg(long, default_value = "90d", value_parser = crate::operator::words::seconds)]
    pub(crate) expires: u64,
    /// One line for the history
    #[arg(long, short = 'm', value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
}

#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// What --draft wrote; the signature is added to it
    pub(crate) file: PathBuf,
    /// Key to sign with, instead of that of the configuration; several sign one after the other
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// The fleet's first root, instead of that of the configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
    /// Show all of what is to be signed as JSON, and do not sign it
    #[arg(long)]
    pub(crate) show: bool,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// What --draft wrote and enough have signed
    pub(crate) file: PathBuf,
    /// Write the signed documents into this directory instead, for `limpet apply FILE`
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do not wait for the rollout
    #[arg(long)]
    pub(crate) detach: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Renew {
    #[command(flatten)]
    pub(crate) change: Change,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

/// By which steps.
#[derive(Debug, Args)]
pub(crate) struct Strategy {
    /// Boards that go first: a number, or percent
    #[arg(long, default_value = "1", value_parser = crate::operator::words::share)]
    pub(crate) canary: limpet_fleet::rollout::Share,
    /// Boards at a time after that
    #[arg(long, default_value = "25%", value_parser = crate::operator::words::share)]
    pub(crate) batch: limpet_fleet::rollout::Share,
    /// How long each step is watched
    #[arg(long, default_value = "60s", value_parser = crate::operator::words::seconds_or_none)]
    pub(crate) soak: u64,
    /// More failures than that end it
    #[arg(long, default_value = "0", value_parser = crate::operator::words::share)]
    pub(crate) max_failures: limpet_fleet::rollout::Share,
    /// After too many failures only pause
    #[arg(long)]
    pub(crate) no_undo: bool,
    /// How long a board that is there may take; one that vanished on its way is waited for as long
    #[arg(long, default_value = "30m", value_parser = crate::operator::words::seconds)]
    pub(crate) patience: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Delete {
    /// Take an app away; its volumes stay
    App {
        /// Which app
        name: String,
        #[command(flatten)]
        change: Change,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Set {
    /// Give services another image: APP/SERVICE=REFERENCE
    Image {
        /// APP/SERVICE=REFERENCE
        #[arg(required = true)]
        images: Vec<String>,
        #[command(flatten)]
        change: Change,
        /// Registry that is asked without TLS
        #[arg(long, value_name = "HOST:PORT")]
        insecure_registry: Vec<String>,
    },
    /// When boards may change what they run, UTC: 'Mon-Fri 02:00-04:00', or always
    Windows {
        /// Several count together
        #[arg(required = true)]
        windows: Vec<String>,
        #[command(flatten)]
        change: Change,
    },
    /// The file of Limpet that boards run; one per architecture
    Program {
        /// Named FILE.x86_64 and FILE.aarch64, or as ELF says
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What this version is called, in lists of boards and rollouts
        #[arg(long)]
        release: String,
        /// What boards run now to which no file was ever given, one per architecture: an undo puts that back
        #[arg(long, value_name = "FILE")]
        before: Vec<PathBuf>,
        /// Version of that
        #[arg(long, value_name = "RELEASE", requires = "before", default_value = "before")]
        before_release: String,
        #[command(flatten)]
        change: Change,
    },
}
