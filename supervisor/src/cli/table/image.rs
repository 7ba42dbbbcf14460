//! The verbs about images.

use super::container::{FORMAT_TABLE, NO_TRUNC};
use super::fetching::{LOGIN, LOGOUT, PULL};
use super::{ANY, Group, NO, Operands, Section, Subject, Verb, switch, value, values};
use crate::cli::build::image as build;

/// Verbs with a name of their own.
pub(super) static VERBS: &[&Verb] = &[&PULL, &IMAGES, &LOAD, &SAVE, &TAG, &RMI, &HISTORY, &LOGIN, &LOGOUT];

/// `limpet image VERB`.
pub(super) const GROUP: Group = Group {
    name: "image",
    purpose: "Verbs about images",
    members: &[
        ("ls", &IMAGES),
        ("list", &IMAGES),
        ("pull", &PULL),
        ("load", &LOAD),
        ("save", &SAVE),
        ("tag", &TAG),
        ("rm", &RMI),
        ("remove", &RMI),
        ("history", &HISTORY),
        ("inspect", &INSPECT),
        ("prune", &PRUNE),
        ("verify", &VERIFY),
    ],
};

const ONE_OR_MORE: Operands =
    Operands { usage: "IMAGE [IMAGE...]", min: 1, max: ANY, subject: Subject::Image, end_flags: false };

static IMAGES: Verb = Verb {
    name: "images",
    purpose: "List images",
    operands: Operands {
        usage: "[REPOSITORY[:TAG]]",
        min: 0,
        max: 1,
        subject: Subject::Image,
        end_flags: false,
    },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "Accepted for docker's sake; there are no hidden images"),
            switch('q', "quiet", "Print ids only"),
            NO_TRUNC,
            switch(NO, "digests", "Add the digests"),
            values('f', "filter", "KEY=VALUE", "reference, label, dangling, before, since"),
            FORMAT_TABLE,
        ],
    }],
    examples: &[("limpet images --format '{{.Repository}}:{{.Tag}} {{.Size}}'", "what you choose")],
    build: build::images,
};

static LOAD: Verb = Verb {
    name: "load",
    purpose: "Take in images from an archive (docker's or OCI) or an OCI layout directory",
    operands: Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            value('i', "input", "FILE", "From this file or directory instead of stdin"),
            switch('q', "quiet", "Print only what went wrong"),
            value(NO, "platform", "OS/ARCH", "Which of its platforms (the board's)"),
            value(NO, "max-size", "SIZE", "Refuse what unpacks to more than this"),
        ],
    }],
    examples: &[
        ("limpet load -i redis.tar", "an archive"),
        ("zstdcat redis.tar.zst | limpet load", "a stream"),
    ],
    build: build::load,
};

static SAVE: Verb = Verb {
    name: "save",
    purpose: "Write images to an archive that docker and others can read",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('o', "output", "FILE", "To this file instead of stdout")],
    }],
    examples: &[("limpet save -o redis.tar redis:7", "for another board")],
    build: build::save,
};

static TAG: Verb = Verb {
    name: "tag",
    purpose: "Give an image another reference",
    operands: Operands {
        usage: "IMAGE[:TAG] REFERENCE[:TAG]",
        min: 2,
        max: 2,
        subject: Subject::Image,
        end_flags: false,
    },
    sections: &[],
    examples: &[],
    build: build::tag,
};

static RMI: Verb = Verb {
    name: "rmi",
    purpose: "Remove images",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('f', "force", "Also when a stopped container uses it"),
            switch(NO, "no-prune", "Accepted for docker's sake; layers in use always stay"),
        ],
    }],
    examples: &[],
    build: build::rmi,
};

static HISTORY: Verb = Verb {
    name: "history",
    purpose: "List how an image was made",
    operands: Operands { usage: "IMAGE", min: 1, max: 1, subject: Subject::Image, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('q', "quiet", "Print ids only"),
            NO_TRUNC,
            switch('H', "human", "Sizes and dates for people (on unless =false)"),
            FORMAT_TABLE,
        ],
    }],
    examples: &[],
    build: build::history,
};

static VERIFY: Verb = Verb {
    name: "image verify",
    purpose: "Read images again, all of them if none is named, and tell what is damaged",
    operands: Operands { usage: "[IMAGE...]", min: 0, max: ANY, subject: Subject::Image, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch(NO, "repair", "Fetch what is damaged again"),
            value(NO, "limit-rate", "SIZE", "Read at most this many bytes a second"),
            switch('q', "quiet", "Print only what is damaged"),
        ],
    }],
    examples: &[
        ("limpet image verify --limit-rate 2m", "all images, gently"),
        ("limpet image verify --repair redis:7", "fetches damaged layers again, and nothing else"),
    ],
    build: build::verify,
};

static INSPECT: Verb = Verb {
    name: "image inspect",
    purpose: "Print all that is known of images, as JSON",
    operands: ONE_OR_MORE,
    sections: &[&Section {
        title: "Options",
        flags: &[value('f', "format", "FORMAT", "json, or a template ({{.Config.Cmd}})")],
    }],
    examples: &[],
    build: build::inspect,
};

static PRUNE: Verb = Verb {
    name: "image prune",
    purpose: "Remove images without a reference",
    operands: Operands { usage: "", min: 0, max: 0, subject: Subject::Text, end_flags: false },
    sections: &[&Section {
        title: "Options",
        flags: &[
            switch('a', "all", "Every image that no container and no app needs"),
            switch('f', "force", "Do not ask"),
            values(NO, "filter", "KEY=VALUE", "label, label!, until"),
        ],
    }],
    examples: &[],
    build: build::prune,
};
