//! `login` and `logout`: what is kept in docker's `config.json`.
//!
//! A registry whose credentials a helper keeps is that helper's: it is asked, never told.

use super::docker::DockerConfig;
use super::terms::{content, docker_config, endpoint};
use super::{ConfigError, Places, Registries, roots};
use crate::auth::Credentials;
use crate::proxy::ProxyVariables;
use crate::wire::Terms;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

/// Why a login is not kept or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A helper keeps it.
    #[error(
        "docker-credential-{0} keeps what is known of this registry, and is only read here: use it itself"
    )]
    Helper(String),
    /// It cannot be written.
    #[error("write {path:?}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// On which terms a registry is asked whether it takes `credentials`.
///
/// # Errors
/// The configuration cannot be understood.
pub fn login_terms(
    domain: &str,
    credentials: &Credentials,
    places: &Places,
    registries: &Registries,
    proxies: ProxyVariables,
) -> Result<Terms, ConfigError> {
    let nothing = DockerConfig::default();
    let mut endpoint = endpoint(domain, places, registries, &nothing)?;
    endpoint.credentials = Some(credentials.clone());
    Ok(Terms {
        endpoints: vec![endpoint],
        repository: String::new(),
        proxies,
        roots: roots::bundle(places)?,
        rate_bytes_per_s: None,
        stall_s: registries.stall_s,
        agent: concat!("limpet/", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

/// Keeps a login; returns the file.
///
/// # Errors
/// A helper keeps it, or the file cannot be written.
pub fn log_in(domain: &str, credentials: &Credentials, places: &Places) -> Result<PathBuf, LoginError> {
    let path = places.docker.join("config.json");
    let (_, config) = docker_config(places)?;
    if let Some(helper) = config.helper(domain).map_err(content(&path))? {
        return Err(LoginError::Helper(helper));
    }
    write(&path, &config.with(domain, credentials))?;
    Ok(path)
}

/// Forgets a login; whether there was one.
///
/// # Errors
/// A helper keeps it, or the file cannot be written.
pub fn log_out(domain: &str, places: &Places) -> Result<bool, LoginError> {
    let path = places.docker.join("config.json");
    let (_, config) = docker_config(places)?;
    if let Some(helper) = config.helper(domain).map_err(content(&path))? {
        return Err(LoginError::Helper(helper));
    }
    let (config, found) = config.without(domain);
    if found {
        write(&path, &config)?;
    }
    Ok(found)
}

/// For nobody else to read; written aside and renamed, so that a cut leaves the old one.
fn write(path: &PathBuf, config: &DockerConfig) -> Result<(), LoginError> {
    let failed = |source| LoginError::Write { path: path.clone(), source };
    let directory = path.parent().unwrap_or(path);
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let aside = path.with_extension(format!("json.{}", std::process::id()));
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside);
    let written = opened.and_then(|mut file| {
        file.write_all(config.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        fs::File::open(directory)?.sync_all()
    });
    if written.is_err() {
        // The first error is the one to tell.
        fs::remove_file(&aside).ok();
    }
    written.map_err(failed)
}
