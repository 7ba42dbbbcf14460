//! What the parent looks up for a fetching process: who is asked, with which proof, and whom to believe.
//!
//! Files are read here, and credential helpers are run; the fetching process itself can do neither.

mod docker;
mod helper;
mod login;
mod registries;
mod roots;
mod terms;

pub use login::{LoginError, log_in, log_out, login_terms};
pub use registries::Registries;
pub use terms::terms;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where configuration lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// docker's: `config.json` lies in it (`DOCKER_CONFIG`, `~/.docker`).
    pub docker: PathBuf,
    /// Limpet's: `registries.json` and `certs.d/` lie in it (`LIMPET_CONFIG`, `/etc/limpet`).
    pub limpet: PathBuf,
    /// Files of certificates, the first that is there counts (`SSL_CERT_FILE`, or where distributions have them).
    pub bundles: Vec<PathBuf>,
}

/// Why configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("read {path:?}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file says what makes no sense.
    #[error("{path:?}: {reason}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What.
        reason: String,
    },
    /// A credential helper failed.
    #[error("credential helper docker-credential-{name}: {reason}")]
    Helper {
        /// Which.
        name: String,
        /// How.
        reason: String,
    },
}

impl Places {
    /// As the environment says.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = || PathBuf::from(filled("HOME").unwrap_or_else(|| "/root".to_owned()));
        Self {
            docker: filled("DOCKER_CONFIG").map_or_else(|| home().join(".docker"), PathBuf::from),
            limpet: filled("LIMPET_CONFIG").unwrap_or_else(|| "/etc/limpet".to_owned()).into(),
            bundles: filled("SSL_CERT_FILE")
                .map_or_else(|| roots::BUNDLES.iter().map(PathBuf::from).collect(), |file| vec![file.into()]),
        }
    }
}

/// The bytes of a file, if it is there and not too long.
fn read(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > bytes_max {
        let reason = format!("it has more than {bytes_max} bytes");
        return Err(ConfigError::Content { path: path.to_owned(), reason });
    }
    Ok(Some(bytes))
}
