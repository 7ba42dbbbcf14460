//! Kernel modules that the image lists: `/etc/limpet/modules`, one path a line, in the order in which they need each
//! other, uncompressed.

use super::say;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, Result};
use std::fs;

const LIST: &str = "/etc/limpet/modules";
/// Most modules that are loaded.
const MODULES_MAX: usize = 512;

/// Loads them all; one that fails does not keep the others away.
pub(super) fn load_listed() {
    let list = fs::read_to_string(LIST).unwrap_or_default();
    for path in paths(&list).take(MODULES_MAX) {
        match load(path) {
            // The last: built into this kernel, or loaded before.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => say::failed(&format!("loading the module {path}"), errno),
        }
    }
}

/// The lines that say something.
fn paths(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn load(path: &str) -> Result<()> {
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::system::finit_module(&file, c"", 0)
}
