//! What differs between the virtual boards of the targets: `targets/ARCH/board.conf` and `target.conf`.

use crate::paths;
use std::collections::BTreeMap;
use std::fs;

/// One target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name, as that of its directory in `targets/`.
    pub arch: String,
    values: BTreeMap<String, String>,
}

impl Target {
    /// All of them.
    ///
    /// # Panics
    /// The checkout has none.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let directory = paths::repository().join("targets");
        let entries =
            fs::read_dir(&directory).unwrap_or_else(|e| panic!("reading {}: {e}", directory.display()));
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        // x86_64 first: what is wrong with the scenario itself shows sooner there.
        names.iter().rev().filter_map(|name| name.to_str()).map(Self::named).collect()
    }

    /// The one with this name.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn named(arch: &str) -> Self {
        let directory = paths::repository().join("targets").join(arch);
        let read = |name: &str| {
            let path = directory.join(name);
            fs::read_to_string(&path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()))
        };
        let text = read("target.conf") + &read("board.conf");
        Self { arch: arch.to_owned(), values: values(&text) }
    }

    /// A value of its configuration.
    ///
    /// # Panics
    /// It is not set.
    #[must_use]
    pub fn value(&self, key: &str) -> &str {
        let value = self.values.get(key);
        value.unwrap_or_else(|| panic!("targets/{}/*.conf has no {key}", self.arch))
    }
}

/// Lines `KEY=VALUE  # REMARK`.
fn values(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let plain = line.split('#').next().unwrap_or_default();
        let (key, value) = plain.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(line).collect()
}
