//! Images that the store has: list, find, name.

use crate::config::ImageConfig;
use crate::digest::{Claimed, Digest};
use crate::layer::record::LayerRecord;
use crate::layer::spawn::root_is_opaque;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::names::{Name, names_of};
use crate::place::{Store, StoreError, failed, names_in};
use crate::platform::Platform;
use crate::reference::Reference;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// An image that is complete and checked.
#[derive(Clone, Debug)]
pub struct Image {
    /// Digest of its configuration.
    pub id: Digest,
    /// What it says about itself.
    pub config: ImageConfig,
    /// The configuration as it stands on disk.
    pub config_json: Vec<u8>,
    /// Directories for overlayfs, the topmost first. Empty for an image without layers.
    pub layers: Vec<PathBuf>,
    /// What it is called.
    pub references: Vec<Reference>,
}

/// One line of a list of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSummary {
    /// Its id.
    pub id: Digest,
    /// What it is called; empty for a dangling image.
    pub references: Vec<Reference>,
    /// When it was made, in seconds since 1970.
    pub created_s: Option<i64>,
    /// Bytes of the files of its layers.
    pub size_bytes: u64,
    /// Its configuration or a layer is not readable: load it again.
    pub damaged: bool,
}

/// Sizes of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerSize {
    /// Apparent bytes of its files.
    pub file_bytes: u64,
    /// Bytes of its tar.
    pub tar_bytes: u64,
}

/// One step of an image's history, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLine {
    /// When, in seconds since 1970.
    pub created_s: Option<i64>,
    /// The command.
    pub created_by: String,
    /// Bytes of the files of the layer that it made.
    pub size_bytes: u64,
    /// What was noted.
    pub comment: String,
}

/// Why an image was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error(
        "no such image: {0}; `limpet images` lists what there is, `limpet pull` and `limpet load` bring more"
    )]
    NotFound(String),
    /// Several ids begin so.
    #[error("{0} begins the id of {1} images: give more digits")]
    Ambiguous(String, usize),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a text named an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    ByReference(Digest, Reference),
    ById(Digest),
}

impl Found {
    pub(crate) fn id(&self) -> &Digest {
        match self {
            Self::ByReference(id, _) | Self::ById(id) => id,
        }
    }
}

impl Store {
    /// Every image, the newest first.
    ///
    /// # Errors
    /// The store's directories cannot be read. A single damaged image is marked as such.
    pub fn images(&self) -> Result<Vec<ImageSummary>, StoreError> {
        let references = self.all_references()?;
        let mut images: Vec<_> = self.ids()?.into_iter().map(|id| self.summary(id, &references)).collect();
        images.sort_by_key(|image| (std::cmp::Reverse(image.created_s), image.id));
        Ok(images)
    }

    fn summary(&self, id: Digest, references: &[(Reference, Digest)]) -> ImageSummary {
        let config = self.config(&id).ok();
        let sizes = config
            .as_ref()
            .map(|(config, _)| config.diff_ids.iter().map(|diff_id| self.layer_size(diff_id)).collect());
        let sizes: Option<Result<Vec<_>, _>> = sizes;
        let size_bytes = |sizes: &Vec<LayerSize>| sizes.iter().map(|size| size.file_bytes).sum();
        ImageSummary {
            id,
            references: names_of(references, &id),
            created_s: config.and_then(|(config, _)| config.created_s()),
            size_bytes: sizes.as_ref().and_then(|sizes| sizes.as_ref().ok()).map_or(0, size_bytes),
            damaged: !matches!(sizes, Some(Ok(_))),
        }
    }

    /// The image that `text` names: a reference, an id, or the beginning of an id.
    ///
    /// # Errors
    /// None, several, or a damaged one.
    pub fn find(&self, text: &str) -> Result<Image, FindError> {
        let found = self.look_up(text)?;
        Ok(self.image(found.id())?)
    }

    /// The image of an id.
    ///
    /// # Errors
    /// It is not there or damaged.
    pub fn image(&self, id: &Digest) -> Result<Image, StoreError> {
        let (config, config_json) = self.config(id)?;
        let mut layers = Vec::with_capacity(config.diff_ids.len());
        for diff_id in config.diff_ids.iter().rev() {
            let tree = self.layer(diff_id).join("tree");
            if !tree.is_dir() {
                return Err(StoreError::damaged(tree, "the layer is missing".to_owned()));
            }
            let opaque = root_is_opaque(&tree);
            // overlayfs refuses one directory twice (ELOOP), and the upper one hides all of the lower.
            if !layers.contains(&tree) {
                layers.push(tree);
            }
            // overlayfs looks at this mark everywhere but at the root: there it means that nothing below counts.
            if opaque {
                break;
            }
        }
        let references = names_of(&self.all_references()?, id);
        Ok(Image { id: *id, config, config_json, layers, references })
    }

    /// The id of the image that `text` names, also if it is damaged.
    ///
    /// # Errors
    /// None, or several.
    pub fn id_of(&self, text: &str) -> Result<Digest, FindError> {
        self.look_up(text).map(|found| *found.id())
    }

    /// The layers of an image.
    ///
    /// # Errors
    /// Its configuration is damaged.
    pub fn layers_of(&self, id: &Digest) -> Result<Vec<Digest>, StoreError> {
        self.config(id).map(|(config, _)| config.diff_ids)
    }

    /// What an image is for.
    ///
    /// # Errors
    /// Its configuration is damaged.
    pub fn platform_of(&self, id: &Digest) -> Result<Platform, StoreError> {
        self.config(id).map(|(config, _)| config.platform)
    }

    pub(crate) fn look_up(&self, text: &str) -> Result<Found, FindError> {
        let ids = self.ids()?;
        if let Ok(id) = Digest::parse(text).map_err(drop).or_else(|()| Digest::from_hex(text).ok_or(())) {
            let found = ids.contains(&id).then_some(Found::ById(id));
            return found.ok_or_else(|| FindError::NotFound(text.to_owned()));
        }
        if let Ok(reference) = Reference::parse(text)
            && let Some(found) = self.by_reference(&reference)?
        {
            return Ok(found);
        }
        by_prefix(&ids, text)
    }

    fn by_reference(&self, wanted: &Reference) -> Result<Option<Found>, StoreError> {
        let same = |name: &&Name| match wanted.digest() {
            Some(digest) => name.is_of(wanted, digest),
            None => name.reference.as_ref() == Some(wanted),
        };
        let names = self.names()?;
        Ok(names.iter().find(same).map(|name| match &name.reference {
            Some(reference) => Found::ByReference(name.id, reference.clone()),
            None => Found::ById(name.id),
        }))
    }

    /// Gives the image that `text` names another name.
    ///
    /// # Errors
    /// No such image, or the store cannot be written.
    pub fn tag(&self, text: &str, reference: &Reference) -> Result<Digest, FindError> {
        let work = self.stage()?;
        let _alone = self.hold_alone()?;
        let id = *self.look_up(text)?.id();
        self.point(&work, reference, &id, None)?;
        Ok(id)
    }

    /// How the image was made, the latest step first.
    ///
    /// # Errors
    /// A layer's record is missing.
    pub fn history(&self, image: &Image) -> Result<Vec<HistoryLine>, StoreError> {
        let mut layers = image.config.diff_ids.iter();
        let mut lines = Vec::new();
        for step in &image.config.history {
            let layer = if step.empty_layer { None } else { layers.next() };
            lines.push(HistoryLine {
                created_s: step.created.as_deref().and_then(crate::config::rfc3339_s),
                created_by: step.created_by.clone(),
                size_bytes: layer
                    .map_or(Ok(LayerSize::default()), |diff_id| self.layer_size(diff_id))?
                    .file_bytes,
                comment: step.comment.clone(),
            });
        }
        lines.reverse();
        Ok(lines)
    }

    /// Bytes of the files of the image's layers.
    ///
    /// # Errors
    /// A layer's record is missing.
    pub fn size_bytes(&self, image: &Image) -> Result<u64, StoreError> {
        image.config.diff_ids.iter().map(|diff_id| Ok(self.layer_size(diff_id)?.file_bytes)).sum()
    }

    pub(crate) fn config(&self, id: &Digest) -> Result<(ImageConfig, Vec<u8>), StoreError> {
        let path = self.blob(id);
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes));
        read.map_err(failed("read", &path))?;
        let damaged = |reason: String| StoreError::damaged(path.clone(), reason);
        let verified = Claimed(bytes).verify(id).map_err(|error| damaged(error.to_string()))?;
        let config = ImageConfig::read(verified.bytes()).map_err(|error| damaged(error.to_string()))?;
        Ok((config, verified.bytes().to_vec()))
    }

    pub(crate) fn layer_size(&self, diff_id: &Digest) -> Result<LayerSize, StoreError> {
        self.layer_record(diff_id).map(|record| record.size)
    }

    pub(crate) fn layer_record(&self, diff_id: &Digest) -> Result<LayerRecord, StoreError> {
        let path = self.layer(diff_id).join(LayerRecord::FILE);
        let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
        let reason = "it is no record of a layer".to_owned();
        LayerRecord::parse(&text).ok_or_else(|| StoreError::damaged(path, reason))
    }
}

fn by_prefix(ids: &[Digest], text: &str) -> Result<Found, FindError> {
    let prefix = text.strip_prefix("sha256:").unwrap_or(text);
    let matching: Vec<_> =
        ids.iter().filter(|id| !prefix.is_empty() && id.hex().starts_with(prefix)).collect();
    match matching[..] {
        [] => Err(FindError::NotFound(text.to_owned())),
        [id] => Ok(Found::ById(*id)),
        _ => Err(FindError::Ambiguous(text.to_owned(), matching.len())),
    }
}

/// The names in a directory that are digests.
pub(crate) fn digests_in(directory: &Path) -> Result<Vec<Digest>, StoreError> {
    Ok(names_in(directory)?.iter().filter_map(|name| Digest::from_hex(name)).collect())
}

#[cfg(test)]
mod tests;
