//! Indexes and manifests of images (OCI image specification, image-index.md and manifest.md; docker's schema 2, and
//! the manifest.json of docker-archives).

use crate::digest::Digest;
use crate::json::{JsonError, Object, digest, parse};
use crate::limits::INDEX_ENTRIES_MAX;
use crate::platform::Platform;
use crate::reference::Reference;

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYERS: [&str; 4] = [
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
];
const FULL_NAME: &str = "io.containerd.image.name";
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// What a descriptor points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Index,
    Manifest,
    Config,
    Layer,
    Other,
}

/// A claim: bytes of this digest and size are of this kind.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor {
    pub(crate) target: Target,
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
    pub(crate) platform: Option<Platform>,
    /// A whole reference, from containerd's annotation.
    pub(crate) full_name: Option<String>,
    /// A tag or whatever else, from OCI's annotation.
    pub(crate) ref_name: Option<String>,
    /// Signatures, bills of materials and the like.
    pub(crate) is_attestation: bool,
}

/// Configuration and layers, the bottom one first.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

impl Descriptor {
    /// One that says nothing but what and how large it is.
    pub(crate) fn plain(media_type: String, digest: Digest, size_bytes: u64) -> Self {
        Self {
            target: target(&media_type),
            media_type,
            digest,
            size_bytes,
            platform: None,
            full_name: None,
            ref_name: None,
            is_attestation: false,
        }
    }

    fn read(object: &Object<'_>) -> Result<Self, JsonError> {
        let size = object.number("size")?;
        let annotations = object.pairs("annotations")?;
        let annotation =
            |name| annotations.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let media_type = object.string("mediaType")?;
        let platform = object.object("platform")?.map(|platform| read_platform(&platform)).transpose()?;
        Ok(Self {
            target: target(&media_type),
            media_type,
            digest: digest(object, "digest")?,
            size_bytes: object.need("size", size)?,
            is_attestation: annotation(REFERENCE_TYPE).is_some()
                || platform.as_ref().is_some_and(Platform::is_unknown),
            platform,
            full_name: annotation(FULL_NAME),
            ref_name: annotation(REF_NAME),
        })
    }
}

pub(crate) fn read_platform(object: &Object<'_>) -> Result<Platform, JsonError> {
    Ok(Platform {
        os: object.string("os")?,
        architecture: object.string("architecture")?,
        variant: object.string("variant")?,
    })
}

fn target(media_type: &str) -> Target {
    match media_type {
        OCI_INDEX | DOCKER_INDEX => Target::Index,
        OCI_MANIFEST | DOCKER_MANIFEST => Target::Manifest,
        OCI_CONFIG | DOCKER_CONFIG => Target::Config,
        _ if is_layer(media_type) => Target::Layer,
        _ => Target::Other,
    }
}

/// The packing that a media type tells is not looked at: the bytes say it better.
fn is_layer(media_type: &str) -> bool {
    let rest = LAYERS.iter().find_map(|base| media_type.strip_prefix(base));
    matches!(rest, Some("" | "+gzip" | "+zstd" | ".gzip" | ".zstd"))
}

/// The descriptors of an index.
pub(crate) fn read_index(bytes: &[u8]) -> Result<Vec<Descriptor>, JsonError> {
    let value = parse(bytes)?;
    let index = Object::root(&value)?;
    let entries = index.objects("manifests")?;
    if entries.len() > INDEX_ENTRIES_MAX {
        return Err(index.wrong("manifests", "an array of at most 1024 entries"));
    }
    entries.iter().map(Descriptor::read).collect()
}

/// A manifest.
pub(crate) fn read_manifest(bytes: &[u8]) -> Result<Manifest, JsonError> {
    let value = parse(bytes)?;
    let root = Object::root(&value)?;
    let config = root.object("config")?;
    let config = Descriptor::read(&root.need("config", config)?)?;
    let layers = root.objects("layers")?.iter().map(Descriptor::read).collect::<Result<_, _>>()?;
    Ok(Manifest { config, layers })
}

/// One image of a docker-archive: paths in the archive, and its references.
#[derive(Clone, Debug)]
pub(crate) struct DockerEntry {
    pub(crate) config: String,
    pub(crate) layers: Vec<String>,
    pub(crate) references: Vec<String>,
}

/// manifest.json of a docker-archive.
pub(crate) fn read_docker(bytes: &[u8]) -> Result<Vec<DockerEntry>, JsonError> {
    // An object around the array, so that errors can name the entry.
    let wrapped = serde_json::json!({ "manifest.json": parse(bytes)? });
    let entries = Object::root(&wrapped)?.objects("manifest.json")?;
    entries.iter().take(INDEX_ENTRIES_MAX).map(read_docker_entry).collect()
}

fn read_docker_entry(entry: &Object<'_>) -> Result<DockerEntry, JsonError> {
    let config = entry.text("Config")?;
    Ok(DockerEntry {
        config: entry.need("Config", config)?.to_owned(),
        layers: entry.strings("Layers")?.unwrap_or_default(),
        references: entry.strings("RepoTags")?.unwrap_or_default(),
    })
}

/// What an image is written with by `save`.
pub(crate) struct Written<'a> {
    pub(crate) config: Digest,
    pub(crate) config_bytes: u64,
    /// Digest (also the diff_id) and size of each layer's tar, the bottom one first.
    pub(crate) layers: &'a [(Digest, u64)],
}

impl Written<'_> {
    /// The OCI manifest.
    pub(crate) fn manifest(&self) -> Vec<u8> {
        let layer = |(digest, size): &(Digest, u64)| descriptor(LAYERS[0], digest, *size);
        let layers: Vec<_> = self.layers.iter().map(layer).collect();
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor(OCI_CONFIG, &self.config, self.config_bytes),
            "layers": layers,
        });
        manifest.to_string().into_bytes()
    }
}

fn descriptor(media_type: &str, digest: &Digest, size: u64) -> serde_json::Value {
    serde_json::json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size })
}

/// A manifest's descriptor for index.json.
pub(crate) fn index_entry(
    digest: &Digest,
    size: u64,
    platform: &Platform,
    reference: Option<&Reference>,
) -> serde_json::Value {
    let mut entry = descriptor(OCI_MANIFEST, digest, size);
    entry["platform"] = serde_json::json!({ "os": platform.os, "architecture": platform.architecture });
    if !platform.variant.is_empty() {
        entry["platform"]["variant"] = platform.variant.as_str().into();
    }
    if let Some(reference) = reference {
        entry["annotations"] = serde_json::json!({ FULL_NAME: reference.to_string(), REF_NAME: reference.tag().unwrap_or_default() });
    }
    entry
}

/// index.json.
pub(crate) fn index(entries: &[serde_json::Value]) -> Vec<u8> {
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries });
    index.to_string().into_bytes()
}
