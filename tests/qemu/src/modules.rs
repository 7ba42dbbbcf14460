//! Which kernel modules to load, in which order.
//!
//! In: wanted names, and a kernel's `modules.dep` and `modules.builtin` (modules.dep(5)). Out: files, each after those
//! that it needs.

use std::collections::BTreeMap;

/// What depmod(8) knows of a kernel.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    /// File and what it needs, by name.
    files: BTreeMap<String, (&'a str, Vec<&'a str>)>,
    builtin: Vec<String>,
}

impl<'a> Index<'a> {
    /// From the texts of both files.
    pub(crate) fn new(dependencies: &'a str, builtin: &str) -> Self {
        let line = |line: &'a str| {
            let (file, needs) = line.split_once(':')?;
            Some((name(file), (file, needs.split_whitespace().collect())))
        };
        Self {
            files: dependencies.lines().filter_map(line).collect(),
            builtin: builtin.lines().map(name).collect(),
        }
    }

    /// The files to load; a name that this kernel does not have at all is an error, one that is built in needs none.
    pub(crate) fn order(&self, wanted: &[&str]) -> Result<Vec<&'a str>, String> {
        let mut order = Vec::new();
        for wanted in wanted {
            let wanted = wanted.replace('-', "_");
            match self.files.get(&wanted) {
                // modules.dep lists all that is needed, what has to come first last.
                Some((file, needs)) => order.extend(needs.iter().rev().chain([file]).copied()),
                None if self.builtin.contains(&wanted) => {}
                None => return Err(format!("this kernel has no module {wanted}")),
            }
        }
        let mut seen = Vec::new();
        order.retain(|file| {
            !seen.contains(file) && {
                seen.push(*file);
                true
            }
        });
        Ok(order)
    }
}

/// `kernel/fs/overlayfs/overlay.ko` is `overlay`; hyphens and underscores are the same.
fn name(file: &str) -> String {
    let last = file.rsplit('/').next().unwrap_or_default();
    last.split('.').next().unwrap_or_default().replace('-', "_")
}

#[cfg(test)]
mod tests;
