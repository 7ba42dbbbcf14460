//! The interfaces that /sys/class/net shows, as far as they are a board's way out: Ethernet, and a device behind it (a
//! bridge or a veth has none).

use super::links::Seen;
use std::fs;
use std::path::Path;

const INTERFACES: &str = "/sys/class/net";
/// Most interfaces that are looked at.
const INTERFACES_MAX: usize = 32;
/// ARPHRD_ETHER
const ETHERNET: &str = "1";
const IFF_UP: u32 = 0x1;

/// All of them, by name.
pub(super) fn all() -> Vec<Seen> {
    let entries = fs::read_dir(INTERFACES).into_iter().flatten().flatten();
    let mut seen: Vec<Seen> = entries.filter_map(|entry| look(&entry.path())).take(INTERFACES_MAX).collect();
    seen.sort_by(|one, other| one.name.cmp(&other.name));
    seen
}

fn look(directory: &Path) -> Option<Seen> {
    let read = |name: &str| Some(fs::read_to_string(directory.join(name)).ok()?.trim().to_owned());
    if read("type")? != ETHERNET || !directory.join("device").exists() {
        return None;
    }
    let flags = u32::from_str_radix(read("flags")?.strip_prefix("0x")?, 16).ok()?;
    let name = directory.file_name()?.to_str()?.to_owned();
    Some(Seen { name, hardware: read("address")?, is_up: flags & IFF_UP != 0 })
}
