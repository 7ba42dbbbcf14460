//! `mounts` of a bundle.

use super::{BundleError, spec, wrong};
use limpet_protocol::launch::{Mount, MountFlags, MountKind};
use std::path::Path;

/// Permission bits of a tmpfs that names none (the kernel's).
const TMPFS_MODE: u32 = 0o1777;

/// Options that ask for what a mount gets anyway.
const USUAL: &[&str] =
    &["rw", "suid", "dev", "exec", "relatime", "async", "defaults", "private", "rprivate", "diratime"];
/// Options of a devpts as it is made here.
const DEVPTS: &[&str] = &["newinstance", "ptmxmode=0666", "ptmxmode=666", "mode=0620", "mode=620", "gid=5"];

/// What the options of one mount say.
struct Options {
    flags: MountFlags,
    recursive: bool,
    bind: bool,
    id_mapped: bool,
    size_bytes: Option<u64>,
    mode: u32,
}

pub(super) fn read(mounts: &[spec::Mount<'_>], directory: &Path) -> Result<Vec<Mount>, BundleError> {
    let read = |(index, entry): (usize, &spec::Mount<'_>)| mount(index, entry, directory);
    mounts.iter().enumerate().map(read).collect()
}

fn mount(index: usize, mount: &spec::Mount<'_>, directory: &Path) -> Result<Mount, BundleError> {
    let field = format!("mounts[{index}] ({})", mount.destination);
    let target = mount.destination.trim_end_matches('/');
    if !target.starts_with('/') || target.split('/').any(|name| name == "..") {
        return wrong(field, "its destination is not an absolute path below /");
    }
    let kind = mount.kind.unwrap_or("none");
    let options = options(&field, kind, target, &mount.options)?;
    let kind = match kind {
        _ if options.bind || kind == "bind" => bind(&field, mount, &options, directory)?,
        "proc" => MountKind::Proc,
        "sysfs" => MountKind::Sysfs,
        "devpts" => MountKind::Devpts,
        "mqueue" => MountKind::Mqueue,
        "cgroup" | "cgroup2" => MountKind::Cgroup,
        // It gets the standard devices, as the specification wants.
        "tmpfs" if target == "/dev" => MountKind::Dev,
        "tmpfs" => MountKind::Tmpfs { size_bytes: options.size_bytes, mode: options.mode },
        other => return wrong(field, format!("limpet does not mount file systems of type {other}")),
    };
    Ok(Mount { target: target.to_owned(), kind, flags: options.flags })
}

fn bind(
    field: &str,
    mount: &spec::Mount<'_>,
    options: &Options,
    directory: &Path,
) -> Result<MountKind, BundleError> {
    let source = directory.join(mount.source.unwrap_or_default());
    match source.to_str() {
        Some(path) if mount.source.is_some() && source.exists() => Ok(MountKind::Bind {
            source: path.to_owned(),
            recursive: options.recursive,
            id_mapped: options.id_mapped,
        }),
        _ => wrong(field, format!("its source {} does not exist", source.display())),
    }
}

fn options(field: &str, kind: &str, target: &str, words: &[String]) -> Result<Options, BundleError> {
    let mut options = Options {
        flags: MountFlags::default(),
        recursive: false,
        bind: false,
        id_mapped: false,
        size_bytes: None,
        mode: TMPFS_MODE,
    };
    for word in words {
        let is_known = options.take(word)
            || USUAL.contains(&word.as_str())
            || kind == "tmpfs" && options.take_tmpfs(word)
            || kind == "devpts" && DEVPTS.contains(&word.as_str())
            // What nobody reads the access times of.
            || target == "/dev" && word == "strictatime";
        if !is_known {
            return wrong(field, format!("limpet does not support the option {word}; leave it out"));
        }
    }
    Ok(options)
}

impl Options {
    fn take(&mut self, word: &str) -> bool {
        match word {
            "ro" => self.flags.readonly = true,
            "nosuid" => self.flags.nosuid = true,
            "nodev" => self.flags.nodev = true,
            "noexec" => self.flags.noexec = true,
            "bind" => self.bind = true,
            "rbind" => (self.bind, self.recursive) = (true, true),
            "idmap" | "ridmap" => self.id_mapped = true,
            _ => return false,
        }
        true
    }

    fn take_tmpfs(&mut self, word: &str) -> bool {
        match word.split_once('=') {
            Some(("size", value)) => bytes(value).map(|bytes| self.size_bytes = Some(bytes)).is_some(),
            Some(("mode", value)) => match u32::from_str_radix(value, 8) {
                Ok(mode) if mode <= 0o7777 => {
                    self.mode = mode;
                    true
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// A number with the suffixes that tmpfs knows (tmpfs(5)).
fn bytes(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()?.to_ascii_lowercase() {
        b'k' => (&text[..text.len() - 1], 10),
        b'm' => (&text[..text.len() - 1], 20),
        b'g' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}
