//! A change that more people have to sign than one: a file that goes from one to the next, and to the controller at the end.
//!
//! In: the file, and the roots that this person believes. Out: what is asked of each board, and who has signed it. Nothing that
//! stands beside the signed states is believed: names and notes are what the file says.

use super::chain::Chain;
use super::content::Content;
use super::differences::differences;
use super::encoding::{base64, from_base64, key, shown};
use super::failure::{During, Failure, Outcome};
use super::files;
use crate::api::{BODY_BYTES_MAX, Board, BoardUpload, NewRollout};
use limpet_protocol::fleet::{BoardId, Desired, Kind, PublicKey};
use limpet_trust::envelope;
use limpet_trust::sign::{Secret, seal_with};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The form that is written.
const FORM: u8 = 1;
/// Digits of a key that are shown.
const KEY_CHARS: usize = 12;

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// [`FORM`].
    limpet_draft: u8,
    /// Every root from the first, as the controller had them.
    roots: Vec<String>,
    /// What boards were called, by id.
    names: BTreeMap<String, String>,
    /// What is to be uploaded.
    pub(crate) rollout: NewRollout,
}

/// What a board is asked for in it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// As people know it.
    pub(crate) name: String,
    pub(crate) desired: Desired,
    pub(crate) undo: Desired,
}

/// All of it, judged.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) boards: Vec<Asked>,
    /// Keys that have signed all of it.
    pub(crate) signed: Vec<PublicKey>,
}

impl Draft {
    /// Of a change whose first signatures were made.
    pub(crate) fn new(roots: &[String], boards: &[&Board], rollout: NewRollout) -> Self {
        let names = boards.iter().map(|board| (board.id.clone(), board.name.clone())).collect();
        Self { limpet_draft: FORM, roots: roots.to_vec(), names, rollout }
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let what = || format!("read {}", path.display());
        let draft: Self = serde_json::from_slice(&files::read(path, BODY_BYTES_MAX as u64)?).during(what)?;
        match draft.limpet_draft {
            FORM => Ok(draft),
            other => Err(Failure::new(format!("{}: it is of form {other}; use a newer limpetctl", what()))),
        }
    }

    /// Its file's bytes.
    pub(crate) fn bytes(&self) -> Outcome<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        if bytes.len() > BODY_BYTES_MAX {
            return Err(Failure::new("the change is too large for one file; choose fewer boards"));
        }
        Ok(bytes)
    }

    /// What follows from its roots and the first one, which this person has by other ways.
    pub(crate) fn chain(&self, first: Chain, now_s: u64) -> Outcome<Chain> {
        let roots: Option<Vec<_>> = self.roots.iter().map(|root| from_base64(root)).collect();
        first.follow(&roots.ok_or_else(|| Failure::new("its roots are no base64url"))?, now_s)
    }

    /// Judges all of it as boards would, but for the number of signatures.
    pub(crate) fn open(&self, chain: &Chain, now_s: u64) -> Outcome<Opened> {
        let mut signed: Option<Vec<PublicKey>> = None;
        let mut boards = Vec::new();
        for upload in &self.rollout.boards {
            let name = self.names.get(&upload.board).map_or("-", String::as_str);
            let name =
                format!("{} {}", shown(name), upload.board.chars().take(KEY_CHARS).collect::<String>());
            let board = key(&upload.board).map(BoardId);
            let board = board.ok_or_else(|| Failure::new(format!("board {name}: its id is no key")))?;
            let mut judge = |text: &str| {
                let bytes = from_base64(text).ok_or_else(|| Failure::new("its state is no base64url"))?;
                let (desired, by) = chain.draft(&bytes, board, now_s)?;
                if *signed.get_or_insert_with(|| by.clone()) != by {
                    return Err(Failure::new(
                        "it is not signed by the same keys as the others; make the change anew",
                    ));
                }
                Ok(desired)
            };
            let what = || format!("board {name}");
            let (desired, undo) = (judge(&upload.desired).during(what)?, judge(&upload.undo).during(what)?);
            if undo.generation <= desired.generation {
                return Err(Failure::new(format!(
                    "board {name}: what undoes it is not of a higher generation"
                )));
            }
            boards.push(Asked { name, desired, undo });
        }
        let signed = signed.ok_or_else(|| Failure::new("it asks nothing of any board"))?;
        Ok(Opened { boards, signed })
    }

    /// With one more signature under each of its states. It was judged before.
    pub(crate) fn sign(&mut self, secret: &Secret) -> Outcome<()> {
        for BoardUpload { desired, undo, .. } in &mut self.rollout.boards {
            for text in [desired, undo] {
                *text = countersigned(text, secret)?;
            }
        }
        Ok(())
    }
}

fn countersigned(text: &str, secret: &Secret) -> Outcome<String> {
    let bytes = from_base64(text).ok_or_else(|| Failure::new("its state is no base64url"))?;
    let opened = envelope::open(&bytes)?;
    let mut signatures = opened.signatures.to_vec();
    signatures.push(secret.sign(Kind::Desired, opened.payload));
    Ok(base64(&seal_with(&signatures, Kind::Desired, opened.payload)?))
}

impl Asked {
    /// Everything that is signed for it, whatever it has now: who wrote the file may not know, or not say.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (after, before) = (Content::of(Some(self.desired.clone())), Content::of(Some(self.undo.clone())));
        let mut lines = differences(&Content::default(), &after);
        if lines.is_empty() {
            lines.push("nothing".to_owned());
        }
        lines.extend(differences(&after, &before).iter().map(|line| format!("when undone: {line}")));
        lines
    }
}

#[cfg(test)]
mod tests;
