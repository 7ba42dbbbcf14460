//! Images and layers that go: remove, prune, and what the disk is used for.

use crate::digest::Digest;
use crate::images::{FindError, Found, digests_in};
use crate::names::names_of;
use crate::place::{Store, StoreError, Work, failed, sync_directory, sync_parent};
use crate::reference::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What was done, in docker's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// A name is gone.
    Untagged(Reference),
    /// An image is gone.
    Deleted(Digest),
    /// A layer is gone, with this many bytes of files.
    Layer(Digest, u64),
}

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// No such image.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A container needs it.
    #[error("image {0} is used by a container: remove the container first")]
    InUse(String),
    /// An id with names in several repositories.
    #[error("image {0} has names in several repositories: remove it by name, or with --force")]
    SeveralNames(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the disk is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many images there are.
    pub images: usize,
    /// How many of them containers use.
    pub used: usize,
    /// Bytes of the files of all layers, each counted once.
    pub size_bytes: u64,
    /// What pruning everything unused would free, in bytes.
    pub reclaimable_bytes: u64,
    /// Of each image: bytes that it alone has, and bytes that it shares.
    pub shares: Vec<(Digest, u64, u64)>,
}

/// Whether a container uses the image of this id.
pub type InUse<'a> = &'a dyn Fn(&Digest) -> bool;

impl Store {
    /// Takes a name away, and the image with its last name; by id, the image with all its names.
    ///
    /// # Errors
    /// No such image, or a container uses it. With `force`, several names do not hinder, and an image that is used
    /// loses its names but stays: its layers are a container's root.
    pub fn remove(&self, text: &str, force: bool, in_use: InUse<'_>) -> Result<Vec<Removed>, RemoveError> {
        let work = self.stage()?;
        let _alone = self.hold_alone()?;
        let found = self.look_up(text)?;
        let names = names_of(&self.all_references()?, found.id());
        let last = match &found {
            Found::ByReference(_, reference) if names.len() > 1 => {
                return Ok(vec![self.untag(&work, reference)?]);
            }
            Found::ByReference(id, _) | Found::ById(id) => *id,
        };
        if in_use(&last) {
            if force && !names.is_empty() {
                return names.iter().map(|name| Ok(self.untag(&work, name)?)).collect();
            }
            return Err(RemoveError::InUse(text.to_owned()));
        }
        let repositories: BTreeSet<_> = names.iter().map(Reference::name).collect();
        if repositories.len() > 1 && !force {
            return Err(RemoveError::SeveralNames(text.to_owned()));
        }
        let mut removed = self.delete(&last, &names)?;
        removed.extend(self.collect(&work)?);
        Ok(removed)
    }

    /// Removes images without a name, or with `all` every image, that no container uses, and layers without an image.
    ///
    /// # Errors
    /// The store's.
    pub fn prune(&self, all: bool, in_use: InUse<'_>) -> Result<Vec<Removed>, StoreError> {
        let work = self.stage()?;
        let _alone = self.hold_alone()?;
        let references = self.all_references()?;
        let mut removed = Vec::new();
        for id in self.ids()? {
            let names = names_of(&references, &id);
            if in_use(&id) || !(all || names.is_empty()) {
                continue;
            }
            removed.extend(self.delete(&id, &names)?);
        }
        removed.extend(self.collect(&work)?);
        Ok(removed)
    }

    /// The image stays, if need be without a name.
    fn untag(&self, work: &Work, reference: &Reference) -> Result<Removed, StoreError> {
        let names = self.names()?;
        if let Some(leaving) = names.iter().find(|name| name.reference.as_ref() == Some(reference)) {
            self.keep_without(work, &names, leaving)?;
        }
        self.forget(reference)?;
        Ok(Removed::Untagged(reference.clone()))
    }

    /// The configuration goes first: with it the image is gone, with all its names.
    fn delete(&self, id: &Digest, names: &[Reference]) -> Result<Vec<Removed>, StoreError> {
        let path = self.blob(id);
        fs::remove_file(&path).map_err(failed("remove", &path))?;
        sync_parent(&path)?;
        self.forget_gone()?;
        let untagged = names.iter().map(|name| Removed::Untagged(name.clone()));
        Ok(untagged.chain([Removed::Deleted(*id)]).collect())
    }

    /// Removes what no image has and no pull under way wants. As long as one name or image cannot be read, nothing: it
    /// may be its.
    pub(crate) fn collect(&self, work: &Work) -> Result<Vec<Removed>, StoreError> {
        self.forget_gone()?;
        if !self.damaged_names()?.is_empty() {
            return Ok(Vec::new());
        }
        let ids = self.ids()?;
        for blob in digests_in(&self.blobs())?.iter().filter(|blob| !ids.contains(blob)) {
            let path = self.blob(blob);
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
        let mut needed = self.wanted()?;
        for id in ids {
            match self.config(&id) {
                Ok((config, _)) => needed.extend(config.diff_ids),
                Err(error) if error.is_damage() => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
        let mut removed = Vec::new();
        for diff_id in digests_in(&self.layers())?.into_iter().filter(|diff_id| !needed.contains(diff_id)) {
            let size = self.layer_size(&diff_id).unwrap_or_default();
            let (from, to) = (self.layer(&diff_id), work.path.join(diff_id.hex()));
            fs::rename(&from, &to).map_err(failed("take away", &from))?;
            fs::remove_dir_all(&to).map_err(failed("remove", &to))?;
            removed.push(Removed::Layer(diff_id, size.file_bytes));
        }
        sync_directory(&self.layers())?;
        Ok(removed)
    }

    /// What images take of the disk.
    ///
    /// # Errors
    /// The store's directories cannot be read.
    pub fn usage(&self, in_use: InUse<'_>) -> Result<Usage, StoreError> {
        let images: Vec<_> = self
            .ids()?
            .into_iter()
            .map(|id| (id, self.config(&id).map(|c| c.0.diff_ids).unwrap_or_default()))
            .collect();
        let size = |diff_id: &Digest| self.layer_size(diff_id).unwrap_or_default().file_bytes;
        let sizes: BTreeMap<_, _> =
            digests_in(&self.layers())?.into_iter().map(|diff_id| (diff_id, size(&diff_id))).collect();
        let mut users: BTreeMap<&Digest, usize> = BTreeMap::new();
        images.iter().flat_map(|(_, layers)| layers).for_each(|layer| *users.entry(layer).or_default() += 1);
        let used: BTreeSet<_> = images.iter().filter(|(id, _)| in_use(id)).collect();
        let kept: BTreeSet<_> = used.iter().flat_map(|(_, layers)| layers).collect();
        let bytes = |layers: &[Digest], alone: bool| -> u64 {
            let counted = layers.iter().filter(|layer| (users.get(layer) == Some(&1)) == alone);
            counted.map(|layer| sizes.get(layer).copied().unwrap_or_default()).sum()
        };
        Ok(Usage {
            images: images.len(),
            used: used.len(),
            size_bytes: sizes.values().sum(),
            reclaimable_bytes: sizes
                .iter()
                .filter(|(layer, _)| !kept.contains(layer))
                .map(|(_, size)| size)
                .sum(),
            shares: images
                .iter()
                .map(|(id, layers)| (*id, bytes(layers, true), bytes(layers, false)))
                .collect(),
        })
    }
}
