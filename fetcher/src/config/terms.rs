//! From a reference to the terms of a fetching process.

use super::docker::{DockerConfig, Found, key};
use super::{ConfigError, Places, Registries, helper, read, roots};
use crate::auth::Credentials;
use crate::limits::CONFIG_BYTES_MAX;
use crate::proxy::{ProxyVariables, is_loopback};
use crate::url::Url;
use crate::wire::{Endpoint, Terms};
use limpet_store::Reference;
use std::path::Path;

const HUB: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";

/// On which terms the image of a reference is fetched.
///
/// # Errors
/// A file that cannot be understood, or a helper that fails.
pub fn terms(
    reference: &Reference,
    places: &Places,
    registries: &Registries,
    proxies: ProxyVariables,
) -> Result<Terms, ConfigError> {
    let domain = reference.domain();
    let docker = docker_config(places)?.1;
    let mut endpoints = Vec::new();
    for mirror in registries.mirrors_of(domain) {
        endpoints.push(endpoint(mirror, places, registries, &docker)?);
    }
    endpoints.push(endpoint(domain, places, registries, &docker)?);
    Ok(Terms {
        endpoints,
        repository: reference.path().to_owned(),
        proxies,
        roots: roots::bundle(places)?,
        rate_bytes_per_s: registries.rate_bytes_per_s,
        stall_s: registries.stall_s,
        agent: concat!("limpet/", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

impl Registries {
    /// What `registries.json` says.
    ///
    /// # Errors
    /// It cannot be understood.
    pub fn of(places: &Places) -> Result<Self, ConfigError> {
        let path = places.limpet.join("registries.json");
        let bytes = read(&path, CONFIG_BYTES_MAX)?;
        bytes.map_or(Ok(Self::default()), |bytes| Self::parse(&bytes)).map_err(content(&path))
    }
}

/// docker's file: whether it is there, and what it says.
pub(super) fn docker_config(places: &Places) -> Result<(bool, DockerConfig), ConfigError> {
    let path = places.docker.join("config.json");
    match read(&path, CONFIG_BYTES_MAX)? {
        Some(bytes) if !bytes.is_empty() => Ok((true, DockerConfig::parse(&bytes).map_err(content(&path))?)),
        _ => Ok((false, DockerConfig::default())),
    }
}

pub(super) fn content(path: &Path) -> impl FnOnce(String) -> ConfigError {
    let path = path.to_owned();
    move |reason| ConfigError::Content { path, reason }
}

/// One server, by the URL of a mirror or the domain of a registry.
pub(super) fn endpoint(
    server: &str,
    places: &Places,
    registries: &Registries,
    docker: &DockerConfig,
) -> Result<Endpoint, ConfigError> {
    let (url, name, may_be_plain) = address(server, &registries.plain);
    Ok(Endpoint {
        credentials: credentials(&name, places, docker)?,
        roots: roots::of(places, &name)?,
        url,
        name,
        may_be_plain,
    })
}

/// Its URL, what people call it, and whether plain HTTP will do where it speaks no TLS: on this machine alone.
fn address(server: &str, plain: &[String]) -> (String, String, bool) {
    if let Ok(url) = Url::parse(server) {
        return (url.to_string(), url.authority(), false);
    }
    let host = if server == HUB { HUB_HOST } else { server };
    if plain.iter().any(|other| other == server) {
        return (format!("http://{host}/"), server.to_owned(), false);
    }
    let url = format!("https://{host}/");
    let loopback = Url::parse(&url).is_ok_and(|url| is_loopback(&url.host));
    (url, server.to_owned(), loopback)
}

fn credentials(
    name: &str,
    places: &Places,
    docker: &DockerConfig,
) -> Result<Option<Credentials>, ConfigError> {
    let path = places.docker.join("config.json");
    match docker.look_up(name).map_err(content(&path))? {
        Found::Here(credentials) => Ok(Some(credentials)),
        Found::Helper(helper) => helper::get(&helper, key(name)),
        Found::Nothing => Ok(None),
    }
}

#[cfg(test)]
mod tests;
