//! The verbs about registries.

use super::{ANY, NO, Operands, Section, Subject, Verb, refused, switch, value};
use crate::cli::build::fetching as build;

const REGISTRY: Operands =
    Operands { usage: "[REGISTRY]", min: 0, max: 1, subject: Subject::Text, end_flags: false };

/// `pull`
pub(super) static PULL: Verb = Verb {
    name: "pull",
    purpose: "Fetch images from a registry",
    operands: Operands {
        usage: "IMAGE[:TAG|@DIGEST]...",
        min: 1,
        max: ANY,
        subject: Subject::Image,
        end_flags: false,
    },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('q', "quiet", "Print the reference only"),
            value(NO, "platform", "OS/ARCH", "Which of its platforms (the board's)"),
            value(NO, "max-size", "SIZE", "Refuse what unpacks to more than this"),
            value(NO, "limit-rate", "SIZE", "Fetch at most this many bytes a second"),
            refused('a', "all-tags", "name each tag"),
            refused(NO, "disable-content-trust", "digests are always checked; leave it out"),
        ],
    }],
    examples: &[
        ("limpet pull redis:7", "from Docker Hub"),
        ("limpet pull --platform linux/arm/v7 10.0.0.2:5000/sensor", "for another board"),
    ],
    build: build::pull,
};

/// `login`
pub(super) static LOGIN: Verb = Verb {
    name: "login",
    purpose: "Keep a user and a password for a registry (in docker's config.json)",
    operands: REGISTRY,
    sections: &[&Section {
        title: "Options",
        flags: &[
            value('u', "username", "NAME", "The user; asked for if not given"),
            switch(NO, "password-stdin", "Read the password from stdin"),
            refused(
                'p',
                "password",
                "everybody could read it in the list of processes; use --password-stdin",
            ),
        ],
    }],
    examples: &[("limpet login -u me ghcr.io", "asks for the password")],
    build: build::login,
};

/// `logout`
pub(super) static LOGOUT: Verb = Verb {
    name: "logout",
    purpose: "Forget the user and the password for a registry",
    operands: REGISTRY,
    sections: &[],
    examples: &[],
    build: build::logout,
};
