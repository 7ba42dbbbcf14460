//! Where passphrases come from: a file that is named, or the terminal. Never the words of a command, which others see.

use super::failure::{During, Failure, Outcome};
use super::files;
use super::keyfile::{FILE_BYTES_MAX, KeyFile, KeyFileError};
use limpet_trust::sign::Secret;
use std::path::{Path, PathBuf};

/// Longest passphrase.
const BYTES_MAX: u64 = 1024;
/// Shorter ones are refused.
const BYTES_MIN: usize = 8;

/// How passphrases are come by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// `--passphrase-file`, each tried in turn; without one people are asked.
    pub(crate) files: Vec<PathBuf>,
}

impl Source {
    fn of_files(&self) -> Outcome<Vec<Vec<u8>>> {
        let line = |path: &PathBuf| {
            let mut bytes = files::read(path, BYTES_MAX)?;
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            Ok(bytes)
        };
        self.files.iter().map(line).collect()
    }

    /// A new one, asked for twice.
    pub(crate) fn choose(&self, what: &str) -> Outcome<Vec<u8>> {
        let chosen = match self.of_files()?.into_iter().next() {
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
        if !file.is_sealed() {
            return Ok((file.open(None).during(what)?, file));
        }
        let mut passphrases = self.of_files()?;
        if passphrases.is_empty() {
            passphrases.push(ask(&format!("Passphrase for {}: ", path.display()))?);
        }
        let mut opened = Err(KeyFileError::NoPassphrase);
        for passphrase in &passphrases {
            opened = file.open(Some(passphrase));
            if opened.is_ok() {
                break;
            }
        }
        Ok((opened.during(what)?, file))
    }
}

fn ask(prompt: &str) -> Outcome<Vec<u8>> {
    let asked = rpassword::prompt_password(prompt);
    let text = asked.during(|| {
        "ask for a passphrase at the terminal (or give --passphrase-file, or set LIMPETCTL_PASSPHRASE_FILE)".to_owned()
    })?;
    Ok(text.into_bytes())
}
