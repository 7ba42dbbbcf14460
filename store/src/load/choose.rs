//! Reads an archive's documents and decides which images are to be loaded, and under which names.

use super::LoadError;
use crate::config::ImageConfig;
use crate::digest::{Claimed, Digest};
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::manifest::{self, Descriptor, DockerEntry};
use crate::pick::{Documents, Picker, Plan, PlannedLayer, check_count, json};
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
    let chooser = Chooser { source, stem, picker: Picker::new(source, platform) };
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

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// What of the archive is wanted.
struct Chooser<'a> {
    source: &'a Source,
    stem: Option<&'a str>,
    picker: Picker<'a>,
}

impl Documents for Source {
    fn bytes(&self, descriptor: &Descriptor) -> Result<Vec<u8>, LoadError> {
        let name = blob_name(&descriptor.digest);
        document(self, &name)?.ok_or(LoadError::Missing { name })
    }

    fn name(&self, digest: &Digest) -> String {
        blob_name(digest)
    }
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
            let mut plan = self.picker.image(&self.picker.pick(same, 0)?)?;
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
        match self.picker.asked {
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

#[cfg(test)]
mod tests;
