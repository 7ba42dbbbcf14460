//! The verbs about the board and about the command line itself.

use super::app::EVENTS;
use super::container::FORMAT_TABLE;
use super::{ANY, Group, NO, Operands, Section, Subject, Verb, switch, value, values};
use crate::cli::build::system as build;

/// Verbs with a name of their own.
pub(super) static VERBS: &[&Verb] = &[&INFO, &POWEROFF, &REBOOT, &VERSION, &COMPLETION, &HELP];

/// `limpet system VERB`.
pub(super) const GROUP: Group = Group {
    name: "system",
    purpose: "Verbs about the board",
    members: &[("df", &DF), ("prune", &PRUNE), ("info", &INFO), ("events", &EVENTS)],
};

const NONE: Operands = Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false };

/// `inspect` of either kind.
pub(super) static INSPECT: Verb = Verb {
    name: "inspect",
    purpose: "Print all that is known of containers or images, as JSON",
    operands: Operands {
        usage: "NAME [NAME...]",
        min: 1,
        max: ANY,
        subject: Subject::Container,
        end_flags: false,
    },
    sections: &[&Section {
        title: "Options",
        flags: &[
            value(NO, "type", "container|image", "Look among these only"),
            value('f', "format", "FORMAT", "json, or a template ({{.State.Status}})"),
            switch('s', "size", "Add what each container has written"),
        ],
    }],
    examples: &[
        ("limpet inspect -f '{{.State.ExitCode}}' job", "one value"),
        ("limpet inspect --type image redis:7", "an image"),
    ],
    build: build::inspect,
};

static INFO: Verb = Verb {
    name: "info",
    purpose: "Say what this board's kernel offers and what Limpet holds",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('f', "format", "FORMAT", "json, or a template ({{.KernelVersion}})")],
    }],
    examples: &[],
    build: build::info,
};

static POWEROFF: Verb = Verb {
    name: "poweroff",
    purpose: "Stop all containers and switch this board off, where limpet is its first process",
    operands: NONE,
    sections: &[],
    examples: &[],
    build: build::power_off,
};

static REBOOT: Verb = Verb {
    name: "reboot",
    purpose: "Stop all containers and start this board anew, where limpet is its first process",
    operands: NONE,
    sections: &[],
    examples: &[],
    build: build::reboot,
};

static VERSION: Verb = Verb {
    name: "version",
    purpose: "Print the version",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('f', "format", "FORMAT", "json, or a template ({{.Version}})")],
    }],
    examples: &[],
    build: build::version,
};

static COMPLETION: Verb = Verb {
    name: "completion",
    purpose: "Print a script that completes limpet's command lines",
    operands: Operands { usage: "bash|zsh|fish", min: 1, max: 1, subject: Subject::Shell, end_flags: false },
    sections: &[],
    examples: &[
        ("limpet completion bash > /etc/bash_completion.d/limpet", "bash"),
        ("limpet completion zsh > ~/.zfunc/_limpet", "zsh; ~/.zfunc must be in fpath"),
        ("limpet completion fish > ~/.config/fish/completions/limpet.fish", "fish"),
    ],
    build: build::completion,
};

static HELP: Verb = Verb {
    name: "help",
    purpose: "Print help on a verb",
    operands: Operands { usage: "[VERB]", min: 0, max: 2, subject: Subject::Verb, end_flags: false },
    sections: &[],
    examples: &[],
    build: build::help,
};

static DF: Verb = Verb {
    name: "system df",
    purpose: "Say how much disk images, containers and volumes take",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[switch('v', "verbose", "One line for each of them"), FORMAT_TABLE],
    }],
    examples: &[],
    build: build::df,
};

static PRUNE: Verb = Verb {
    name: "system prune",
    purpose: "Remove containers that do not run and images without a reference",
    operands: NONE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "Every image that no container and no app needs"),
            switch('f', "force", "Do not ask"),
            switch(
                NO,
                "volumes",
                "Accepted for docker's sake; volumes without a name go with their container",
            ),
            values(NO, "filter", "KEY=VALUE", "label, label!, until"),
        ],
    }],
    examples: &[],
    build: build::prune,
};
