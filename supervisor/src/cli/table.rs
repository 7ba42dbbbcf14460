//! The one declarative source of the command line: every verb, its flags, its operands and its teaching text.
//!
//! The parser ([`super::scan`]), `--help`, the did-you-mean and shell completion all read these tables; nothing
//! about a flag is written down twice. The tables are `static`, so that a start pays for no verb but its own.

mod app;
mod container;
mod copying;
mod fetching;
mod image;
mod membership;
mod run;
mod supervision;
mod system;
#[cfg(test)]
mod tests;

use super::command::Command;
use super::problem::Problem;
use super::scan::Matches;

/// A flag without a short form.
pub(super) const NO: char = '\0';
/// As many operands as the kernel lets through.
pub(super) const ANY: usize = usize::MAX;

/// One flag of a verb.
#[derive(Debug)]
pub(super) struct Flag {
    /// One letter, or [`NO`].
    pub short: char,
    /// Without its dashes.
    pub long: &'static str,
    /// What follows it.
    pub takes: Takes,
    /// One line for `--help`.
    pub help: &'static str,
}

/// What follows a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing, or `=true` and `=false`.
    Nothing,
    /// A value with this name; the last one counts.
    Value(&'static str),
    /// A value with this name; each one counts.
    Values(&'static str),
    /// Another spelling of this long flag.
    Same(&'static str),
    /// docker has it and Limpet has not: the text says what to do. Never shown in help or completion.
    Refused(&'static str),
}

/// Flags under one heading of `--help`.
#[derive(Debug)]
pub(super) struct Section {
    /// The heading.
    pub title: &'static str,
    /// What is listed under it.
    pub flags: &'static [Flag],
}

/// What completion offers for an operand or a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Nothing is known about it.
    Text,
    /// Names of containers.
    Container,
    /// Names of apps.
    App,
    /// References of images.
    Image,
    /// Files.
    Path,
    /// `bash`, `zsh`, `fish`.
    Shell,
    /// Verbs of this program.
    Verb,
}

/// What a verb takes besides flags.
#[derive(Debug)]
pub(super) struct Operands {
    /// As `--help` writes them.
    pub usage: &'static str,
    /// Fewest.
    pub min: usize,
    /// Most, or [`ANY`].
    pub max: usize,
    /// What the first of them are.
    pub subject: Subject,
    /// Flags end at the first operand: what follows belongs to the container.
    pub end_flags: bool,
}

/// One verb.
pub(super) struct Verb {
    /// As it is typed, with its group (`image ls`) if it has no place of its own.
    pub name: &'static str,
    /// What it does, in one line.
    pub purpose: &'static str,
    /// What it takes.
    pub operands: Operands,
    /// Its flags.
    pub sections: &'static [&'static Section],
    /// Command lines with what they do.
    pub examples: &'static [(&'static str, &'static str)],
    /// From what was typed to what is meant.
    pub build: fn(&Matches) -> Result<Command, Problem>,
}

/// Verbs about one kind of thing: `limpet image ls`.
pub(super) struct Group {
    /// As it is typed.
    pub name: &'static str,
    /// One line for `--help`.
    pub purpose: &'static str,
    /// Its verbs under their names here.
    pub members: &'static [(&'static str, &'static Verb)],
}

/// Verbs under one heading of `limpet --help`.
pub(super) struct Chapter {
    /// The heading.
    pub title: &'static str,
    /// In the order in which they are shown.
    pub verbs: &'static [&'static Verb],
}

/// Every verb that has a name of its own.
pub(super) static CHAPTERS: &[Chapter] = &[
    Chapter { title: "Run", verbs: container::RUNNING },
    Chapter { title: "Look", verbs: container::LOOKING },
    Chapter { title: "Change", verbs: container::CHANGING },
    Chapter { title: "Images", verbs: image::VERBS },
    Chapter { title: "Apps", verbs: app::VERBS },
    Chapter { title: "Supervisor", verbs: supervision::VERBS },
    Chapter { title: "Fleet", verbs: membership::VERBS },
    Chapter { title: "Board", verbs: system::VERBS },
];

/// Every group.
pub(super) static GROUPS: &[Group] = &[app::GROUP, container::GROUP, image::GROUP, system::GROUP];

/// Verbs of docker that Limpet does not have, with what to do instead.
pub(super) static REFUSED_VERBS: &[(&str, &str)] = &[
    ("build", "build images elsewhere (buildah, docker) and bring them with limpet load"),
    ("commit", "build images elsewhere (buildah, docker) and bring them with limpet load"),
    ("import", "make an image of it elsewhere and bring it with limpet load"),
    ("push", "nothing is sent to a registry; write an archive with limpet save"),
    ("search", "look for images in a browser, and name one in limpet pull"),
    ("network", "containers have the board's network or none: limpet run --network host|none"),
    ("volume", "name a volume in limpet run -v NAME:/path; it is made when it is first used"),
    ("compose", "use limpet up, limpet down and limpet app"),
    ("swarm", "a board runs its own containers only"),
    ("plugin", "there are no plugins"),
    (
        "context",
        "the command line works on this board only; choose an instance with limpet --root DIR --state DIR",
    ),
];

/// Flags before the verb.
pub(super) static GLOBAL: Section = Section {
    title: "Global",
    flags: &[
        value(NO, "root", "DIR", "What lasts: images, containers, volumes (LIMPET_ROOT, /var/lib/limpet)"),
        value(NO, "state", "DIR", "What lasts until reboot (LIMPET_STATE, /run/limpet)"),
        switch('v', "version", "Print the version"),
        HELP,
        refused('H', "host", "the command line works on this board only"),
        refused('c', "context", "choose an instance with --root DIR --state DIR"),
        refused(
            NO,
            "config",
            "there is no configuration file; choose an instance with --root DIR --state DIR",
        ),
        refused('D', "debug", "leave it out; limpet info says what this board offers"),
        refused('l', "log-level", "leave it out; errors are always printed"),
        refused(NO, "tls", "the command line works on this board only"),
    ],
};

/// `--help`, which every verb has.
pub(super) const HELP: Flag = switch(NO, "help", "Print this help");

pub(super) const fn switch(short: char, long: &'static str, help: &'static str) -> Flag {
    Flag { short, long, takes: Takes::Nothing, help }
}

pub(super) const fn value(short: char, long: &'static str, name: &'static str, help: &'static str) -> Flag {
    Flag { short, long, takes: Takes::Value(name), help }
}

pub(super) const fn values(short: char, long: &'static str, name: &'static str, help: &'static str) -> Flag {
    Flag { short, long, takes: Takes::Values(name), help }
}

pub(super) const fn same(long: &'static str, other: &'static str) -> Flag {
    Flag { short: NO, long, takes: Takes::Same(other), help: "" }
}

pub(super) const fn refused(short: char, long: &'static str, instead: &'static str) -> Flag {
    Flag { short, long, takes: Takes::Refused(instead), help: "" }
}

impl Flag {
    /// Whether people are shown it.
    pub(super) fn is_shown(&self) -> bool {
        !matches!(self.takes, Takes::Same(_) | Takes::Refused(_))
    }

    /// What completion offers after it.
    pub(super) fn subject(&self) -> Subject {
        match self.takes {
            Takes::Value(name) | Takes::Values(name) => subject_of(name),
            _ => Subject::Text,
        }
    }
}

fn subject_of(value_name: &str) -> Subject {
    match value_name {
        "FILE" | "DIR" | "HOST[:CTR[:rwm]]" | "[SRC:]DST[:OPTIONS]" => Subject::Path,
        _ => Subject::Text,
    }
}

impl Verb {
    /// All its flags, `--help` last.
    pub(super) fn flags(&self) -> impl Iterator<Item = &'static Flag> + use<> {
        self.sections.iter().flat_map(|section| section.flags.iter()).chain(std::iter::once(&HELP))
    }
}

/// Verbs with a name of their own, in the order of the chapters.
pub(super) fn verbs() -> impl Iterator<Item = &'static Verb> {
    CHAPTERS.iter().flat_map(|chapter| chapter.verbs.iter().copied())
}

/// The verb with this name.
pub(super) fn verb(name: &str) -> Option<&'static Verb> {
    verbs().find(|verb| verb.name == name)
}

/// The group with this name.
pub(super) fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

impl Group {
    /// The member with this name.
    pub(super) fn member(&self, name: &str) -> Option<&'static Verb> {
        self.members.iter().find(|(member, _)| *member == name).map(|(_, verb)| *verb)
    }
}
