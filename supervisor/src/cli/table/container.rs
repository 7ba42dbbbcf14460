//! The verbs about containers.

use super::app::EVENTS;
use super::copying::{CP, EXPORT};
use super::run::{
    FILES, FOREGROUND, IDENTITY, ISOLATION, PLACEMENT, PROCESS, REFUSED, RESOURCES, SUPERVISION,
};
use super::system::INSPECT;
use super::{ANY, Flag, Group, NO, Operands, Section, Subject, Verb, refused, switch, value, values};
use crate::cli::build::{container as build, run as build_run};

/// Verbs that start or enter one.
pub(super) static RUNNING: &[&Verb] =
    &[&RUN, &CREATE, &START, &EXEC, &ATTACH, &STOP, &KILL, &RESTART, &PAUSE, &UNPAUSE, &WAIT];
/// Verbs that only show.
pub(super) static LOOKING: &[&Verb] = &[&PS, &LOGS, &INSPECT, &EVENTS, &TOP, &STATS, &DIFF, &PORT];
/// Verbs that change or copy one.
pub(super) static CHANGING: &[&Verb] = &[&RM, &RENAME, &UPDATE, &CP, &EXPORT];

/// `limpet container VERB`.
pub(super) const GROUP: Group = Group {
    name: "container",
    purpose: "Verbs about containers",
    members: &[
        ("run", &RUN),
        ("create", &CREATE),
        ("start", &START),
        ("exec", &EXEC),
        ("attach", &ATTACH),
        ("stop", &STOP),
        ("kill", &KILL),
        ("restart", &RESTART),
        ("pause", &PAUSE),
        ("unpause", &UNPAUSE),
        ("wait", &WAIT),
        ("ls", &PS),
        ("ps", &PS),
        ("list", &PS),
        ("logs", &LOGS),
        ("inspect", &CONTAINER_INSPECT),
        ("top", &TOP),
        ("stats", &STATS),
        ("diff", &DIFF),
        ("port", &PORT),
        ("rm", &RM),
        ("remove", &RM),
        ("rename", &RENAME),
        ("update", &UPDATE),
        ("cp", &CP),
        ("export", &EXPORT),
        ("prune", &PRUNE),
    ],
};

/// `CONTAINER [CONTAINER...]`.
const ONE_OR_MORE: Operands = Operands {
    usage: "CONTAINER [CONTAINER...]",
    min: 1,
    max: ANY,
    subject: Subject::Container,
    end_flags: false,
};
/// `CONTAINER`.
pub(super) const ONE: Operands =
    Operands { usage: "CONTAINER", min: 1, max: 1, subject: Subject::Container, end_flags: false };

pub(super) const FORMAT_TABLE: Flag =
    value(NO, "format", "FORMAT", "json, a template ({{.ID}}), or table TEMPLATE");
pub(super) const NO_TRUNC: Flag = switch(NO, "no-trunc", "Print long values whole");
const DETACH_KEYS: Flag =
    value(NO, "detach-keys", "KEYS", "Keys that leave it running (ctrl-p,ctrl-q); empty for none");
const TIMEOUT: Flag = value('t', "timeout", "SECONDS", "Grace before SIGKILL; -1 waits for ever");
const STOP_SIGNAL: Flag = value('s', "signal", "SIGNAL", "Ask with this signal");

static RUN: Verb = Verb {
    name: "run",
    purpose: "Make a container from an image and start it",
    operands: Operands {
        usage: "IMAGE [COMMAND] [ARG...]",
        min: 0,
        max: ANY,
        subject: Subject::Image,
        end_flags: true,
    },
    sections: &[
        &FOREGROUND,
        &PROCESS,
        &IDENTITY,
        &FILES,
        &RESOURCES,
        &PLACEMENT,
        &SUPERVISION,
        &ISOLATION,
        &REFUSED,
    ],
    examples: &[
        (
            "limpet run -d --name cache -m 64m --cpus 0.5 redis",
            "a Redis in the background that cannot use more",
        ),
        ("limpet run --rm -it busybox sh", "a shell that leaves nothing behind"),
        ("limpet run --rm --network host -v /srv/www:/usr/share/nginx/html:ro nginx", "serve a directory"),
    ],
    build: build_run::run,
};

static CREATE: Verb = Verb {
    name: "create",
    purpose: "Make a container without starting it",
    operands: Operands {
        usage: "IMAGE [COMMAND] [ARG...]",
        min: 0,
        max: ANY,
        subject: Subject::Image,
        end_flags: true,
    },
    sections: &[
        &Section {
            title: "",
            flags: &[refused('d', "detach", "create never starts anything; use limpet run -d")],
        },
        &Section {
            title: "Foreground",
            flags: &[values('a', "attach", "STREAM", "Accepted for docker's sake; start -a shows both")],
        },
        &PROCESS,
        &IDENTITY,
        &FILES,
        &RESOURCES,
        &PLACEMENT,
        &SUPERVISION,
        &ISOLATION,
        &REFUSED,
    ],
    examples: &[("limpet create --name job -m 32m busybox true", "then: limpet start -a job")],
    build: build_run::create,
};

static START: Verb = Verb {
    name: "start",
    purpose: "Start containers that are not running",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "attach", "Show its output, pass signals on, end with its status"),
            switch('i', "interactive", "Pass stdin on"),
            DETACH_KEYS,
            refused(NO, "checkpoint", "there are no checkpoints"),
            refused(NO, "checkpoint-dir", "there are no checkpoints"),
        ],
    }],
    examples: &[("limpet start -ai job", "start it and talk to it")],
    build: build::start,
};

static EXEC: Verb = Verb {
    name: "exec",
    purpose: "Run a command in a running container",
    operands: Operands {
        usage: "CONTAINER COMMAND [ARG...]",
        min: 2,
        max: ANY,
        subject: Subject::Container,
        end_flags: true,
    },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('d', "detach", "Leave it in the background"),
            switch('i', "interactive", "Keep stdin open"),
            switch('t', "tty", "Give it a terminal"),
            values('e', "env", "NAME[=VALUE]", "Set a variable; without =VALUE, yours is passed on"),
            values(NO, "env-file", "FILE", "Variables from a file, one NAME=VALUE in a line"),
            value('w', "workdir", "DIR", "Working directory inside"),
            value('u', "user", "USER[:GROUP]", "User, name or number"),
            switch(NO, "privileged", "All capabilities"),
            DETACH_KEYS,
        ],
    }],
    examples: &[
        ("limpet exec -it cache sh", "a shell in it"),
        ("limpet exec -u 33 -e LANG=C web id", "as another user"),
    ],
    build: build::exec,
};

static ATTACH: Verb = Verb {
    name: "attach",
    purpose: "Connect this terminal to a running container",
    operands: ONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch(NO, "no-stdin", "Show output only"),
            switch(NO, "sig-proxy", "Pass signals on to the container (on unless =false)"),
            DETACH_KEYS,
        ],
    }],
    examples: &[("limpet attach --no-stdin web", "watch it; Ctrl-C reaches the container")],
    build: build::attach,
};

static STOP: Verb = Verb {
    name: "stop",
    purpose: "Ask containers to end, and kill them after a grace period",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[TIMEOUT, super::same("time", "timeout"), STOP_SIGNAL],
    }],
    examples: &[("limpet stop -t 30 db", "give it half a minute")],
    build: build::stop,
};

static RESTART: Verb = Verb {
    name: "restart",
    purpose: "Stop containers and start them again",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[TIMEOUT, super::same("time", "timeout"), STOP_SIGNAL],
    }],
    examples: &[],
    build: build::restart,
};

static KILL: Verb = Verb {
    name: "kill",
    purpose: "Send containers a signal, SIGKILL if none is named",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('s', "signal", "SIGNAL", "A name or number (HUP, SIGHUP, 1, RTMIN+2)")],
    }],
    examples: &[("limpet kill -s HUP web", "have it read its configuration again")],
    build: build::kill,
};

static PAUSE: Verb = Verb {
    name: "pause",
    purpose: "Freeze every process of containers",
    operands: ONE_OR_MORE,
    sections: &[],
    examples: &[],
    build: build::pause,
};

static UNPAUSE: Verb = Verb {
    name: "unpause",
    purpose: "Let frozen containers go on",
    operands: ONE_OR_MORE,
    sections: &[],
    examples: &[],
    build: build::unpause,
};

static WAIT: Verb = Verb {
    name: "wait",
    purpose: "Wait until containers end, and print their exit codes",
    operands: ONE_OR_MORE,
    sections: &[],
    examples: &[],
    build: build::wait,
};

static PS: Verb = Verb {
    name: "ps",
    purpose: "List containers",
    operands: Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "Also those that do not run"),
            switch('q', "quiet", "Print ids only"),
            value('n', "last", "NUMBER", "The last so many made, running or not"),
            switch('l', "latest", "The last one made, running or not"),
            NO_TRUNC,
            values(
                'f',
                "filter",
                "KEY=VALUE",
                "id, name, label, status, health, ancestor, exited, before, since, volume, network",
            ),
            FORMAT_TABLE,
            switch('s', "size", "Add what each has written"),
        ],
    }],
    examples: &[
        ("limpet ps -a", "all of them"),
        ("limpet ps -aqf status=exited", "ids of those that ended"),
        ("limpet ps --format '{{.Names}} {{.Status}}'", "what you choose"),
    ],
    build: build::ps,
};

static LOGS: Verb = Verb {
    name: "logs",
    purpose: "Print what a container has written to stdout and stderr",
    operands: ONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('f', "follow", "Go on as it writes more"),
            value('n', "tail", "LINES", "Only the last so many lines (all)"),
            value(NO, "since", "TIME", "Not before 2026-01-02T15:04:05Z, 1767366245, or 10m ago"),
            value(NO, "until", "TIME", "Not after"),
            switch('t', "timestamps", "Put the time before each line"),
            refused(NO, "details", "logs carry no details; leave it out"),
        ],
    }],
    examples: &[("limpet logs -f --tail 20 web", "the last lines, and what follows")],
    build: build::logs,
};

pub(super) static CONTAINER_INSPECT: Verb = Verb {
    name: "container inspect",
    purpose: "Print all that is known of containers, as JSON",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            value('f', "format", "FORMAT", "json, or a template ({{.State.Status}})"),
            switch('s', "size", "Add what each has written"),
        ],
    }],
    examples: &[],
    build: build::container_inspect,
};

static TOP: Verb = Verb {
    name: "top",
    purpose: "Show all containers live, or list the processes of one",
    operands: Operands {
        usage: "[CONTAINER [COLUMN...]]",
        min: 0,
        max: ANY,
        subject: Subject::Container,
        end_flags: true,
    },
    sections: &[],
    examples: &[
        ("limpet top", "each second; q quits"),
        ("limpet top web -o pid,user,rss,args", "these columns"),
    ],
    build: build::top,
};

static STATS: Verb = Verb {
    name: "stats",
    purpose: "Show what containers use, again and again",
    operands: Operands {
        usage: "[CONTAINER...]",
        min: 0,
        max: ANY,
        subject: Subject::Container,
        end_flags: false,
    },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "Also those that do not run"),
            switch(NO, "no-stream", "Once only"),
            NO_TRUNC,
            FORMAT_TABLE,
        ],
    }],
    examples: &[("limpet stats --no-stream", "once, for a script")],
    build: build::stats,
};

static DIFF: Verb = Verb {
    name: "diff",
    purpose: "List what a container has changed in its image's files",
    operands: ONE,
    sections: &[],
    examples: &[],
    build: build::diff,
};

static PORT: Verb = Verb {
    name: "port",
    purpose: "List a container's forwarded ports",
    operands: Operands {
        usage: "CONTAINER [PORT[/PROTOCOL]]",
        min: 1,
        max: 2,
        subject: Subject::Container,
        end_flags: false,
    },
    sections: &[],
    examples: &[],
    build: build::port,
};

static RM: Verb = Verb {
    name: "rm",
    purpose: "Remove containers",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('f', "force", "Kill those that run"),
            switch('v', "volumes", "Accepted for docker's sake; volumes without a name always go along"),
            refused('l', "link", "there are no links"),
        ],
    }],
    examples: &[("limpet rm -f $(limpet ps -aq)", "all of them")],
    build: build::rm,
};

static RENAME: Verb = Verb {
    name: "rename",
    purpose: "Give a container another name",
    operands: Operands {
        usage: "CONTAINER NAME",
        min: 2,
        max: 2,
        subject: Subject::Container,
        end_flags: false,
    },
    sections: &[],
    examples: &[],
    build: build::rename,
};

static UPDATE: Verb = Verb {
    name: "update",
    purpose: "Change the limits and the restart policy of containers, also while they run",
    operands: ONE_OR_MORE,
    sections: &[
        &RESOURCES,
        &Section {
            title: "Supervision (by limpet supervise)",
            flags: &[value(
                NO,
                "restart",
                "POLICY",
                "When it ends: no, always, unless-stopped, on-failure[:TRIES]",
            )],
        },
        &Section {
            title: "",
            flags: &[
                refused(NO, "cpu-period", "use --cpus"),
                refused(NO, "cpu-quota", "use --cpus"),
                refused(NO, "cpu-rt-period", "use --cpus"),
                refused(NO, "cpu-rt-runtime", "use --cpus"),
                refused(NO, "blkio-weight", "set a rate with --device-read-bps or --device-write-bps"),
                refused(NO, "kernel-memory", "kernel memory counts towards --memory"),
            ],
        },
    ],
    examples: &[("limpet update -m 128m --cpus 1 cache", "twice as much")],
    build: build::update,
};

static PRUNE: Verb = Verb {
    name: "container prune",
    purpose: "Remove every container that does not run",
    operands: Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('f', "force", "Do not ask"),
            values(NO, "filter", "KEY=VALUE", "label, label!, until"),
        ],
    }],
    examples: &[("limpet container prune -f --filter until=24h", "those made more than a day ago")],
    build: build::prune,
};
