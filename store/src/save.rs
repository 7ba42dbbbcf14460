//! Writes images as one archive that docker, skopeo, umoci and `limpet load` read.
//!
//! It is a docker-archive (manifest.json) and an OCI layout (oci-layout, index.json, blobs/) at once, as docker's own
//! since version 25. Layers are written as plain tars, bit by bit what was loaded, so ids stay the same.

use crate::digest::Digest;
use crate::images::Image;
use crate::layer::rebuild::{Layer, RebuildError};
use crate::manifest::{self, Written};
use crate::place::{Store, StoreError};
use crate::reference::Reference;
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use tar::{EntryType, Header};

const BLOCK_BYTES: usize = 512;
const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// Why an archive is not complete.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The output.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A layer cannot be read.
    #[error("cannot read layer {diff_id}")]
    Read {
        /// Which.
        diff_id: Digest,
        /// Why not.
        source: io::Error,
    },
    /// A layer is not what was loaded.
    #[error("layer {0} was changed on disk: remove the image and load it again")]
    Changed(Digest),
}

/// An image to be saved, and the names it is to have in the archive.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The image.
    pub image: Image,
    /// Its names there; empty saves it by its id alone.
    pub references: Vec<Reference>,
}

impl Store {
    /// Writes `images` to `out`. The caller holds the store ([`Store::hold`]).
    ///
    /// # Errors
    /// `out` fails, or a layer is not what it was; then what was written is no complete archive.
    pub fn save(&self, images: &[Saved], out: &mut dyn Write) -> Result<(), SaveError> {
        let mut archive = Archive { out, written: BTreeSet::new() };
        let mut index = Vec::new();
        let mut docker = Vec::new();
        for saved in images {
            self.save_image(saved, &mut archive, &mut index, &mut docker)?;
        }
        archive.file("oci-layout", LAYOUT)?;
        archive.file("index.json", &manifest::index(&index))?;
        archive.file("manifest.json", serde_json::Value::Array(docker).to_string().as_bytes())?;
        archive
            .out
            .write_all(&[0; 2 * BLOCK_BYTES])
            .and_then(|()| archive.out.flush())
            .map_err(SaveError::Write)
    }

    fn save_image(
        &self,
        saved: &Saved,
        archive: &mut Archive<'_>,
        index: &mut Vec<serde_json::Value>,
        docker: &mut Vec<serde_json::Value>,
    ) -> Result<(), SaveError> {
        let Image { id, config, config_json, .. } = &saved.image;
        let mut layers = Vec::new();
        for diff_id in &config.diff_ids {
            let tar_bytes = self.layer_size(diff_id)?.tar_bytes;
            layers.push((*diff_id, tar_bytes));
            if archive.written.insert(*diff_id) {
                archive.layer(self, diff_id, tar_bytes)?;
            }
        }
        archive.blob(id, config_json)?;
        let manifest =
            Written { config: *id, config_bytes: config_json.len() as u64, layers: &layers }.manifest();
        let digest = Digest::of(&manifest);
        archive.blob(&digest, &manifest)?;
        let entry =
            |reference| manifest::index_entry(&digest, manifest.len() as u64, &config.platform, reference);
        if saved.references.is_empty() {
            index.push(entry(None));
        }
        index.extend(saved.references.iter().map(|reference| entry(Some(reference))));
        docker.push(serde_json::json!({
            "Config": blob_name(id),
            "RepoTags": saved.references.iter().map(Reference::familiar).collect::<Vec<_>>(),
            "Layers": layers.iter().map(|(diff_id, _)| blob_name(diff_id)).collect::<Vec<_>>(),
        }));
        Ok(())
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// A tar that is being written.
struct Archive<'a> {
    out: &'a mut dyn Write,
    written: BTreeSet<Digest>,
}

impl Archive<'_> {
    fn blob(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), SaveError> {
        if self.written.insert(*digest) { self.file(&blob_name(digest), bytes) } else { Ok(()) }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), SaveError> {
        let length = bytes.len() as u64;
        self.header(name, length)
            .and_then(|()| self.out.write_all(bytes))
            .and_then(|()| self.pad(length))
            .map_err(SaveError::Write)
    }

    fn layer(&mut self, store: &Store, diff_id: &Digest, tar_bytes: u64) -> Result<(), SaveError> {
        let layer = Layer::open(&store.layer(diff_id))
            .map_err(|source| SaveError::Read { diff_id: *diff_id, source })?;
        self.header(&blob_name(diff_id), tar_bytes).map_err(SaveError::Write)?;
        layer.write_checked(diff_id, tar_bytes, self.out).map_err(|error| match error {
            RebuildError::Write(error) => SaveError::Write(error),
            RebuildError::Read(source) => SaveError::Read { diff_id: *diff_id, source },
            RebuildError::Changed => SaveError::Changed(*diff_id),
        })?;
        self.pad(tar_bytes).map_err(SaveError::Write)
    }

    fn header(&mut self, name: &str, length: u64) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_path(name)?;
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(length);
        header.set_cksum();
        self.out.write_all(header.as_bytes())
    }

    fn pad(&mut self, length: u64) -> io::Result<()> {
        let padding = length.wrapping_neg() % BLOCK_BYTES as u64;
        io::copy(&mut io::repeat(0).take(padding), &mut self.out).map(drop)
    }
}
