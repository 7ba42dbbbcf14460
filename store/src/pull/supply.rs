//! Whoever brings what a registry has. Nothing that comes from here is believed: what is consumed is hashed.

use crate::digest::Digest;
use crate::reference::Reference;
use std::error::Error;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Why something was not brought, in the supplier's words.
pub type SupplyError = Box<dyn Error + Send + Sync>;

/// A manifest or index as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the registry calls it (`Content-Type`); may be empty.
    pub media_type: String,
    /// What the registry says its digest is (`Docker-Content-Digest`).
    pub digest: Option<String>,
}

/// One line to a registry: one thing after the other comes over it.
pub trait Supplier: Send {
    /// The manifest or index that a reference means.
    ///
    /// # Errors
    /// It was not brought.
    fn manifest(&mut self, reference: &Reference) -> Result<Document, SupplyError>;

    /// A manifest, index or configuration of a known digest and size.
    ///
    /// # Errors
    /// It was not brought.
    fn document(&mut self, wanted: Wanted) -> Result<Vec<u8>, SupplyError>;

    /// The last bytes of a layer, as far as the registry gives parts of it; fewer than asked if not.
    ///
    /// # Errors
    /// It was not brought.
    fn end_of_layer(&mut self, wanted: Wanted, bytes: u64) -> Result<Vec<u8>, SupplyError>;

    /// Begins to bring a layer: its bytes come out of the file, which may be a pipe that never ends; `received` is set
    /// to how many have come.
    ///
    /// # Errors
    /// It cannot be asked for.
    fn layer(&mut self, wanted: Wanted, received: Arc<AtomicU64>) -> Result<File, SupplyError>;

    /// How bringing the layer ended. To have been stopped is no failure here.
    ///
    /// # Errors
    /// It was not brought whole.
    fn finish_layer(&mut self) -> Result<(), SupplyError>;

    /// What ends all this at once, from any thread: whatever is waited for then fails.
    fn stopper(&self) -> Box<dyn Fn() + Send + Sync>;
}

/// What a descriptor promises of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// It is a manifest or an index, which registries keep apart from other blobs.
    pub is_manifest: bool,
}

/// Where suppliers come from.
pub trait Market: Sync {
    /// One more line to the registry.
    ///
    /// # Errors
    /// It cannot be opened.
    fn supplier(&self) -> Result<Box<dyn Supplier>, SupplyError>;
}
