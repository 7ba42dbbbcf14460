//! Which fleet is meant: the controller's address and pin, the fleet's first root, the operator's key file; and what was
//! signed for it from here, so that a controller whose database is old, or lies, is found out.

use super::encoding::{from_base64, from_hex};
use super::failure::{During, Failure, Outcome};
use super::files;
use limpet_protocol::fleet::{BoardId, ENVELOPE_BYTES_MAX};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Largest file of either kind.
const BYTES_MAX: u64 = 16 * 1024;

/// What `limpetctl connect` writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Context {
    /// `https://HOST[:PORT]`
    pub(crate) url: String,
    /// SHA-256 of the controller's public key, hexadecimal.
    pub(crate) pin: String,
    /// The fleet, hexadecimal.
    pub(crate) fleet: String,
    /// Its first root, an envelope in base64url.
    pub(crate) root: String,
    /// The operator's key file.
    pub(crate) key: PathBuf,
}

/// The highest that is known to be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signed {
    /// Generation of the root.
    pub(crate) root: u64,
    /// Generation of a state under it, that the controller has.
    pub(crate) generation: u64,
    /// Generation of a state under it, that was written for a stick: the controller may never see it.
    #[serde(default)]
    pub(crate) written: u64,
}

impl Signed {
    /// The controller's part.
    pub(crate) fn shown(&self) -> (u64, u64) {
        (self.root, self.generation)
    }

    /// With what else is known to be signed.
    fn with(self, other: Self) -> Self {
        if self.root != other.root {
            return if self.root > other.root { self } else { other };
        }
        let (generation, written) = (self.generation.max(other.generation), self.written.max(other.written));
        Self { root: self.root, generation, written }
    }
}

/// Where a context lies.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    path: PathBuf,
}

impl Place {
    /// `file`, or that of the fleet's name below the configuration's directory.
    pub(crate) fn of(
        file: Option<&Path>,
        fleet: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Outcome<Self> {
        if let Some(file) = file {
            return Ok(Self { path: file.to_owned() });
        }
        if fleet.is_empty() || fleet.starts_with('.') || fleet.contains('/') {
            return Err(Failure::new(format!(
                "fleet {fleet:?} is no name of a fleet; use letters, digits and -"
            )));
        }
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = filled("XDG_CONFIG_HOME").or_else(|| filled("HOME").map(|home| home.join(".config")));
        let home =
            home.ok_or_else(|| Failure::new("find the configuration: HOME is not set; give --config FILE"))?;
        Ok(Self { path: home.join("limpet").join(format!("{fleet}.json")) })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is there.
    pub(crate) fn read(&self) -> Outcome<Context> {
        let bytes = files::read_if_there(&self.path, BYTES_MAX)?.ok_or_else(|| {
            Failure::new(format!(
                "no fleet is known here ({} is not there); begin with limpetctl connect",
                self.path.display()
            ))
        })?;
        serde_json::from_slice(&bytes).during(|| format!("read {}", self.path.display()))
    }

    /// Writes it.
    pub(crate) fn write(&self, context: &Context) -> Outcome<()> {
        let mut bytes = serde_json::to_vec_pretty(context)?;
        bytes.push(b'\n');
        files::replace(&self.path, &bytes)
    }

    /// What was signed; nothing if it was never noted.
    pub(crate) fn signed(&self) -> Outcome<Signed> {
        let path = self.signed_path();
        match files::read_if_there(&path, BYTES_MAX)? {
            Some(bytes) => serde_json::from_slice(&bytes).during(|| format!("read {}", path.display())),
            None => Ok(Signed::default()),
        }
    }

    /// Notes what was signed, besides what is noted already.
    pub(crate) fn note(&self, signed: Signed) -> Outcome<()> {
        let known = self.signed()?;
        let next = known.with(signed);
        if next == known {
            return Ok(());
        }
        files::replace(&self.signed_path(), &serde_json::to_vec(&next)?)
    }

    /// Keeps what was written for a board's stick: the controller may never see it.
    pub(crate) fn keep_written(&self, board: BoardId, state: &[u8]) -> Outcome<()> {
        files::replace(&self.written_path(board), state)
    }

    /// What was written for a board's stick last.
    pub(crate) fn written(&self, board: BoardId) -> Outcome<Option<Vec<u8>>> {
        files::read_if_there(&self.written_path(board), ENVELOPE_BYTES_MAX as u64)
    }

    fn written_path(&self, board: BoardId) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".written");
        PathBuf::from(name).join(board.to_string())
    }

    fn signed_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".signed");
        name.into()
    }
}

impl Context {
    /// Its pin.
    pub(crate) fn pin(&self) -> Outcome<[u8; 32]> {
        pin(&self.pin)
    }

    /// Its first root's envelope.
    pub(crate) fn root(&self) -> Outcome<Vec<u8>> {
        from_base64(&self.root).ok_or_else(|| Failure::new("the root in the configuration is no base64url"))
    }
}

/// A pin that a person gave: 64 hexadecimal digits, of either case, colons allowed as openssl writes them.
pub(crate) fn pin(text: &str) -> Outcome<[u8; 32]> {
    from_hex(&text.replace(':', "")).ok_or_else(|| {
        Failure::new(format!("pin {text:?} is not 64 hexadecimal digits; the server's log and init show it"))
    })
}
