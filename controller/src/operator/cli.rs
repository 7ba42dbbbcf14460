//! The words of `limpetctl`.

mod change;

pub(crate) use change::{Apply, Change, Delete, Renew, Set, Sign, Strategy, Upload};

use super::context::Place;
use super::failure::Outcome;
use super::passphrase::Source;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Keys, invitations, signed states and rollouts of a fleet of Limpet's boards
#[derive(Debug, Parser)]
#[command(name = "limpetctl", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Before or after any verb.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// File that says which fleet, instead of ~/.config/limpet/FLEET.json
    #[arg(long, global = true, env = "LIMPETCTL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which of the fleets that are known here
    #[arg(long, global = true, env = "LIMPETCTL_FLEET", value_name = "NAME", default_value = "default")]
    fleet: String,
    /// File that holds the passphrase of the key; of several each is tried
    #[arg(long, global = true, env = "LIMPETCTL_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Vec<PathBuf>,
}

impl Global {
    /// Where the configuration lies.
    pub(crate) fn place(&self) -> Outcome<Place> {
        Place::of(self.config.as_deref(), &self.fleet, |name| std::env::var(name).ok())
    }

    /// Where passphrases come from.
    pub(crate) fn passphrase(&self) -> Source {
        Source { files: self.passphrase_file.clone() }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The fleet's keys and its root
    #[command(subcommand)]
    Keys(Keys),
    /// Remember a fleet and its controller
    Connect(Connect),
    /// Invite, approve and change boards
    #[command(subcommand)]
    Board(Board),
    /// Sign what a compose file asks for, for all boards that a selector means
    Apply(Apply),
    /// Sign what boards have once more: by keys that count now, and to last longer
    Renew(Renew),
    /// Sign a change that another began (--draft), after it was shown
    Sign(Sign),
    /// Upload a change that enough have signed
    Upload(Upload),
    /// Take an app away from boards
    #[command(subcommand)]
    Delete(Delete),
    /// Change one thing of what boards run
    #[command(subcommand)]
    Set(Set),
    /// List boards, apps, rollouts, events, the audit or invitations
    Get(Get),
    /// Everything about one of them
    Describe(Describe),
    /// Follow and steer rollouts
    #[command(subcommand)]
    Rollout(Rollout),
    /// No rollout goes to these boards
    Cordon(Names),
    /// Rollouts go there again
    Uncordon(Names),
    /// Words for a shell
    Completion {
        /// Which shell
        shell: Shell,
    },
    /// Versions of this tool and of the controller
    Version {
        /// Of this tool only
        #[arg(long)]
        client: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a root key, a deploy key and the fleet's first root
    Init {
        /// Directory to make
        #[arg(default_value = "limpet-keys")]
        directory: PathBuf,
        /// How long the root lasts
        #[arg(long, default_value = "3650d", value_parser = super::words::seconds)]
        expires: u64,
        /// Deploy keys to make
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
        deploy_keys: u8,
        /// The public key of a colleague's deploy key (keys make)
        #[arg(long, value_name = "HEX")]
        public: Vec<String>,
        /// Deploy keys that must sign what boards run
        #[arg(long, value_name = "N", default_value_t = 1)]
        threshold: u8,
        /// Leave the secret keys open to whoever reads the files
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Make one more deploy key, or take a colleague's, and sign the root that names it
    AddDeploy {
        /// File to make
        #[arg(required_unless_present = "public")]
        file: Option<PathBuf>,
        /// The public key of a file that a colleague made (keys make)
        #[arg(long, value_name = "HEX", conflicts_with = "file")]
        public: Option<String>,
        #[command(flatten)]
        signing: RootSigning,
        /// Leave the new secret key open to whoever reads the file
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Make a key that counts for nothing yet
    Make {
        /// File to make
        file: PathBuf,
        /// Leave it open to whoever reads the file
        #[arg(long)]
        no_passphrase: bool,
    },
    /// Sign a root without some keys, or with a new root key
    Rotate {
        /// Make a new root key in this file, which replaces those that sign
        #[arg(long, value_name = "FILE")]
        new_root: Option<PathBuf>,
        /// Make a new deploy key in this file, which replaces all deploy keys
        #[arg(long, value_name = "FILE")]
        new_deploy: Option<PathBuf>,
        /// Deploy key that counts no more
        #[arg(long, value_name = "HEX")]
        remove_deploy: Vec<String>,
        #[command(flatten)]
        signing: RootSigning,
        /// Leave the new secret keys open to whoever reads the files
        #[arg(long)]
        no_passphrase: bool,
    },
    /// What key files and roots say
    Show {
        /// Key files and roots
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// How a root is signed.
#[derive(Debug, Args)]
pub(crate) struct RootSigning {
    /// Root key to sign with; as many as must
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) root_key: Vec<PathBuf>,
    /// Deploy keys that must sign what boards run from now on
    #[arg(long, value_name = "N")]
    pub(crate) threshold: Option<u8>,
    /// Write the root here, too
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How long the root lasts
    #[arg(long, default_value = "3650d", value_parser = super::words::seconds)]
    pub(crate) expires: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// https://HOST[:PORT]
    pub(crate) url: String,
    /// SHA-256 of the controller's public key, as it shows it
    #[arg(long, value_name = "HEX")]
    pub(crate) pin: String,
    /// The fleet's first root
    #[arg(long, value_name = "FILE")]
    pub(crate) root: PathBuf,
    /// The operator's key file
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Board {
    /// Make a token by which boards join
    Invite(Invite),
    /// Let these serial numbers join, once each
    Approve {
        /// As boards tell them
        #[arg(required = true)]
        serials: Vec<String>,
        /// Label of these boards
        #[arg(long = "label", value_name = "K=V")]
        labels: Vec<String>,
    },
    /// Give these boards nothing any more
    Revoke(Names),
    /// No rollout goes to these boards
    Cordon(Names),
    /// Rollouts go there again
    Uncordon(Names),
    /// Set labels (K=V) or take them away (K-)
    Label {
        /// Which board
        board: Option<String>,
        /// K=V or K-
        labels: Vec<String>,
        /// Boards with these labels, instead of a name
        #[arg(short = 'l', long = "selector")]
        selector: Option<String>,
    },
    /// Give a board another name
    Rename {
        /// Which board
        board: String,
        /// Its name from now on
        name: String,
    },
    /// The copied card of these boards was dealt with
    ForgetClone(Names),
}

/// Boards by name or by labels.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// Names or ids
    #[arg(required_unless_present = "selector")]
    pub(crate) boards: Vec<String>,
    /// Boards with these labels
    #[arg(short = 'l', long = "selector", conflicts_with = "boards")]
    pub(crate) selector: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Label of boards that come by it
    #[arg(long = "label", short = 'l', value_name = "K=V")]
    pub(crate) labels: Vec<String>,
    /// Group that they are in
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<String>,
    /// How long it lasts
    #[arg(long, default_value = "1h", value_parser = super::words::seconds)]
    pub(crate) ttl: u64,
    /// How many boards may come by it
    #[arg(long, default_value_t = 1)]
    pub(crate) uses: u32,
    /// Only boards whose serial number was approved
    #[arg(long)]
    pub(crate) serials_only: bool,
    /// No code to scan
    #[arg(long)]
    pub(crate) no_qr: bool,
    /// Address that boards use, if it is another than that of this tool
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// How it is printed
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub(crate) output: Output,
}

/// How things are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table
    #[default]
    Table,
    /// With more columns
    Wide,
    /// Names, one a line
    Name,
    /// JSON
    Json,
}

/// What can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    #[value(alias = "board", alias = "bo")]
    Boards,
    #[value(alias = "app")]
    Apps,
    #[value(alias = "rollout", alias = "ro")]
    Rollouts,
    #[value(alias = "event", alias = "ev")]
    Events,
    Audit,
    #[value(alias = "invite")]
    Invites,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// What
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// Only these
    pub(crate) names: Vec<String>,
    /// Boards with these labels
    #[arg(short = 'l', long = "selector")]
    pub(crate) selector: Option<String>,
    /// How it is printed
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub(crate) output: Output,
    /// Go on printing what changes
    #[arg(short = 'w', long)]
    pub(crate) watch: bool,
    /// No line of headings
    #[arg(long)]
    pub(crate) no_headers: bool,
    /// Most events
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Describe {
    /// What
    #[arg(value_enum)]
    pub(crate) kind: Kind,
    /// Which
    pub(crate) name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rollout {
    /// Follow one, or the last, to its end
    Status {
        /// Its number
        id: Option<u64>,
        /// Print where it stands, and end
        #[arg(long)]
        no_wait: bool,
    },
    /// Let it go no further
    Pause {
        /// Its number; the last otherwise
        id: Option<u64>,
    },
    /// Let it go on
    Resume {
        /// Its number; the last otherwise
        id: Option<u64>,
    },
    /// Give its boards what they had before
    Undo {
        /// Its number; the last otherwise
        id: Option<u64>,
        /// Do not wait for it
        #[arg(long)]
        detach: bool,
    },
    /// All of an app, or of the fleet
    History {
        /// Which app
        app: Option<String>,
    },
}
