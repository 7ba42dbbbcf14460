//! The documents of an image in a registry, as [`Picker`](crate::pick::Picker) wants them.

use super::supply::{Document, Supplier, Wanted};
use crate::digest::{Claimed, Digest, Verified};
use crate::json::{Object, parse};
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::load::LoadError;
use crate::manifest::{self, Descriptor, Target};
use crate::pick::Documents;
use crate::reference::Reference;
use std::cell::RefCell;

const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1";

/// A registry's documents, and the one that its reference means.
pub(super) struct Remote<'a> {
    supplier: RefCell<&'a mut dyn Supplier>,
    top: Verified,
    top_type: String,
    /// A configuration is looked at for its platform and then taken: it comes once.
    last: RefCell<Option<(Digest, Vec<u8>)>>,
}

impl<'a> Remote<'a> {
    /// Asks what `reference` means; its digest, if it has one, is checked.
    pub(super) fn open(supplier: &'a mut dyn Supplier, reference: &Reference) -> Result<Self, LoadError> {
        let document = supplier.manifest(reference).map_err(LoadError::Supply)?;
        let name = || format!("manifest of {}", reference.familiar());
        let top_type = media_type(&document);
        let stated = document.digest.as_deref().and_then(|text| Digest::parse(text).ok());
        let claimed = Claimed(document.bytes);
        let top = match reference.digest().copied().or(stated) {
            Some(digest) => {
                claimed.verify(&digest).map_err(|source| LoadError::Digest { name: name(), source })?
            }
            None => claimed.measure(),
        };
        if top_type.starts_with(SCHEMA_1) {
            return Err(LoadError::Schema1);
        }
        Ok(Self { supplier: RefCell::new(supplier), top, top_type, last: RefCell::new(None) })
    }

    /// What stands for the reference: a manifest, or an index of them.
    pub(super) fn top(&self) -> Descriptor {
        Descriptor::plain(self.top_type.clone(), *self.top.digest(), self.top.bytes().len() as u64)
    }
}

impl Documents for Remote<'_> {
    fn bytes(&self, descriptor: &Descriptor) -> Result<Vec<u8>, LoadError> {
        if descriptor.size_bytes > DOCUMENT_BYTES_MAX {
            let (name, size_bytes) = (self.name(&descriptor.digest), descriptor.size_bytes);
            return Err(LoadError::DocumentTooLong { name, size_bytes });
        }
        if let Some((digest, bytes)) = &*self.last.borrow()
            && *digest == descriptor.digest
        {
            return Ok(bytes.clone());
        }
        let is_manifest = matches!(descriptor.target, Target::Index | Target::Manifest);
        let wanted = Wanted { digest: descriptor.digest, size_bytes: descriptor.size_bytes, is_manifest };
        let bytes = self.supplier.borrow_mut().document(wanted).map_err(LoadError::Supply)?;
        self.last.replace(Some((descriptor.digest, bytes.clone())));
        Ok(bytes)
    }

    fn known(&self, digest: &Digest) -> Option<Verified> {
        (digest == self.top.digest()).then(|| self.top.clone())
    }

    fn name(&self, digest: &Digest) -> String {
        digest.to_string()
    }
}

/// What the document says it is, or else what the registry calls it, or else what it looks like.
fn media_type(document: &Document) -> String {
    let value = parse(&document.bytes).ok();
    let root = value.as_ref().and_then(|value| Object::root(value).ok());
    let own = root.as_ref().and_then(|root| root.text("mediaType").ok().flatten());
    if let Some(own) = own {
        return own.to_owned();
    }
    let header = document.media_type.split(';').next().unwrap_or_default().trim();
    let looks_like_index = root.as_ref().is_some_and(|root| root.raw("manifests").is_some());
    match header {
        "" | "application/json" | "text/plain" | "application/octet-stream" if looks_like_index => {
            manifest::OCI_INDEX.to_owned()
        }
        "" | "application/json" | "text/plain" | "application/octet-stream" => {
            manifest::OCI_MANIFEST.to_owned()
        }
        header => header.to_owned(),
    }
}
