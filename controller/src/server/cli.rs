//! The command line of `limpet-controller`.

use clap::{Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Stores what operators of a fleet signed, and delivers it to their boards
#[derive(Parser)]
#[command(name = "limpet-controller", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// How to log
    #[arg(long, value_enum, default_value_t = LogFormat::Text, global = true)]
    pub(crate) log_format: LogFormat,
    /// What to log, as tracing filters say it
    #[arg(long, env = "LIMPET_LOG", default_value = "info", global = true)]
    pub(crate) log: String,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A form of logs.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One object per line
    Json,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a data directory for a fleet
    Init {
        /// Directory to make
        #[arg(long)]
        data: PathBuf,
        /// The fleet's first root, as limpetctl keys init made it
        #[arg(long)]
        root: PathBuf,
        /// Address by which boards will reach it: the certificate names it
        #[arg(long)]
        url: Option<String>,
    },
    /// Serve boards and operators
    Serve {
        /// Directory that init made
        #[arg(long)]
        data: PathBuf,
        /// Address and port to listen on
        #[arg(long, default_value = "[::]:8443")]
        listen: SocketAddr,
        /// Address by which boards reach it: a certificate that is made names it
        #[arg(long)]
        url: Option<String>,
        /// Certificate chain in PEM's form, instead of one that it makes for itself
        #[arg(long, requires = "key")]
        cert: Option<PathBuf>,
        /// Key of that certificate
        #[arg(long, requires = "cert")]
        key: Option<PathBuf>,
        /// Loopback address and port for /metrics, without TLS
        #[arg(long)]
        metrics: Option<SocketAddr>,
    },
    /// Write everything but the key of the certificate into one file, also while it serves
    Backup {
        /// Directory that is in use
        #[arg(long)]
        data: PathBuf,
        /// File to make
        file: PathBuf,
    },
    /// Put a backup in place; rollouts that were under way are paused, and open invitations end
    Restore {
        /// Directory to put it into
        #[arg(long)]
        data: PathBuf,
        /// What backup made
        file: PathBuf,
        /// Although there is a database
        #[arg(long)]
        force: bool,
    },
}
