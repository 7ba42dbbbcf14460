//! An image as `inspect` shows it.

use crate::output::time;
use limpet_store::Image;
use limpet_store::config::ImageConfig;
use serde_json::{Map, Value, json};

/// What is known of an image beside its configuration.
#[derive(Clone, Copy, Debug)]
pub struct ImageFacts {
    /// Bytes of the files of its layers.
    pub size_bytes: u64,
}

/// An image.
#[must_use]
pub fn image(image: &Image, facts: ImageFacts) -> Value {
    let config = &image.config;
    let (digests, tags): (Vec<_>, Vec<_>) = image.references.iter().partition(|name| name.digest().is_some());
    let shown =
        |names: Vec<&limpet_store::Reference>| names.iter().map(|name| name.familiar()).collect::<Vec<_>>();
    json!({
        "Id": image.id.to_string(),
        "RepoTags": shown(tags),
        "RepoDigests": shown(digests),
        "Created": config.created.as_deref().unwrap_or(time::NEVER),
        "Author": config.author,
        "Architecture": config.platform.architecture,
        "Variant": config.platform.variant,
        "Os": config.platform.os,
        "Size": facts.size_bytes,
        "Config": settings(config),
        "GraphDriver": { "Name": "overlay", "Data": { "LowerDir": layers(image) } },
        "RootFS": { "Type": "layers", "Layers": config.diff_ids.iter().map(ToString::to_string).collect::<Vec<_>>() },
    })
}

fn layers(image: &Image) -> String {
    let layers: Vec<_> = image.layers.iter().map(|layer| layer.to_string_lossy()).collect();
    layers.join(":")
}

fn settings(config: &ImageConfig) -> Value {
    let set = |names: &[String]| names.iter().map(|name| (name.clone(), json!({}))).collect::<Map<_, _>>();
    json!({
        "User": config.user,
        "Env": config.env,
        "Entrypoint": config.entrypoint,
        "Cmd": config.cmd,
        "WorkingDir": config.working_dir,
        "StopSignal": config.stop_signal,
        "StopTimeout": config.stop_timeout_s,
        "Labels": super::labels(&config.labels),
        "Volumes": set(&config.volumes),
        "ExposedPorts": set(&config.exposed_ports),
        "Healthcheck": config.healthcheck,
    })
}
