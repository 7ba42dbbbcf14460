//! The verbs about being in a fleet.

use super::{NO, Operands, Section, Subject, Verb, switch, value};
use crate::cli::build::membership as build;

/// Verbs with a name of their own.
pub(super) static VERBS: &[&Verb] = &[&JOIN, &LEAVE];

static JOIN: Verb = Verb {
    name: "join",
    purpose: "Bring this board into a fleet, by a token of its operator (limpetctl board invite)",
    operands: Operands { usage: "[TOKEN]", min: 0, max: 1, subject: Subject::Text, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            value(NO, "name", "NAME", "What the board is called (its host name)"),
            value(NO, "token-file", "FILE", "Read the token from a file; - is stdin"),
        ],
    }],
    examples: &[("limpet join --token-file /mnt/usb/token", "then nobody reads it in the list of processes")],
    build: build::join,
};

static LEAVE: Verb = Verb {
    name: "leave",
    purpose: "Take this board out of its fleet; its apps go on",
    operands: Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[switch('f', "force", "Do not ask; its key is lost, and only a new token brings it back")],
    }],
    examples: &[],
    build: build::leave,
};
