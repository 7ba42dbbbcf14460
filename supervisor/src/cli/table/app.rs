//! The verbs about apps.

use super::container::{FORMAT_TABLE, NO_TRUNC};
use super::{ANY, Flag, Group, NO, Operands, Section, Subject, Verb, refused, switch, value, values};
use crate::cli::build::app as build;

/// Verbs with a name of their own.
pub(super) static VERBS: &[&Verb] = &[&UP, &DOWN];

/// `limpet app VERB`.
pub(super) const GROUP: Group = Group {
    name: "app",
    purpose: "Verbs about apps: what compose files ask for",
    members: &[
        ("up", &UP),
        ("down", &DOWN),
        ("ls", &LIST),
        ("list", &LIST),
        ("ps", &PS),
        ("logs", &LOGS),
        ("restart", &RESTART),
        ("diff", &DIFF),
    ],
};

const NONE: Operands = Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false };
/// Without any, the app of the compose file here.
const APP_AND_SERVICES: Operands =
    Operands { usage: "[APP [SERVICE...]]", min: 0, max: ANY, subject: Subject::App, end_flags: false };

/// Which compose files, and how they are read.
const SOURCE: Section = Section {
    title: "File",
    flags: &[
        values('f', "file", "FILE", "Compose files, each laid over those before it; - is stdin"),
        value('p', "project-name", "NAME", "Name of the app (the file's name:, or its directory)"),
        value(NO, "project-directory", "DIR", "What relative paths are relative to (the first file's)"),
        values(NO, "env-file", "FILE", "Values for ${VARIABLES} (.env beside the file)"),
        values(NO, "profile", "NAME", "Also services of this profile; * for all"),
    ],
};

const IMAGES_ARE_MADE_ELSEWHERE: &str =
    "build images elsewhere (buildah, docker) and bring them with limpet load";
const PULL_IS_IN_THE_FILE: &str = "say it in the file: pull_policy";
const LOGS_ARE_APART: &str = "up never shows logs; use: limpet app logs -f APP";

/// Flags of docker's that mean something else here.
const UP_REFUSED: Section = Section {
    title: "",
    flags: &[
        refused(NO, "build", IMAGES_ARE_MADE_ELSEWHERE),
        refused(NO, "no-build", "nothing is ever built; leave it out"),
        refused(NO, "pull", PULL_IS_IN_THE_FILE),
        refused(NO, "quiet-pull", PULL_IS_IN_THE_FILE),
        refused(NO, "scale", "say it in the file: deploy.replicas"),
        refused(NO, "force-recreate", "only what changed is made anew; for all: limpet down, then limpet up"),
        refused(NO, "no-recreate", "what changed is made anew; see what that is with --dry-run"),
        refused(NO, "always-recreate-deps", "say it in the file: depends_on with restart: true"),
        refused(NO, "no-deps", "a service starts when what it depends on has; say so in the file"),
        refused(NO, "no-start", "what is up is kept running; take it down with: limpet down"),
        refused('t', "timeout", "grace is in the file: stop_grace_period; how long to wait: --wait-timeout"),
        refused(NO, "abort-on-container-exit", LOGS_ARE_APART),
        refused(NO, "exit-code-from", LOGS_ARE_APART),
        refused(NO, "attach", LOGS_ARE_APART),
        refused(NO, "no-attach", LOGS_ARE_APART),
        refused(NO, "attach-dependencies", LOGS_ARE_APART),
        refused(NO, "no-log-prefix", LOGS_ARE_APART),
        refused(NO, "timestamps", LOGS_ARE_APART),
        refused('V', "renew-anon-volumes", "a container that is made anew gets new ones"),
        refused('w', "watch", "bring the app up again when its file has changed"),
    ],
};

const ORPHANS: Flag =
    switch(NO, "remove-orphans", "As always: containers that the file no longer has are removed");

static UP: Verb = Verb {
    name: "up",
    purpose: "Run an app as its compose file says, and keep it so",
    operands: NONE,
    sections: &[
        &SOURCE,
        &Section {
            title: "Options",
            flags: &[
                switch(NO, "dry-run", "Print what would be done, and do nothing"),
                switch('d', "detach", "Do not wait for health, only until all was started"),
                switch(NO, "wait", "Wait until all run and are well, as without it"),
                value(NO, "wait-timeout", "SECONDS", "Fail if that takes longer; the app goes on"),
                ORPHANS,
            ],
        },
        &UP_REFUSED,
    ],
    examples: &[
        ("limpet up", "the compose.yaml of this directory; again after a change of it"),
        ("limpet up -f shop.yaml -p shop --dry-run", "what would be made, replaced and removed"),
    ],
    build: build::up,
};

static DOWN: Verb = Verb {
    name: "down",
    purpose: "Stop an app and remove its containers, in reverse order",
    operands: Operands { usage: "[APP]", min: 0, max: 1, subject: Subject::App, end_flags: false },
    sections: &[
        &SOURCE,
        &Section {
            title: "Options",
            flags: &[
                switch('v', "volumes", "Also its named volumes: what they hold is gone"),
                ORPHANS,
                refused('t', "timeout", "grace is in the file: stop_grace_period"),
                refused(NO, "rmi", "then remove images with: limpet image prune -a"),
            ],
        },
    ],
    examples: &[
        ("limpet down", "the app of this directory's compose.yaml"),
        ("limpet down -v shop", "the app shop, wherever its file is, with its data"),
    ],
    build: build::down,
};

static LIST: Verb = Verb {
    name: "app ls",
    purpose: "List apps",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "As always: also those of which nothing runs"),
            switch('q', "quiet", "Print names only"),
            FORMAT_TABLE,
        ],
    }],
    examples: &[],
    build: build::list,
};

static PS: Verb = Verb {
    name: "app ps",
    purpose: "List the containers of apps, also those that are yet to be made",
    operands: Operands { usage: "[APP...]", min: 0, max: ANY, subject: Subject::App, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "As always: also those that do not run"),
            switch('q', "quiet", "Print ids only"),
            switch(NO, "services", "Print names of services only"),
            NO_TRUNC,
            FORMAT_TABLE,
        ],
    }],
    examples: &[("limpet app ps shop", "what each container does, or waits for, and why")],
    build: build::ps,
};

static LOGS: Verb = Verb {
    name: "app logs",
    purpose: "Print what the containers of an app have written",
    operands: APP_AND_SERVICES,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('f', "follow", "Go on as they write more, across restarts"),
            value('n', "tail", "LINES", "Only the last so many lines of each (all)"),
            value(NO, "since", "TIME", "Not before 2026-01-02T15:04:05Z, 1767366245, or 10m ago"),
            value(NO, "until", "TIME", "Not after"),
            switch('t', "timestamps", "Put the time before each line"),
            switch(NO, "no-log-prefix", "Leave the container's name away"),
            switch(NO, "no-color", "Without colours, as NO_COLOR=1"),
        ],
    }],
    examples: &[
        ("limpet app logs", "of the app of this directory's compose.yaml"),
        ("limpet app logs -f shop web", "of one service, until Ctrl-C"),
    ],
    build: build::logs,
};

static RESTART: Verb = Verb {
    name: "app restart",
    purpose: "Stop containers of an app and start them again, in order",
    operands: APP_AND_SERVICES,
    sections: &[&Section {
        title: "Options",
        flags: &[
            refused('t', "timeout", "grace is in the file: stop_grace_period"),
            refused(NO, "no-deps", "say it in the file: depends_on with restart: false"),
        ],
    }],
    examples: &[(
        "limpet app restart shop web",
        "one service, and those that depend on it with restart: true",
    )],
    build: build::restart,
};

static DIFF: Verb = Verb {
    name: "app diff",
    purpose: "Print what up would change, as up --dry-run does",
    operands: NONE,
    sections: &[
        &SOURCE,
        &Section {
            title: "Options",
            flags: &[switch(NO, "exit-code", "End with 1 if it would change something")],
        },
    ],
    examples: &[("limpet app diff -f shop.yaml --exit-code", "for a script")],
    build: build::diff,
};

/// `events`
pub(super) static EVENTS: Verb = Verb {
    name: "events",
    purpose: "Print what happens to containers, one line of JSON each",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            value(NO, "since", "TIME", "Also what happened since, of the last 256 that are remembered"),
            value(NO, "until", "TIME", "Up to then, and end"),
            values('f', "filter", "KEY=VALUE", "event, container, app, service, type"),
            value(NO, "format", "FORMAT", "json, or a template ({{.Action}} {{.Actor.Attributes.name}})"),
        ],
    }],
    examples: &[
        ("limpet events -f event=die", "each end of a run, with its exit status"),
        ("limpet events --since 1h --until 0s", "what happened in the last hour"),
    ],
    build: build::events,
};
