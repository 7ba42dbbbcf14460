//! Picks an image for a platform: from descriptors to manifests to configurations, each checked against its digest.
//!
//! In: [`Documents`], which are believed nothing, whether an archive has them or a registry. Out: a [`Plan`].

use crate::config::ImageConfig;
use crate::digest::{Claimed, Digest, Verified};
use crate::json::JsonError;
use crate::limits::{INDEX_DEPTH_MAX, LAYERS_MAX};
use crate::load::LoadError;
use crate::manifest::{self, Descriptor, Target};
use crate::platform::Platform;
use crate::reference::Reference;

/// One image, its documents checked.
pub(crate) struct Plan {
    pub(crate) references: Vec<Reference>,
    pub(crate) config: Verified,
    pub(crate) layers: Vec<PlannedLayer>,
}

/// One layer as it is claimed to be.
pub(crate) struct PlannedLayer {
    /// Where it comes from, for messages: a path in an archive, or a digest.
    pub(crate) name: String,
    pub(crate) stored: Option<Digest>,
    pub(crate) stored_bytes: Option<u64>,
    pub(crate) diff_id: Digest,
}

/// Whoever has the documents of images.
pub(crate) trait Documents {
    /// What a descriptor names; nothing of it is checked yet.
    fn bytes(&self, descriptor: &Descriptor) -> Result<Vec<u8>, LoadError>;
    /// What is known already.
    fn known(&self, _digest: &Digest) -> Option<Verified> {
        None
    }
    /// What a message calls the document of this digest.
    fn name(&self, digest: &Digest) -> String;
}

/// What is wanted of them.
pub(crate) struct Picker<'a> {
    pub(crate) documents: &'a dyn Documents,
    /// As it was typed; an image that does not fit is then an error even where there is no other.
    pub(crate) asked: Option<&'a Platform>,
    pub(crate) wanted: Platform,
}

impl<'a> Picker<'a> {
    pub(crate) fn new(documents: &'a dyn Documents, platform: Option<&'a Platform>) -> Self {
        Self { documents, asked: platform, wanted: platform.cloned().unwrap_or_else(Platform::host) }
    }

    /// The descriptor of the manifest that fits best.
    pub(crate) fn pick(&self, candidates: Vec<Descriptor>, depth: usize) -> Result<Descriptor, LoadError> {
        if depth > INDEX_DEPTH_MAX {
            return Err(LoadError::TooDeep);
        }
        let alone = candidates.len() == 1 && depth == 0 && self.asked.is_none();
        let mut best: Option<(u8, Descriptor)> = None;
        let mut found = Vec::new();
        for descriptor in candidates {
            if alone && descriptor.target != Target::Index {
                return Ok(descriptor);
            }
            let manifest = self.resolve(descriptor, depth)?;
            let platform = self.platform(&manifest)?;
            let fit = self.wanted.fit(&platform);
            found.push(platform.to_string());
            if let Some(fit) = fit.filter(|fit| best.as_ref().is_none_or(|(other, _)| fit > other)) {
                best = Some((fit, manifest));
            }
        }
        best.map(|(_, descriptor)| descriptor)
            .ok_or_else(|| LoadError::Platform { wanted: self.wanted.clone(), found: listed(&found) })
    }

    /// An index to the best in it; anything else is already it.
    fn resolve(&self, descriptor: Descriptor, depth: usize) -> Result<Descriptor, LoadError> {
        if descriptor.target != Target::Index {
            return Ok(descriptor);
        }
        let bytes = self.blob(&descriptor)?;
        let inner =
            manifest::read_index(bytes.bytes()).map_err(json(&self.documents.name(&descriptor.digest)))?;
        let inner: Vec<_> = inner.into_iter().filter(|d| !d.is_attestation).collect();
        self.pick(inner, depth + 1)
    }

    fn platform(&self, descriptor: &Descriptor) -> Result<Platform, LoadError> {
        match &descriptor.platform {
            Some(platform) => Ok(platform.clone()),
            None => self.documents_of(descriptor).map(|(config, _, _)| config.platform),
        }
    }

    fn documents_of(
        &self,
        descriptor: &Descriptor,
    ) -> Result<(ImageConfig, Verified, manifest::Manifest), LoadError> {
        expect(descriptor, Target::Manifest, "a manifest")?;
        let name = self.documents.name(&descriptor.digest);
        let manifest = manifest::read_manifest(self.blob(descriptor)?.bytes()).map_err(json(&name))?;
        expect(&manifest.config, Target::Config, "a configuration")?;
        let config = self.blob(&manifest.config)?;
        let name = self.documents.name(&manifest.config.digest);
        let parsed = ImageConfig::read(config.bytes()).map_err(json(&name))?;
        Ok((parsed, config, manifest))
    }

    pub(crate) fn image(&self, descriptor: &Descriptor) -> Result<Plan, LoadError> {
        let (parsed, config, manifest) = self.documents_of(descriptor)?;
        check_count(manifest.layers.len(), parsed.diff_ids.len())?;
        let layers = manifest.layers.iter().zip(&parsed.diff_ids).map(|(layer, diff_id)| {
            expect(layer, Target::Layer, "a layer")?;
            let (stored, stored_bytes) = (Some(layer.digest), Some(layer.size_bytes));
            Ok(PlannedLayer {
                name: self.documents.name(&layer.digest),
                stored,
                stored_bytes,
                diff_id: *diff_id,
            })
        });
        Ok(Plan { references: Vec::new(), config, layers: layers.collect::<Result<_, LoadError>>()? })
    }

    /// A document that a descriptor names: its size and digest are checked.
    fn blob(&self, descriptor: &Descriptor) -> Result<Verified, LoadError> {
        if let Some(known) = self.documents.known(&descriptor.digest) {
            return Ok(known);
        }
        let bytes = self.documents.bytes(descriptor)?;
        let found = bytes.len() as u64;
        let name = || self.documents.name(&descriptor.digest);
        if found != descriptor.size_bytes {
            return Err(LoadError::Size { name: name(), claimed: descriptor.size_bytes, found });
        }
        Claimed(bytes).verify(&descriptor.digest).map_err(|source| LoadError::Digest { name: name(), source })
    }
}

pub(crate) fn json(name: &str) -> impl FnOnce(JsonError) -> LoadError {
    let name = name.to_owned();
    move |source| LoadError::Json { name, source }
}

fn expect(descriptor: &Descriptor, target: Target, what: &'static str) -> Result<(), LoadError> {
    if descriptor.target == target {
        return Ok(());
    }
    Err(LoadError::MediaType { what, media_type: descriptor.media_type.chars().take(100).collect() })
}

pub(crate) fn check_count(layers: usize, diff_ids: usize) -> Result<(), LoadError> {
    if layers == diff_ids && layers <= LAYERS_MAX {
        Ok(())
    } else {
        Err(LoadError::LayerCount { layers, diff_ids })
    }
}

fn listed(found: &[String]) -> String {
    if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
}
