//! Whether what lies on the disk is still what was put there.
//!
//! Every byte is read: configurations against their digests, a layer's `split` and `index` against its record, the
//! contents of its files against the digests in `split`, and everything else about the tree against `index`. A bit that
//! flipped is found wherever it is, and the file that has it is named.

use crate::digest::{Digest, Hashing};
use crate::layer::check::CheckError;
use crate::layer::rebuild::Layer;
use crate::layer::record::LayerRecord;
use crate::layer::walk::shown;
use crate::place::{Store, StoreError, failed, sync_parent};
use crate::reference::Reference;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// How many findings of one layer are told.
const FINDINGS_MAX: usize = 100;

/// One thing that is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A layer, and what is wrong with it, a line each.
    Layer(Digest, Vec<String>),
    /// The configuration of an image.
    Config(Digest, String),
    /// The record of a name, and the name, where it can be told.
    Name(PathBuf, Option<Reference>),
}

/// What a layer was found to be.
struct Findings {
    lines: Vec<String>,
    more: usize,
}

impl Findings {
    fn tell(&mut self, path: &[u8], what: &str) {
        if self.lines.len() < FINDINGS_MAX {
            self.lines.push(format!("/{} {what}", shown(path)));
        } else {
            self.more += 1;
        }
    }

    fn into_lines(mut self) -> Vec<String> {
        if self.more > 0 {
            self.lines.push(format!("and {} more", self.more));
        }
        self.lines
    }
}

impl Store {
    /// Names that cannot be read.
    ///
    /// # Errors
    /// The directory of names cannot be read.
    pub fn verify_names(&self) -> Result<Vec<Damage>, StoreError> {
        let damaged = self.damaged_names()?;
        Ok(damaged.into_iter().map(|(path, reference)| Damage::Name(path, reference)).collect())
    }

    /// Takes a damaged layer's record away: it counts as missing then, and whoever loads or pulls it again replaces it.
    ///
    /// # Errors
    /// The record cannot be removed.
    pub fn give_up(&self, diff_id: &Digest) -> Result<(), StoreError> {
        let _alone = self.hold_alone()?;
        let path = self.layer(diff_id).join(LayerRecord::FILE);
        match fs::remove_file(&path) {
            Ok(()) => sync_parent(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("remove", &path)(error)),
        }
    }

    /// Reads everything of these images again, each layer once. The contents that are read go to `pace`, which may
    /// take its time.
    ///
    /// # Errors
    /// `pace`'s.
    pub fn verify(&self, ids: &[Digest], pace: &mut dyn Write) -> io::Result<Vec<Damage>> {
        let mut damaged = Vec::new();
        let mut layers = BTreeSet::new();
        for id in ids {
            match self.config(id) {
                Ok((config, _)) => layers.extend(config.diff_ids),
                Err(error) => damaged.push(Damage::Config(*id, error.to_string())),
            }
        }
        for diff_id in layers {
            let lines = self.verify_layer(&diff_id, pace)?;
            if !lines.is_empty() {
                damaged.push(Damage::Layer(diff_id, lines));
            }
        }
        Ok(damaged)
    }

    /// Nothing is locked meanwhile, as it may take hours: what was found of a layer that is no longer there does not count.
    fn verify_layer(&self, diff_id: &Digest, pace: &mut dyn Write) -> io::Result<Vec<String>> {
        let directory = self.layer(diff_id);
        let mut findings = Findings { lines: Vec::new(), more: 0 };
        let layer = match Layer::open(&directory) {
            Ok(layer) => layer,
            Err(error) => return Ok(vec![format!("it cannot be opened: {error}")]),
        };
        self.look_at(diff_id, &layer, &mut findings, pace)?;
        if findings.lines.is_empty() || !layer.is_at(&directory) {
            return Ok(Vec::new());
        }
        Ok(findings.into_lines())
    }

    fn look_at(
        &self,
        diff_id: &Digest,
        layer: &Layer,
        findings: &mut Findings,
        pace: &mut dyn Write,
    ) -> io::Result<()> {
        let record = match self.layer_record(diff_id) {
            Ok(record) => record,
            Err(error) => {
                findings.lines.push(error.to_string());
                return Ok(());
            }
        };
        for (name, digest) in [("split", record.split), ("index", record.index)] {
            let same = layer.file(name.as_bytes()).and_then(|file| has_digest(file, &digest));
            if !same.unwrap_or(false) {
                findings.lines.push(format!("the store's own file {name} of it is damaged"));
            }
        }
        if findings.lines.is_empty() {
            let mut tell = |path: &[u8], what: &str| findings.tell(path, what);
            let read = layer.check_tree(&mut tell).and_then(|()| layer.check_contents(&mut tell, pace));
            match read {
                Ok(()) => {}
                Err(CheckError::Pace(error)) => return Err(error),
                Err(CheckError::Read(error)) => findings.lines.push(format!("it cannot be read: {error}")),
            }
        }
        Ok(())
    }
}

fn has_digest(mut file: File, digest: &Digest) -> io::Result<bool> {
    let mut hashing = Hashing::new(&mut file);
    hashing.drain()?;
    Ok(hashing.finish() == *digest)
}
