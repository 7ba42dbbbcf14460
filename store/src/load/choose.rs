//! Reads an archive's documents and decides which images are to be loaded, and under which names.

use super::{LoadError, Plan, PlannedLayer};
use crate::config::ImageConfig;
use crate::digest::{Claimed, Digest, Verified};
use crate::json::JsonError;
use crate::limits::{DOCUMENT_BYTES_MAX, INDEX_DEPTH_MAX, LAYERS_MAX};
use crate::manifest::{self, Descriptor, DockerEntry, Target};
use crate::platform::Platform;
use crate::reference::Reference;
use crate::source::Source;
use std::path::Path;

const SUFFIXES: [&str; 8] =
    [".gz", ".tgz", ".zst", ".tar", ".oci", ".docker", ".oci-archive", ".docker-archive"];

/// The images of `source` that fit; `stem` is what a bare tag belongs to.
pub(super) fn plans(
    source: &Source,
    stem: Option<&str>,
    platform: Option<&Platform>,
) -> Result<Vec<Plan>, LoadError> {
    let chooser =
        Chooser { source, stem, asked: platform, wanted: platform.cloned().unwrap_or_else(Platform::host) };
    let docker = document(source, "manifest.json")?;
    let docker =
        docker.map(|bytes| manifest::read_docker(&bytes).map_err(json("manifest.json"))).transpose()?;
    let plans = match (document(source, "index.json")?, docker) {
        (Some(index), docker) => chooser.layout(&index, &docker.unwrap_or_default())?,
        (None, Some(entries)) => chooser.docker(&entries)?,
        (None, None) => return Err(LoadError::NotAnImage),
    };
    if plans.is_empty() { Err(LoadError::Empty) } else { Ok(plans) }
}

/// `redis.oci.tar` to `redis`.
pub(super) fn stem(path: &Path) -> Option<String> {
    let whole = path.canonicalize().ok().filter(|_| path.file_name().is_none());
    let mut name = whole.as_deref().unwrap_or(path).file_name()?.to_str()?;
    while let Some(shorter) = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)) {
        name = shorter;
    }
    Reference::parse(name).ok().map(|_| name.to_owned())
}

fn document(source: &Source, name: &str) -> Result<Option<Vec<u8>>, LoadError> {
    source.read(name, DOCUMENT_BYTES_MAX).map_err(|source| LoadError::Read { name: name.to_owned(), source })
}

fn json(name: &str) -> impl FnOnce(JsonError) -> LoadError {
    let name = name.to_owned();
    move |source| LoadError::Json { name, source }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// What of the archive is wanted.
struct Chooser<'a> {
    source: &'a Source,
    stem: Option<&'a str>,
    /// As it was typed; an image that does not fit is then an error even where there is no other.
    asked: Option<&'a Platform>,
    wanted: Platform,
}

impl Chooser<'_> {
    /// Images of index.json. Those of the same name are the same image for several platforms.
    fn layout(&self, index: &[u8], docker: &[DockerEntry]) -> Result<Vec<Plan>, LoadError> {
        let descriptors = manifest::read_index(index).map_err(json("index.json"))?;
        let descriptors: Vec<_> = descriptors.into_iter().filter(|d| !d.is_attestation).collect();
        let mut done: Vec<Option<String>> = Vec::new();
        let mut plans: Vec<Plan> = Vec::new();
        for descriptor in &descriptors {
            let name = self.name(descriptor);
            if done.contains(&name) {
                continue;
            }
            let same: Vec<_> = descriptors.iter().filter(|other| self.name(other) == name).cloned().collect();
            let mut plan = self.image(&self.pick(same, 0)?)?;
            let names: Vec<_> =
                name.iter().cloned().chain(docker_names(docker, plan.config.digest())).collect();
            plan.references = references(&names)?;
            join(&mut plans, plan);
            done.push(name);
        }
        Ok(plans)
    }

    /// What people shall call it. A bare OCI ref.name is a tag, as umoci and skopeo use it, of what the file is called.
    fn name(&self, descriptor: &Descriptor) -> Option<String> {
        if descriptor.full_name.is_some() {
            return descriptor.full_name.clone();
        }
        let name = descriptor.ref_name.as_deref()?;
        let bare = !name.contains(['/', ':', '@']);
        match self.stem.filter(|_| bare).map(|stem| format!("{stem}:{name}")) {
            Some(whole) if Reference::parse(&whole).is_ok() => Some(whole),
            // Of a stream nobody knows what it is the latest of.
            _ if name == "latest" => None,
            _ => Some(name.to_owned()),
        }
    }

    /// The descriptor of the manifest that fits best.
    fn pick(&self, candidates: Vec<Descriptor>, depth: usize) -> Result<Descriptor, LoadError> {
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
        let inner = manifest::read_index(bytes.bytes()).map_err(json(&blob_name(&descriptor.digest)))?;
        let inner: Vec<_> = inner.into_iter().filter(|d| !d.is_attestation).collect();
        self.pick(inner, depth + 1)
    }

    fn platform(&self, descriptor: &Descriptor) -> Result<Platform, LoadError> {
        match &descriptor.platform {
            Some(platform) => Ok(platform.clone()),
            None => self.documents(descriptor).map(|(config, _, _)| config.platform),
        }
    }

    fn documents(
        &self,
        descriptor: &Descriptor,
    ) -> Result<(ImageConfig, Verified, manifest::Manifest), LoadError> {
        expect(descriptor, Target::Manifest, "a manifest")?;
        let name = blob_name(&descriptor.digest);
        let manifest = manifest::read_manifest(self.blob(descriptor)?.bytes()).map_err(json(&name))?;
        expect(&manifest.config, Target::Config, "a configuration")?;
        let config = self.blob(&manifest.config)?;
        let name = blob_name(&manifest.config.digest);
        let parsed = ImageConfig::read(config.bytes()).map_err(json(&name))?;
        Ok((parsed, config, manifest))
    }

    fn image(&self, descriptor: &Descriptor) -> Result<Plan, LoadError> {
        let (parsed, config, manifest) = self.documents(descriptor)?;
        check_count(manifest.layers.len(), parsed.diff_ids.len())?;
        let layers = manifest.layers.iter().zip(&parsed.diff_ids).map(|(layer, diff_id)| {
            expect(layer, Target::Layer, "a layer")?;
            let (stored, stored_bytes) = (Some(layer.digest), Some(layer.size_bytes));
            Ok(PlannedLayer { name: blob_name(&layer.digest), stored, stored_bytes, diff_id: *diff_id })
        });
        Ok(Plan { references: Vec::new(), config, layers: layers.collect::<Result<_, LoadError>>()? })
    }

    /// A document that a descriptor names: its size and digest are checked.
    fn blob(&self, descriptor: &Descriptor) -> Result<Verified, LoadError> {
        let name = blob_name(&descriptor.digest);
        let bytes = document(self.source, &name)?.ok_or_else(|| LoadError::Missing { name: name.clone() })?;
        let found = bytes.len() as u64;
        if found != descriptor.size_bytes {
            return Err(LoadError::Size { name, claimed: descriptor.size_bytes, found });
        }
        Claimed(bytes).verify(&descriptor.digest).map_err(|source| LoadError::Digest { name, source })
    }

    /// Images of a docker-archive: it has no descriptors, but the diff_ids bind the layers to the configuration, and
    /// a file that is named by a digest must have it.
    fn docker(&self, entries: &[DockerEntry]) -> Result<Vec<Plan>, LoadError> {
        let mut plans: Vec<Plan> = Vec::new();
        for entry in entries {
            let name = &entry.config;
            let bytes =
                document(self.source, name)?.ok_or_else(|| LoadError::Missing { name: name.clone() })?;
            let claimed = digest_in_name(name);
            let config = match claimed {
                Some(claimed) => Claimed(bytes)
                    .verify(&claimed)
                    .map_err(|source| LoadError::Digest { name: name.clone(), source })?,
                None => Claimed(bytes).measure(),
            };
            let parsed = ImageConfig::read(config.bytes()).map_err(json(name))?;
            self.check_asked(&parsed.platform)?;
            check_count(entry.layers.len(), parsed.diff_ids.len())?;
            let layers = entry.layers.iter().zip(&parsed.diff_ids).map(|(name, diff_id)| {
                let stored = name.strip_prefix("blobs/sha256/").and_then(Digest::from_hex);
                PlannedLayer { name: name.clone(), stored, stored_bytes: None, diff_id: *diff_id }
            });
            let layers = layers.collect();
            join(&mut plans, Plan { references: references(&entry.references)?, config, layers });
        }
        Ok(plans)
    }

    fn check_asked(&self, platform: &Platform) -> Result<(), LoadError> {
        match self.asked {
            Some(asked) if asked.fit(platform).is_none() => {
                Err(LoadError::Platform { wanted: asked.clone(), found: platform.to_string() })
            }
            _ => Ok(()),
        }
    }
}

/// `HEX.json` and `blobs/sha256/HEX`.
fn digest_in_name(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next()?;
    Digest::from_hex(last.strip_suffix(".json").unwrap_or(last))
}

/// The names that manifest.json has for an image of index.json.
fn docker_names(entries: &[DockerEntry], id: &Digest) -> Vec<String> {
    let own = entries.iter().filter(|entry| digest_in_name(&entry.config).as_ref() == Some(id));
    own.flat_map(|entry| entry.references.iter().cloned()).collect()
}

fn references(names: &[String]) -> Result<Vec<Reference>, LoadError> {
    let mut found = Vec::new();
    for name in names {
        let reference = Reference::parse(name)?;
        if !found.contains(&reference) {
            found.push(reference);
        }
    }
    Ok(found)
}

/// One image of several names is one image.
fn join(plans: &mut Vec<Plan>, plan: Plan) {
    match plans.iter_mut().find(|other| other.config.digest() == plan.config.digest()) {
        Some(other) => {
            for reference in plan.references {
                if !other.references.contains(&reference) {
                    other.references.push(reference);
                }
            }
        }
        None => plans.push(plan),
    }
}

fn expect(descriptor: &Descriptor, target: Target, what: &'static str) -> Result<(), LoadError> {
    if descriptor.target == target {
        return Ok(());
    }
    Err(LoadError::MediaType { what, media_type: descriptor.media_type.chars().take(100).collect() })
}

fn check_count(layers: usize, diff_ids: usize) -> Result<(), LoadError> {
    if layers == diff_ids && layers <= LAYERS_MAX {
        Ok(())
    } else {
        Err(LoadError::LayerCount { layers, diff_ids })
    }
}

fn listed(found: &[String]) -> String {
    if found.is_empty() { "nothing".to_owned() } else { found.join(", ") }
}

#[cfg(test)]
mod tests;
