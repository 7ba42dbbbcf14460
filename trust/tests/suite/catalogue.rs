//! What is delivered to boards that should not believe it, and beside each what they should: made with fixed keys, so that the
//! files are the same bytes whenever they are made.

mod documents;

use crate::fleet::{DAY_S, MONTH_S, START_S, after, desired, enrolled, ring, root};
use limpet_protocol::fleet::Root;
use limpet_trust::{Clock, Memory};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Every refusal there is.
pub(crate) const REASONS: &[&str] = &[
    "Ahead",
    "BadSignature",
    "Equivocation",
    "Expired",
    "ImageByTag",
    "Invalid",
    "InvalidApp",
    "Malformed",
    "OtherBoard",
    "OtherFleet",
    "Oversize",
    "RolledBack",
    "RootExpired",
    "RootGap",
    "RootMissing",
    "RootRolledBack",
    "TooFewSignatures",
    "UnknownKey",
    "UnknownVersion",
];

/// In which form a document is delivered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    /// Cut short at every length.
    EveryPrefix,
    /// With zeros, to one byte more than is looked at.
    Padded,
}

/// A line of the index.
pub(crate) struct Attack {
    pub(crate) document: String,
    pub(crate) board: String,
    /// What a synchronised clock says.
    pub(crate) now_s: Option<u64>,
    pub(crate) form: Form,
    pub(crate) outcome: String,
}

const FORMS: [(&str, Form); 3] =
    [("whole", Form::Whole), ("every-prefix", Form::EveryPrefix), ("padded", Form::Padded)];

impl Attack {
    pub(crate) fn from_words(document: &str, board: &str, now: &str, form: &str, outcome: &str) -> Self {
        let (_, form) = FORMS.into_iter().find(|(word, _)| *word == form).expect("a known form");
        let now_s = (now != "unset").then(|| now.parse().expect("seconds"));
        Self { document: document.into(), board: board.into(), now_s, form, outcome: outcome.into() }
    }

    pub(crate) fn clock(&self) -> Clock {
        Clock { synchronised_s: self.now_s, ..crate::fleet::UNSET }
    }

    fn line(&self) -> String {
        let now = self.now_s.map_or("unset".into(), |now_s| now_s.to_string());
        let (form, _) = FORMS.into_iter().find(|(_, form)| *form == self.form).expect("a known form");
        format!("{} {} {now} {form} {}", self.document, self.board, self.outcome)
    }
}

/// All files by name.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let mut index = "# document board now form outcome; see tests/suite/attacks.rs\n".to_string();
    for attack in attacks() {
        writeln!(index, "{}", attack.line()).expect("a string takes everything");
    }
    let documents = documents::all().into_iter().map(|(name, bytes)| (format!("{name}.doc"), bytes));
    let boards = boards()
        .into_iter()
        .map(|(name, memory)| (format!("{name}.board"), memory.to_bytes().expect("it has a form")));
    documents.chain(boards).chain([("index".to_string(), index.into_bytes())]).collect()
}

/// Root 2, by which deploy key 11 and root key 1 count no more.
pub(crate) fn rotation() -> Root {
    Root { root: ring(&[2, 3, 4], 2), deploy: ring(&[12, 13], 1), ..root(2) }
}

fn boards() -> Vec<(&'static str, Memory)> {
    let fresh = enrolled(&root(1));
    let both = enrolled(&Root { deploy: ring(&[11, 12], 2), ..root(1) });
    let rotated = |memory: &Memory| {
        let new = enrolled(&rotation());
        Memory { root: new.root, root_digest: new.root_digest, ..memory.clone() }
    };
    let stolen = after(&fresh, &documents::used_up());
    vec![
        ("both-must-sign", both),
        ("knows-the-time", Memory { floor_s: START_S + 100 * DAY_S, ..fresh.clone() }),
        ("root-2", enrolled(&root(2))),
        ("rotated", rotated(&fresh)),
        ("rotated-after-theft", rotated(&stolen)),
        ("rotated-and-went-on", after(&rotated(&fresh), &documents::first_after_rotation())),
        ("stolen", stolen),
        ("took-good", after(&fresh, &desired(5))),
        ("fresh", fresh),
    ]
}

/// The index.
pub(crate) fn attacks() -> Vec<Attack> {
    let now = (START_S + 10 * DAY_S).to_string();
    let year = (START_S + 400 * DAY_S).to_string();
    let month = (START_S + 5 * DAY_S + MONTH_S + 1).to_string();
    let mut all = Vec::new();
    let mut add = |lines: &str| {
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [document, board, time, form, outcome] = words[..] else { panic!("{line}") };
            let time = match time {
                "now" => &now,
                "month" => &month,
                "year" => &year,
                other => other,
            };
            all.push(Attack::from_words(document, board, time, form, outcome));
        }
    };
    add(SIGNATURES);
    add(ORDER);
    add(PLACES);
    add(TIMES);
    add(FORMS_OF_BYTES);
    add(CONTENTS);
    add(ROOTS);
    all
}

/// Who signed, and how many. The first lines show that what is refused below is refused for nothing else.
const SIGNATURES: &str = "
good                        fresh           now  whole Desired
good-two-signatures         fresh           now  whole Desired
good-two-signatures         both-must-sign  now  whole Desired
forged-by-a-stranger        fresh           now  whole UnknownKey
forged-in-anothers-name     fresh           now  whole BadSignature
changed-after-signing       fresh           now  whole BadSignature
signed-as-another-kind      fresh           now  whole BadSignature
unsigned                    fresh           now  whole TooFewSignatures
signed-by-a-root-key        fresh           now  whole UnknownKey
good                        both-must-sign  now  whole TooFewSignatures
one-key-twice               both-must-sign  now  whole TooFewSignatures
one-key-twice               fresh           now  whole Desired
with-a-strangers-signature  fresh           now  whole UnknownKey
with-a-bad-signature        fresh           now  whole BadSignature
good                        rotated         now  whole UnknownKey
";

/// Replayed, rolled back, told otherwise.
const ORDER: &str = "
good                    took-good            now   whole Known
good                    took-good            month whole Known
told-otherwise          took-good            now   whole Equivocation
rolled-back             took-good            now   whole RolledBack
rolled-back             took-good            month whole RolledBack
rolled-back             took-good            unset whole RolledBack
before-rotation         rotated-and-went-on  now   whole RolledBack
good                    stolen               now   whole RolledBack
after-rotation          rotated-after-theft  now   whole Desired
after-rotation          rotated-and-went-on  now   whole Known
";

/// For another board, another fleet, another root; another kind.
const PLACES: &str = "
for-our-group               fresh  now  whole Desired
for-another-board           fresh  now  whole OtherBoard
for-another-group           fresh  now  whole OtherBoard
for-another-fleet           fresh  now  whole OtherFleet
of-another-fleet            fresh  now  whole UnknownKey
root-of-another-fleet       fresh  now  whole TooFewSignatures
root-for-another-fleet      fresh  now  whole OtherFleet
under-a-root-to-come        fresh  now  whole RootMissing
a-state-as-root             fresh  now  whole Invalid
a-root-as-state             fresh  now  whole Invalid
";

/// Expired, or with a time that cannot be.
const TIMES: &str = "
good                     fresh           unset       whole Desired
good                     fresh           5           whole Desired
good                     fresh           month       whole Expired
good                     knows-the-time  unset       whole Expired
good                     knows-the-time  5           whole Expired
expires-before-signed    fresh           unset       whole Expired
good                     fresh           1767225600  whole Ahead
after-the-root-expired   fresh           year        whole RootExpired
pretends-to-be-2100      fresh           unset       whole RootExpired
pretends-to-be-2100      fresh           now         whole Ahead
lasts-for-ever           fresh           year        whole RootExpired
";

/// Cut short, prolonged, too large, of another version.
const FORMS_OF_BYTES: &str = "
good                    fresh  now  every-prefix Malformed
root-2                  fresh  now  every-prefix Malformed
with-a-byte-after       fresh  now  whole        Malformed
with-a-byte-in-payload  fresh  now  whole        Invalid
with-a-long-number      fresh  now  whole        Malformed
good                    fresh  now  padded       Oversize
seventeen-signatures    fresh  now  whole        Malformed
of-version-0            fresh  now  whole        UnknownVersion
of-version-2            fresh  now  whole        UnknownVersion
of-unknown-kind         fresh  now  whole        Malformed
";

/// Signed well, and not to be carried out.
const CONTENTS: &str = "
sixty-four-apps         fresh  now  whole Desired
sixty-five-apps         fresh  now  whole Invalid
group-of-64-bytes       fresh  now  whole Invalid
two-apps-of-one-name    fresh  now  whole Invalid
app-that-is-a-path      fresh  now  whole InvalidApp
image-by-tag            fresh  now  whole ImageByTag
image-by-short-digest   fresh  now  whole ImageByTag
image-by-odd-digest     fresh  now  whole ImageByTag
image-without-a-name    fresh  now  whole ImageByTag
";

/// Roots.
const ROOTS: &str = "
root-2                  fresh    now    whole Root
root-2                  fresh    unset  whole Root
root-2                  fresh    2999999999 whole Root
root-2                  root-2   now    whole KnownRoot
rotation                fresh    now    whole Root
root-by-new-keys        fresh    now    whole Root
root-by-one-key         fresh    now    whole TooFewSignatures
root-by-old-keys-only   fresh    now    whole TooFewSignatures
root-by-new-keys-only   fresh    now    whole TooFewSignatures
root-by-deploy-keys     fresh    now    whole TooFewSignatures
root-by-a-lost-key      rotated  now    whole TooFewSignatures
root-and-a-stranger     fresh    now    whole UnknownKey
root-3                  fresh    now    whole RootGap
root-1                  root-2   now    whole RootRolledBack
root-1-otherwise        fresh    now    whole Equivocation
root-0                  fresh    now    whole Invalid
root-that-needs-none    fresh    now    whole Invalid
root-that-needs-four    fresh    now    whole Invalid
root-with-a-key-twice   fresh    now    whole Invalid
root-with-a-weak-key    fresh    now    whole Invalid
root-with-17-keys       fresh    now    whole Invalid
root-of-2049-bytes      fresh    now    whole Invalid
root-from-2100          fresh    now    whole Ahead
";
