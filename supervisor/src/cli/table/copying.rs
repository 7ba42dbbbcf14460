//! The verbs that copy a container's files.

use super::container::ONE;
use super::{Operands, Section, Subject, Verb, switch, value};
use crate::cli::build::container as build;

pub(super) static CP: Verb = Verb {
    name: "cp",
    purpose: "Copy files between the board and a container; - is a tar stream",
    operands: Operands {
        usage: "CONTAINER:SRC DEST|- | SRC|- CONTAINER:DEST",
        min: 2,
        max: 2,
        subject: Subject::Path,
        end_flags: false,
    },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "archive", "Keep owners"),
            switch('L', "follow-link", "Copy what a link at SRC points to"),
            switch('q', "quiet", "Print no summary"),
        ],
    }],
    examples: &[
        ("limpet cp web:/etc/nginx/nginx.conf .", "out of it"),
        ("limpet cp site/. web:/srv", "into it"),
    ],
    build: build::cp,
};

pub(super) static EXPORT: Verb = Verb {
    name: "export",
    purpose: "Write a container's files as a tar stream",
    operands: ONE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('o', "output", "FILE", "To this file instead of stdout")],
    }],
    examples: &[],
    build: build::export,
};
