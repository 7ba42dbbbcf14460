//! Another version of this program on trial: the one before lies beside it until the new one was found well.
//!
//! It lies there as `.limpet.old`. Whoever asked for the new one watches it, and puts the old one back if need be. When the
//! power goes meanwhile nobody watches; so `limpet.service` has the old one, if there is one, take its place again
//! ([`VERB`]) before it starts the supervisor.

#[cfg(test)]
mod tests;

use crate::failure::Failure;
use limpet_runner::files::{failed, remove, replace, sync_directory};
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The hidden verb of [`undo`].
pub const VERB: &str = "undo-upgrade";
/// Everybody may run it.
pub(crate) const PROGRAM_MODE: u32 = 0o755;

/// The file in place, and the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    installed: PathBuf,
    before: PathBuf,
}

impl Trial {
    /// Of the program that is installed there.
    pub(crate) fn of(installed: &Path) -> Self {
        let mut name = OsString::from(".");
        name.extend(installed.file_name());
        name.push(".old");
        Self { installed: installed.to_owned(), before: installed.with_file_name(name) }
    }

    /// The one that the file `before` was kept for.
    fn kept_as(before: &Path) -> Option<Self> {
        let name = before.file_name()?.to_str()?.strip_prefix('.')?.strip_suffix(".old")?;
        Some(Self { installed: before.with_file_name(name), before: before.to_owned() })
    }

    /// Where the version in charge is.
    pub(crate) fn installed(&self) -> &Path {
        &self.installed
    }

    /// Where the version before is, while there is one.
    pub(crate) fn before(&self) -> &Path {
        &self.before
    }

    /// Another version, of these bytes, takes the place; what was there is kept, durably, before.
    pub(crate) fn begin(&self, new: &[u8]) -> Result<(), Failure> {
        let old = fs::read(&self.installed).map_err(failed("keep", &self.installed))?;
        replace(&self.before, PROGRAM_MODE, &old)?;
        Ok(replace(&self.installed, PROGRAM_MODE, new)?)
    }

    /// Whether it has begun, and nobody has judged yet.
    pub(crate) fn is_open(&self) -> bool {
        self.before.exists()
    }

    /// The new version is well: what is in place stays, whenever the power goes.
    pub(crate) fn pass(&self) -> Result<(), Failure> {
        Ok(remove(&self.before)?)
    }

    /// The old version takes its place again; if it has done so by itself, all is well.
    pub(crate) fn fail(&self) -> Result<(), Failure> {
        match fs::rename(&self.before, &self.installed) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => {
                result.map_err(failed("put back", &self.installed))?;
                Ok(sync_directory(self.installed.parent().unwrap_or(&self.installed))?)
            }
        }
    }
}

/// `.limpet.old undo-upgrade`: this very file takes its place again.
#[must_use]
pub fn undo() -> ExitCode {
    let undone = fs::read_link("/proc/self/exe").map_err(Failure::from).and_then(|own| {
        let trial = Trial::kept_as(&own)
            .ok_or_else(|| Failure::new(format!("{VERB}: {} is no version that was kept", own.display())))?;
        trial.fail()?;
        Ok(trial.installed)
    });
    match undone {
        Ok(installed) => {
            let installed = installed.display();
            eprintln!("limpet: the new {installed} was never found well: the version before is back");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("limpet: {failure}");
            ExitCode::FAILURE
        }
    }
}
