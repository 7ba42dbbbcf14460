//! The verbs of the supervisor.

use super::{NO, Operands, Section, Subject, Verb, value};
use crate::cli::build::supervision as build;

/// Verbs with a name of their own.
pub(super) static VERBS: &[&Verb] = &[&SUPERVISE];

const NONE: Operands = Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false };

static SUPERVISE: Verb = Verb {
    name: "supervise",
    purpose: "Keep what should run running: restart policies, health checks, apps",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[value(NO, "reserve", "SIZE", "Disk that is kept free (a twentieth, at most 256m)")],
    }],
    examples: &[("limpet supervise", "in the foreground; SIGTERM ends it, and containers go on")],
    build: build::supervise,
};
