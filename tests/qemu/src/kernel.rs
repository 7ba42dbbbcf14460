//! A kernel that tests/qemu/fetch has brought.

use crate::modules::Index;
use crate::paths;
use crate::target::Target;
use std::fs;
use std::path::{Path, PathBuf};

/// What an ELF file of a signed module ends with; the signature lies before it, its length in the last four bytes of a
/// trailer of twelve (scripts/sign-file.c).
const SIGNATURE_MARK: &[u8] = b"~Module signature appended~\n";
const SIGNATURE_TRAILER: usize = 12;

/// One kernel of one target.
#[derive(Debug)]
pub(crate) struct Kernel {
    directory: PathBuf,
    /// The file to boot.
    pub(crate) image: PathBuf,
}

impl Kernel {
    /// `6.12` or `6.1`.
    pub(crate) fn of(target: &Target, version: &str) -> Self {
        let directory = paths::existing(
            paths::made(&target.arch).join(format!("kernel-{version}")),
            &format!("tests/qemu/fetch {}", target.arch),
        );
        let image = directory.join(target.value("kernel"));
        Self { directory, image }
    }

    /// Names and contents of the modules to load, in that order, without their signatures: checking those takes longer
    /// than all the rest of booting, under emulation.
    pub(crate) fn modules(&self, wanted: &[&str]) -> Vec<(String, Vec<u8>)> {
        let read = |name: &str| text(&self.directory.join("modules").join(name));
        let (dependencies, builtin) = (read("modules.dep"), read("modules.builtin"));
        let order = Index::new(&dependencies, &builtin).order(wanted);
        let files = order.unwrap_or_else(|error| panic!("{}: {error}", self.directory.display()));
        files.into_iter().map(|file| self.module(file)).collect()
    }

    fn module(&self, file: &str) -> (String, Vec<u8>) {
        let path = self.directory.join("modules").join(file);
        let mut bytes = fs::read(&path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()));
        bytes.truncate(unsigned_length(&bytes));
        let name = path.file_name().and_then(|name| name.to_str()).expect("modules have plain names");
        (name.to_owned(), bytes)
    }
}

fn unsigned_length(module: &[u8]) -> usize {
    let Some(signed) = module.strip_suffix(SIGNATURE_MARK) else { return module.len() };
    let length = signed.last_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    signed.len().saturating_sub(SIGNATURE_TRAILER + usize::try_from(length).unwrap_or(0))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()))
}
