//! What the board's maker and its boot loader want of PID 1.
//!
//! In: lines `KEY=VALUE` of `/etc/limpet/init.conf`, then words `limpet.KEY=VALUE` of the kernel's command line, which
//! win. Out: [`Options`], and a sentence for whatever was not understood: a misspelt word must not keep a board from
//! booting.
//!
//! | key | value | default |
//! | --- | --- | --- |
//! | `console` | a program on the console, started again when it ends; `once:PROGRAM` is not | none |
//! | `cgroup` | `v2` or `v1` | `v2` |
//! | `hostname` | a name | `limpet` |
//! | `data` | the file system for `/var/lib/limpet`: as `mount`, without a path | none: in memory |
//! | `mount` | `SOURCE,PATH[,TYPE[,ro]]`; `SOURCE` is `LABEL=`, `UUID=`, `SERIAL=` or a device; may be repeated | none |
//! | `network` | see [`super::uplink::wish`]; may be repeated | `dhcp` |
//! | `supervise` | `on` or `off` | `on` |
//! | `metrics` | where the supervisor serves them: `limpet supervise --metrics` | nowhere |
//! | `reserve` | what stays free of the disk, as `512m`: `limpet supervise --reserve` | a twentieth, at most 256m |
//! | `watchdog` | seconds after which the hardware resets a board that hangs, or `off` | 60 |

#[cfg(test)]
mod tests;

use super::uplink::wish;
use crate::cli::value::{door, size};
use std::fs;

/// Where the image keeps them.
const FILE: &str = "/etc/limpet/init.conf";
/// Where the kernel shows its command line, which has at most 4096 bytes on every target.
const COMMAND_LINE: &str = "/proc/cmdline";
/// Most bytes of either that are read.
const TEXT_BYTES_MAX: u64 = 64 << 10;
/// Most wishes for interfaces.
const NETWORKS_MAX: usize = 16;
/// Most file systems to mount.
const MOUNTS_MAX: usize = 16;
/// Timeout of the hardware watchdog: many boards' own is 15 s at most, which the kernel stretches.
const WATCHDOG_S: u16 = 60;
/// Longest host name (gethostname(2), `HOST_NAME_MAX`).
const HOSTNAME_BYTES_MAX: usize = 64;
/// Where what lasts is kept.
const DATA: &str = "/var/lib/limpet";

/// A program on the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Console {
    /// Its path.
    pub(super) program: String,
    /// Whether it is started again when it ends.
    pub(super) restart: bool,
}

/// Which hierarchy of control groups to mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cgroup {
    /// One for all controllers.
    #[default]
    V2,
    /// One for each controller, as kernels of old boards are used.
    V1,
}

/// How a block device is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The label of its ext4 file system.
    Label(String),
    /// The UUID of its ext4 file system, in lower case.
    Uuid(String),
    /// The serial number of the disk.
    Serial(String),
    /// A device's path.
    Device(String),
}

/// A file system to mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// On which device.
    pub(super) source: Source,
    /// Where.
    pub(super) path: String,
    /// Its type, as the kernel names it.
    pub(super) kind: String,
    /// Whether nothing may be written to it.
    pub(super) readonly: bool,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// The program on the console.
    pub(super) console: Option<Console>,
    /// Control groups.
    pub(super) cgroup: Cgroup,
    /// The board's name.
    pub(super) hostname: String,
    /// In this order.
    pub(super) mounts: Vec<Mount>,
    /// How interfaces come to their addresses.
    pub(super) network: Vec<String>,
    /// Whether the supervisor runs.
    pub(super) supervise: bool,
    /// Where the supervisor serves metrics.
    pub(super) metrics: Option<String>,
    /// What the supervisor keeps free of the disk.
    pub(super) reserve: Option<String>,
    /// Timeout of the hardware watchdog in seconds.
    pub(super) watchdog: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            console: None,
            cgroup: Cgroup::default(),
            hostname: "limpet".to_owned(),
            mounts: Vec::new(),
            network: Vec::new(),
            supervise: true,
            metrics: None,
            reserve: None,
            watchdog: Some(WATCHDOG_S),
        }
    }
}

/// Reads both sources and says what was not understood.
pub(super) fn read() -> Options {
    let file = text_of(FILE).unwrap_or_default();
    let line = text_of(COMMAND_LINE).unwrap_or_default();
    let mut options = Options::default();
    for problem in take(&mut options, &file, &line) {
        super::say::line(&problem);
    }
    options
}

/// A file's beginning, as text; a file that is not there is as good as an empty one.
fn text_of(path: &str) -> Option<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(TEXT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Takes both texts in; what was not understood.
fn take(options: &mut Options, file: &str, command_line: &str) -> Vec<String> {
    let lines = file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let words = command_line.split_whitespace().filter_map(|word| word.strip_prefix("limpet."));
    let wrong = |wish: &str, why: &str| format!("{wish:?} is left out: {why}");
    lines.chain(words).filter_map(|wish| options.set(wish).err().map(|why| wrong(wish, why))).collect()
}

impl Options {
    fn set(&mut self, wish: &str) -> Result<(), &'static str> {
        let (key, value) = wish.split_once('=').ok_or("write KEY=VALUE")?;
        match key {
            "console" => self.console = Some(console(value)?),
            "cgroup" => self.cgroup = cgroup(value)?,
            "hostname" => self.hostname = hostname(value)?,
            "data" => self.add(mount(&with_path(value))?)?,
            "mount" => self.add(mount(value)?)?,
            "network" => self.network(value)?,
            "supervise" => self.supervise = switch(value)?,
            "metrics" => self.metrics = Some(metrics(value)?),
            "reserve" => self.reserve = Some(reserve(value)?),
            "watchdog" => self.watchdog = watchdog(value)?,
            _ => return Err("there is no such option"),
        }
        Ok(())
    }

    fn network(&mut self, value: &str) -> Result<(), &'static str> {
        wish::parse(value)?;
        if self.network.len() == NETWORKS_MAX {
            return Err("there are 16 wishes for networks already");
        }
        self.network.push(value.to_owned());
        Ok(())
    }

    /// The last one for a path wins, so that a command line can put another disk in a file's place.
    fn add(&mut self, mount: Mount) -> Result<(), &'static str> {
        self.mounts.retain(|other| other.path != mount.path);
        if self.mounts.len() == MOUNTS_MAX {
            return Err("there are 16 mounts already");
        }
        self.mounts.push(mount);
        Ok(())
    }
}

fn console(value: &str) -> Result<Console, &'static str> {
    let (program, restart) = match value.strip_prefix("once:") {
        Some(program) => (program, false),
        None => (value, true),
    };
    if !program.starts_with('/') {
        return Err("write the program's whole path");
    }
    Ok(Console { program: program.to_owned(), restart })
}

fn cgroup(value: &str) -> Result<Cgroup, &'static str> {
    match value {
        "v2" => Ok(Cgroup::V2),
        "v1" => Ok(Cgroup::V1),
        _ => Err("write v1 or v2"),
    }
}

fn switch(value: &str) -> Result<bool, &'static str> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("write on or off"),
    }
}

fn metrics(value: &str) -> Result<String, &'static str> {
    door::parse(value).map_err(|_| "write unix:/PATH or 127.0.0.1:PORT")?;
    Ok(value.to_owned())
}

fn reserve(value: &str) -> Result<String, &'static str> {
    size::parse(value).map_err(|_| "write a size, as 512m")?;
    Ok(value.to_owned())
}

fn watchdog(value: &str) -> Result<Option<u16>, &'static str> {
    match value.parse() {
        _ if value == "off" => Ok(None),
        Ok(seconds @ 2..) => Ok(Some(seconds)),
        Ok(_) | Err(_) => Err("write seconds, 2 to 65535, or off"),
    }
}

fn hostname(value: &str) -> Result<String, &'static str> {
    let fits = (1..=HOSTNAME_BYTES_MAX).contains(&value.len());
    let is_name = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if fits && is_name { Ok(value.to_owned()) } else { Err("a name has 1 to 64 letters, digits, - and .") }
}

/// `data=SOURCE[,TYPE[,ro]]` is a mount with the path left out.
fn with_path(value: &str) -> String {
    let (source, rest) = value.split_once(',').unwrap_or((value, "ext4"));
    format!("{source},{DATA},{rest}")
}

fn mount(value: &str) -> Result<Mount, &'static str> {
    let fields: Vec<&str> = value.split(',').collect();
    let (from, path, kind, readonly) = match fields[..] {
        [from, path] => (from, path, "ext4", false),
        [from, path, kind] => (from, path, kind, false),
        [from, path, kind, "ro"] => (from, path, kind, true),
        _ => return Err("write SOURCE,PATH[,TYPE[,ro]]"),
    };
    if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err("write a whole path without ..");
    }
    let source = source(from).ok_or("write LABEL=, UUID=, SERIAL= or a device below /dev")?;
    Ok(Mount { source, path: path.to_owned(), kind: kind.to_owned(), readonly })
}

fn source(text: &str) -> Option<Source> {
    let source = match text.split_once('=') {
        Some(("LABEL", label)) => Source::Label(label.to_owned()),
        Some(("UUID", uuid)) => Source::Uuid(uuid.to_ascii_lowercase()),
        Some(("SERIAL", serial)) => Source::Serial(serial.to_owned()),
        Some(_) => return None,
        None if text.starts_with("/dev/") => Source::Device(text.to_owned()),
        None => return None,
    };
    Some(source)
}
