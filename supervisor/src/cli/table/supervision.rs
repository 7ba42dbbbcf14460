//! The verbs of the supervisor.

use super::{NO, Operands, Section, Subject, Verb, switch, value};
use crate::cli::build::supervision as build;
use limpet_protocol::control::FILES_MAX;

/// Verbs with a name of their own.
pub(super) static VERBS: &[&Verb] =
    &[&SUPERVISE, &DOCTOR, &INSTALL, &UPGRADE, &SHUTDOWN, &METRICS, &APPLY, &LOCK, &UNLOCK];

const NONE: Operands = Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false };

static SUPERVISE: Verb = Verb {
    name: "supervise",
    purpose: "Keep what should run running: restart policies, health checks, apps",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            value(NO, "reserve", "SIZE", "Disk that is kept free (a twentieth, at most 256m)"),
            value(NO, "metrics", "PLACE", "Serve metrics at unix:/PATH or 127.0.0.1:PORT (nowhere)"),
            value(NO, "scrub", "RATE", "Read all images again for damage, so many bytes a second (never)"),
            value(NO, "scrub-every", "TIME", "How often; how the last one ended: limpet doctor (168h)"),
        ],
    }],
    examples: &[("limpet supervise", "in the foreground; SIGTERM ends it, and containers go on")],
    build: build::supervise,
};

static DOCTOR: Verb = Verb {
    name: "doctor",
    purpose: "Look the board over: what is well, what is not, and what to do about it",
    operands: NONE,
    sections: &[&Section { title: "Options", flags: &[value('f', "format", "json", "As JSON")] }],
    examples: &[("limpet doctor", "ends with 1 after a warning, 2 after an error")],
    build: build::doctor,
};

static INSTALL: Verb = Verb {
    name: "install",
    purpose: "Let systemd start the supervisor at boot",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            value(NO, "prefix", "DIR", "The program goes to DIR/bin (/usr/local)"),
            value(NO, "unit-dir", "DIR", "Where units go (/etc/systemd/system)"),
            switch(NO, "dry-run", "Print what would be written"),
            switch(NO, "uninstall", "Take it away again; images and containers stay"),
        ],
    }],
    examples: &[("limpet install", "then: systemctl enable --now limpet limpet-containers")],
    build: build::install,
};

static UPGRADE: Verb = Verb {
    name: "upgrade",
    purpose: "Put another version in the place of this program; back, if it does not come up",
    operands: Operands { usage: "FILE", min: 1, max: 1, subject: Subject::Path, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[value(NO, "timeout", "TIME", "What the new supervisor may take to answer (30s)")],
    }],
    examples: &[("limpet upgrade ./limpet-2.0", "containers run on meanwhile")],
    build: build::upgrade,
};

static SHUTDOWN: Verb = Verb {
    name: "shutdown",
    purpose: "Stop every container, what depends on others first, and end the supervisor",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('t', "time", "SECONDS", "All of it may take so long (60); then SIGKILL")],
    }],
    examples: &[],
    build: build::shutdown,
};

static METRICS: Verb = Verb {
    name: "metrics",
    purpose: "Print the supervisor's metrics in Prometheus's text form",
    operands: NONE,
    sections: &[],
    examples: &[],
    build: build::metrics,
};

static APPLY: Verb = Verb {
    name: "apply",
    purpose: "Take what the fleet's operator signed from files, as the controller would deliver it",
    operands: Operands { usage: "FILE...", min: 1, max: FILES_MAX, subject: Subject::Path, end_flags: false },
    sections: &[],
    examples: &[("limpet apply /mnt/usb/*.limpet", "roots first; ends with 1 if one is refused")],
    build: build::apply,
};

static LOCK: Verb = Verb {
    name: "lock",
    purpose: "Hold back what the fleet wants changed, until limpet unlock",
    operands: Operands { usage: "[REASON]", min: 0, max: 1, subject: Subject::Text, end_flags: false },
    sections: &[],
    examples: &[("limpet lock 'a batch is running'", "an app can hold it, too: a file in STATE/locks")],
    build: build::lock,
};

static UNLOCK: Verb = Verb {
    name: "unlock",
    purpose: "Let changes of the fleet begin again",
    operands: NONE,
    sections: &[],
    examples: &[],
    build: build::unlock,
};
