//! From an archive or a layout to images in the store.
//!
//! Everything is checked first and unpacked aside; then, under the lock, layers, configuration and reference become
//! visible in this order, each by one rename. A layer that the store has already is not unpacked again, but its
//! digests are checked all the same, so that a damaged archive never passes.

mod choose;

use crate::digest::{Digest, DigestMismatch};
use crate::images::LayerSize;
use crate::json::JsonError;
use crate::layer::record::LayerRecord;
use crate::layer::report::{Instruction, Summary};
use crate::layer::spawn::{self, Bound, Job, UnpackError};
use crate::limits::{DOCUMENT_BYTES_MAX, IMAGE_BYTES_DEFAULT, LAYERS_MAX, RATIO_FREE_BYTES, RATIO_MAX};
use crate::pick::{Plan, PlannedLayer};
use crate::place::{Store, StoreError, Work, failed, sync_directory};
use crate::platform::Platform;
use crate::pull::supply::SupplyError;
use crate::reference::{InvalidReference, Reference};
use crate::reserve::Reserve;
use crate::source::{Source, SourceError, Spool};
use limpet_protocol::disk::Room;
use rustix::fs::{CWD, RenameFlags};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What to load from.
#[derive(Debug)]
pub enum Input<'a> {
    /// A directory with an OCI layout, or an archive.
    Path(&'a Path),
    /// An archive: a file, a pipe, a socket.
    File(File),
}

/// How to load.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Which platform's image to take; `None` is this machine's.
    pub platform: Option<Platform>,
    /// Most bytes that the layers of one image, and the archive where it must be copied, may have, if the user says so;
    /// otherwise [`IMAGE_BYTES_DEFAULT`], and no layer may be [`crate::limits::RATIO_MAX`] times what it was.
    pub image_bytes_max: Option<u64>,
    /// The program that is started with the words `unpack ...`: it must call [`crate::unpack::main`].
    pub unpacker: PathBuf,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { platform: None, image_bytes_max: None, unpacker: PathBuf::from("/proc/self/exe") }
    }
}

/// An image that was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What it is called now; empty if the archive does not say.
    pub references: Vec<Reference>,
    /// Its id.
    pub id: Digest,
    /// Extended attributes that could not be kept (SELinux labels and the like).
    pub xattrs_skipped: u64,
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The input as a whole.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Neither kind of archive.
    #[error("it is neither an OCI layout (index.json) nor a docker-archive (manifest.json)")]
    NotAnImage,
    /// Names no image.
    #[error("it has no image in it")]
    Empty,
    /// A part that something refers to.
    #[error("{name} is missing: the archive is incomplete")]
    Missing {
        /// Path in the archive.
        name: String,
    },
    /// A part that cannot be read.
    #[error("cannot read {name}")]
    Read {
        /// Path in the archive.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// A document of another form.
    #[error("{name} is malformed")]
    Json {
        /// Path in the archive.
        name: String,
        /// How.
        source: JsonError,
    },
    /// Other bytes than were claimed.
    #[error("{name} is damaged")]
    Digest {
        /// Path in the archive.
        name: String,
        /// Both digests.
        source: DigestMismatch,
    },
    /// Another size than was claimed.
    #[error("{name} has {found} bytes, not {claimed}")]
    Size {
        /// Path in the archive.
        name: String,
        /// What its descriptor says.
        claimed: u64,
        /// What it has.
        found: u64,
    },
    /// A document that is longer than any real one.
    #[error("{name} is said to have {size_bytes} bytes; at most {DOCUMENT_BYTES_MAX} are taken")]
    DocumentTooLong {
        /// Its digest.
        name: String,
        /// What its descriptor says.
        size_bytes: u64,
    },
    /// A manifest of before 2016, in which nothing can be checked.
    #[error(
        "its manifest is of docker's schema 1, which is not read: push the image again with a newer tool"
    )]
    Schema1,
    /// Whoever was to bring it did not.
    #[error(transparent)]
    Supply(SupplyError),
    /// Known before anything was brought.
    #[error(
        "it needs {needed_bytes} bytes ({stored_bytes} of them are fetched), and the disk is full: {room}: free some \
         space (see: limpet system df)"
    )]
    NoRoom {
        /// Of the layers that are missing, unpacked.
        needed_bytes: u64,
        /// Of them as they are fetched.
        stored_bytes: u64,
        /// What there is.
        room: Room,
    },
    /// A kind of thing that is not read.
    #[error("{what} of media type {media_type:?} is not supported")]
    MediaType {
        /// Index, manifest, configuration or layer.
        what: &'static str,
        /// The type.
        media_type: String,
    },
    /// For other machines only.
    #[error("it has no image for {wanted}, only for {found}; choose with --platform")]
    Platform {
        /// What was looked for.
        wanted: Platform,
        /// What there is.
        found: String,
    },
    /// Index in index in index.
    #[error("its indexes lie too deep in one another")]
    TooDeep,
    /// Manifest and configuration disagree.
    #[error(
        "its manifest has {layers} layers, its configuration {diff_ids}; at most {LAYERS_MAX} are possible"
    )]
    LayerCount {
        /// In the manifest.
        layers: usize,
        /// In the configuration.
        diff_ids: usize,
    },
    /// A name that is none.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// It was there when the archive was read, so it was not unpacked.
    #[error("layer {0} was removed by somebody else at the same time: try again")]
    Raced(Digest),
    /// A repair would bring something else.
    #[error("the registry has image {found} there now, not {wanted}")]
    AnotherImage {
        /// What is damaged.
        wanted: Digest,
        /// What would come.
        found: Digest,
    },
    /// A layer that was not taken.
    #[error("layer {name}")]
    Layer {
        /// Path in the archive.
        name: String,
        /// Why.
        source: UnpackError,
    },
}

impl LoadError {
    /// The disk has too little room.
    #[must_use]
    pub fn is_no_room(&self) -> bool {
        matches!(
            self,
            Self::NoRoom { .. }
                | Self::Source(SourceError::DiskFull(_))
                | Self::Layer { source: UnpackError::DiskFull(_), .. }
        )
    }
}

impl Store {
    /// Loads every image of `input` that is for the wanted platform.
    ///
    /// # Errors
    /// The first thing that is wrong; then the store is as it was.
    pub fn load(&self, input: Input<'_>, options: &LoadOptions) -> Result<Vec<Loaded>, LoadError> {
        let work = self.stage()?;
        let spool = Spool { directory: &work.path, reserve: self.reserve() };
        let bytes_max = Allowance::of(options.image_bytes_max).left_bytes;
        let (source, stem) = match input {
            Input::Path(path) => (Source::open_path(path, &spool, bytes_max)?, choose::stem(path)),
            Input::File(file) => (Source::open_file(file, &spool, bytes_max)?, None),
        };
        let plans = choose::plans(&source, stem.as_deref(), options.platform.as_ref())?;
        let mut loaded = Vec::new();
        for plan in &plans {
            let xattrs_skipped = self.unpack_layers(&source, plan, &work, options)?;
            let references = plan.references.clone();
            loaded.push(Loaded { references, id: *plan.config.digest(), xattrs_skipped });
        }
        self.commit(&plans, &work)?;
        Ok(loaded)
    }

    fn unpack_layers(
        &self,
        source: &Source,
        plan: &Plan,
        work: &Work,
        options: &LoadOptions,
    ) -> Result<u64, LoadError> {
        let mut allowed = Allowance::of(options.image_bytes_max);
        let mut xattrs_skipped = 0;
        for layer in &plan.layers {
            let summary = self.unpack_layer(source, layer, work, allowed, &options.unpacker)?;
            allowed.left_bytes = allowed.left_bytes.saturating_sub(summary.tar_bytes);
            xattrs_skipped += summary.xattrs_skipped;
        }
        Ok(xattrs_skipped)
    }

    fn unpack_layer(
        &self,
        source: &Source,
        layer: &PlannedLayer,
        work: &Work,
        allowed: Allowance,
        unpacker: &Path,
    ) -> Result<Summary, LoadError> {
        let name = &layer.name;
        let opened = source.open(name).map_err(|source| LoadError::Read { name: name.clone(), source })?;
        let (file, found) = opened.ok_or_else(|| LoadError::Missing { name: name.clone() })?;
        if let Some(claimed) = layer.stored_bytes.filter(|claimed| *claimed != found) {
            return Err(LoadError::Size { name: name.clone(), claimed, found });
        }
        let directory = work.path.join(layer.diff_id.hex());
        let fill = !self.has_layer(&layer.diff_id) && !directory.exists();
        let reserve = self.reserve();
        let unpacking = Unpacking { file, stored_bytes: found, fill, allowed, reserve, unpacker };
        unpacking.run(layer, &directory)
    }

    /// Makes everything visible: first the layers, then what needs them.
    fn commit(&self, plans: &[Plan], work: &Work) -> Result<(), LoadError> {
        let directory = File::open(&work.path).map_err(failed("open", &work.path))?;
        rustix::fs::syncfs(&directory).map_err(|errno| failed("sync", &work.path)(errno.into()))?;
        let _alone = self.hold_alone()?;
        let before = self.ids()?;
        let done = self.put_in_place(plans, work);
        if done.is_err() {
            // What can be undone is; the next `prune` finds the rest.
            let new = plans.iter().map(|plan| plan.config.digest()).filter(|id| !before.contains(id));
            let undone: Vec<_> = new.map(|id| fs::remove_file(self.blob(id)).is_ok()).collect();
            let _collected = self.collect(work).map(|removed| (removed, undone));
        }
        done
    }

    fn put_in_place(&self, plans: &[Plan], work: &Work) -> Result<(), LoadError> {
        for layer in plans.iter().flat_map(|plan| &plan.layers) {
            self.commit_layer(&layer.diff_id, work)?;
        }
        sync_directory(&self.layers())?;
        for plan in plans {
            let id = plan.config.digest();
            Self::replace(work, &self.blob(id), plan.config.bytes())?;
            for reference in &plan.references {
                self.point(work, reference, id, None)?;
            }
            if plan.references.is_empty() && !self.ids()?.contains(id) {
                self.keep_nameless(work, id, None)?;
            }
        }
        Ok(())
    }

    pub(crate) fn commit_layer(&self, diff_id: &Digest, work: &Work) -> Result<(), LoadError> {
        let (from, to) = (work.path.join(diff_id.hex()), self.layer(diff_id));
        if self.has_layer(diff_id) {
            // It was there, or somebody else was quicker: ours goes with the work directory.
            return Ok(());
        }
        if !from.exists() {
            return Err(LoadError::Raced(*diff_id));
        }
        if to.exists() {
            let damaged = work.path.join(format!("{}.damaged", diff_id.hex()));
            fs::rename(&to, &damaged).map_err(failed("take away", &to))?;
        }
        Ok(fs::rename(&from, &to).map_err(failed("put in place", &to))?)
    }

    /// Puts a layer that was unpacked again in the place of the one that is there, at once; that one goes with the work.
    pub(crate) fn exchange_layer(&self, diff_id: &Digest, work: &Work) -> Result<(), LoadError> {
        let (from, to) = (work.path.join(diff_id.hex()), self.layer(diff_id));
        if !to.exists() {
            return self.commit_layer(diff_id, work);
        }
        let exchanged = rustix::fs::renameat_with(CWD, &from, CWD, &to, RenameFlags::EXCHANGE);
        exchanged.map_err(|errno| failed("put in place", &to)(errno.into()))?;
        Ok(sync_directory(&self.layers())?)
    }

    /// A layer that lacks its record or its tree is as good as none: it is unpacked again.
    pub(crate) fn has_layer(&self, diff_id: &Digest) -> bool {
        self.layer_size(diff_id).is_ok() && self.layer(diff_id).join("tree").is_dir()
    }
}

/// How far layers may unpack.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    /// All that are left of an image.
    pub(crate) left_bytes: u64,
    /// The user has named a size, and so trusts what is within it.
    pub(crate) trusted: bool,
}

impl Allowance {
    pub(crate) fn of(bytes_max: Option<u64>) -> Self {
        Self { left_bytes: bytes_max.unwrap_or(IMAGE_BYTES_DEFAULT), trusted: bytes_max.is_some() }
    }

    /// Most bytes of the tar of a layer that has `stored_bytes`, where the disk has `usable_bytes`; and why.
    fn bound(self, stored_bytes: u64, usable_bytes: Option<u64>) -> (u64, Bound) {
        let ratio_bytes = stored_bytes.saturating_mul(RATIO_MAX).max(RATIO_FREE_BYTES);
        let (bytes, bound) = match self.trusted || self.left_bytes <= ratio_bytes {
            true => (self.left_bytes, Bound::Size),
            false => (ratio_bytes, Bound::Ratio),
        };
        match usable_bytes.filter(|usable| *usable < bytes) {
            Some(usable) => (usable, Bound::Disk),
            None => (bytes, bound),
        }
    }
}

/// The bytes of a layer on their way to a directory.
pub(crate) struct Unpacking<'a> {
    pub(crate) file: File,
    pub(crate) stored_bytes: u64,
    /// Otherwise the digests are checked only.
    pub(crate) fill: bool,
    pub(crate) allowed: Allowance,
    /// What stays free of the disk.
    pub(crate) reserve: Reserve<'a>,
    pub(crate) unpacker: &'a Path,
}

impl Unpacking<'_> {
    /// Fills `directory`, which it makes, and checks that the layer is the one that was claimed.
    pub(crate) fn run(self, layer: &PlannedLayer, directory: &Path) -> Result<Summary, LoadError> {
        let around = directory.parent().unwrap_or(directory);
        let room = self.reserve.room().map_err(failed("look at the space of", self.reserve.root))?;
        let usable_bytes = self.fill.then(|| room.usable_bytes());
        let (tar_bytes_max, bound) = self.allowed.bound(self.stored_bytes, usable_bytes);
        let (fill, stored_bytes) = (self.fill, self.stored_bytes);
        let reserve_bytes = room.floor_bytes();
        let job = Job {
            file: self.file,
            instruction: Instruction { fill, stored_bytes, tar_bytes_max, reserve_bytes },
            bound,
            room,
            stored: layer.stored,
            diff_id: layer.diff_id,
        };
        if self.fill {
            fs::create_dir(directory).map_err(failed("make", directory))?;
        }
        let at = if self.fill { directory } else { around };
        let name = || layer.name.clone();
        let summary =
            spawn::run(self.unpacker, at, job).map_err(|source| LoadError::Layer { name: name(), source })?;
        if self.fill {
            let path = directory.join(LayerRecord::FILE);
            let nothing = "the unpacking process reported no digests";
            let record =
                record(&summary).ok_or_else(|| StoreError::damaged(path.clone(), nothing.to_owned()))?;
            fs::write(&path, record.text()).map_err(failed("write", &path))?;
        }
        Ok(summary)
    }
}

fn record(summary: &Summary) -> Option<LayerRecord> {
    Some(LayerRecord {
        size: LayerSize { file_bytes: summary.file_bytes, tar_bytes: summary.tar_bytes },
        split: Digest::from_hex(&summary.split)?,
        index: Digest::from_hex(&summary.index)?,
    })
}

#[cfg(test)]
mod tests;
