//! Where passphrases come from: a file that is named, or the terminal. Never the words of a command, which others see.

use super::failure::{During, Failure, Outcome};
use super::files;
use super::keyfile::{FILE_BYTES_MAX, KeyFile};
use limpet_trust::sign::Secret;
use std::path::{Path, PathBuf};

/// Longest passphrase.
const BYTES_MAX: u64 = 1024;
/// Shorter ones are refused.
const BYTES_MIN: usize = 8;

/// How passphrases are come by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// `--passphrase-file`; otherwise people are asked.
    pub(crate) file: Option<PathBuf>,
}

impl Source {
    fn of_file(&self) -> Outcome<Option<Vec<u8>>> {
        let Some(path) = &self.file else { return Ok(None) };
        let mut bytes = files::read(path, BYTES_MAX)?;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        Ok(Some(bytes))
    }

    /// A new one, asked for twice.
    pub(crate) fn choose(&self, what: &str) -> Outcome<Vec<u8>> {
        let chosen = match self.of_file()? {
            Some(bytes) => bytes,
            None => {
                let first = ask(&format!("New passphrase for {what}: "))?;
                if ask("Again: ")? != first {
                    return Err(Failure::new(format!("protect {what}: the two passphrases differ")));
                }
                first
            }
        };
        if chosen.len() < BYTES_MIN {
            return Err(Failure::new(format!(
                "protect {what}: the passphrase has fewer than {BYTES_MIN} bytes; take a longer one"
            )));
        }
        Ok(chosen)
    }

    /// The secret of a key file.
    pub(crate) fn open(&self, path: &Path) -> Outcome<(Secret, KeyFile)> {
        let what = || format!("open key {}", path.display());
        let file = KeyFile::parse(&files::read(path, FILE_BYTES_MAX)?).during(what)?;
        let passphrase = match file.is_sealed() {
            false => None,
            true => Some(match self.of_file()? {
                Some(bytes) => bytes,
                None => ask(&format!("Passphrase for {}: ", path.display()))?,
            }),
        };
        Ok((file.open(passphrase.as_deref()).during(what)?, file))
    }
}

fn ask(prompt: &str) -> Outcome<Vec<u8>> {
    let asked = rpassword::prompt_password(prompt);
    let text = asked.during(|| {
        "ask for a passphrase at the terminal (or give --passphrase-file, or set LIMPETCTL_PASSPHRASE_FILE)".to_owned()
    })?;
    Ok(text.into_bytes())
}
