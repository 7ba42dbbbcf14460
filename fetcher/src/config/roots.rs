//! Certificates of authorities: the board's own bundle, and those for one registry alone.
//!
//! None are built in: a board's maker decides whom it believes, and can take it back.

use super::{ConfigError, Places, read};
use crate::limits::BUNDLE_BYTES_MAX;
use std::path::Path;

/// Where distributions have them: Debian and Alpine, Fedora, SUSE, others.
pub(super) const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// docker's directory of certificates for single registries.
const DOCKER_CERTIFICATES: &str = "/etc/docker/certs.d";

/// The board's bundle; empty if there is none.
pub(super) fn bundle(places: &Places) -> Result<Vec<u8>, ConfigError> {
    for path in &places.bundles {
        if let Some(bytes) = read(path, BUNDLE_BYTES_MAX)? {
            return Ok(bytes);
        }
    }
    Ok(Vec::new())
}

/// What is believed for one registry (`host[:port]`) besides: every `.crt` of its directories.
pub(super) fn of(places: &Places, authority: &str) -> Result<Vec<u8>, ConfigError> {
    let mut all = Vec::new();
    for base in [places.limpet.join("certs.d").as_path(), Path::new(DOCKER_CERTIFICATES)] {
        let directory = base.join(authority);
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "crt") {
                all.extend(read(&path, BUNDLE_BYTES_MAX)?.unwrap_or_default());
                all.push(b'\n');
            }
        }
    }
    Ok(all)
}
