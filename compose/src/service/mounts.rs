//! `volumes` and `tmpfs`: what is mounted, in short and long form.

use super::process::{counted, worded};
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::paths;
use crate::problem::{Fault, Outcome, quoted};
use crate::scope::Scope;
use limpet_protocol::app::{AppMount, AppMountSource};
use limpet_protocol::words::{size, text};

/// tmpfs without options, as docker mounts it.
const TMPFS: AppMountSource =
    AppMountSource::Tmpfs { size_bytes: None, mode: 0o1777, exec: false, suid: false, dev: false };

pub(super) fn volumes(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, scope| {
        let mount = match item.letters() {
            Some(_) => short(item, scope)?,
            None => long(item, scope)?,
        };
        add(draft, mount, item)
    })
}

fn add(draft: &mut Draft, mount: AppMount, node: &Node) -> Outcome {
    let mounted = draft.workload.mounts.iter().any(|other| other.target == mount.target);
    if mounted || draft.workload.files.iter().any(|file| file.target == mount.target) {
        return Err(node.fault(format!("something else is mounted at {} already", quoted(&mount.target))));
    }
    draft.workload.mounts.push(mount);
    Ok(())
}

/// `[SRC:]DST[:OPTIONS]`.
fn short(node: &Node, scope: &mut Scope<'_, '_, '_>) -> Result<AppMount, Fault> {
    let parts: Vec<&str> = node.text()?.split(':').collect();
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, options] => (Some(*source), *target, *options),
        _ => return Err(node.fault("write SRC:DST[:OPTIONS], such as ./www:/srv/www:ro")),
    };
    let source = match source {
        None => AppMountSource::Volume { name: None, copy: true },
        Some(path) if path.starts_with(['/', '.', '~']) => bind(scope.path(node, path)?, true),
        Some(name) => AppMountSource::Volume { name: Some(volume_name(node, name, scope)?), copy: true },
    };
    let mut mount = AppMount { target: target_path(node, target)?, source, read_only: false };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        short_option(&mut mount, option).map_err(|why| node.fault(why))?;
    }
    Ok(mount)
}

fn bind(path: String, create: bool) -> AppMountSource {
    AppMountSource::Bind { path, create, id_mapped: true }
}

fn short_option(mount: &mut AppMount, option: &str) -> Result<(), String> {
    match (option, &mut mount.source) {
        ("ro" | "readonly", _) => mount.read_only = true,
        ("rw", _) => mount.read_only = false,
        ("nocopy", AppMountSource::Volume { copy, .. }) => *copy = false,
        ("noidmap", AppMountSource::Bind { id_mapped, .. }) => *id_mapped = false,
        // What is so in any case, or means nothing without SELinux or a virtual machine between.
        ("z" | "Z" | "rprivate" | "cached" | "delegated" | "consistent", _) => {}
        ("private" | "shared" | "slave" | "rshared" | "rslave", _) => return Err(propagation(option)),
        _ => {
            let option = quoted(option);
            return Err(format!(
                "no option {option} here; there are ro, rw, noidmap (paths), nocopy (volumes)"
            ));
        }
    }
    Ok(())
}

fn propagation(option: &str) -> String {
    format!("{option}: mounts never propagate (rprivate); leave it out")
}

/// The name on the board of a volume that the file declares.
fn volume_name(node: &Node, key: &str, scope: &Scope<'_, '_, '_>) -> Result<String, Fault> {
    if key.contains('/') {
        return Err(node.fault("paths of the board begin with /, . or ~"));
    }
    let known = scope.definitions.volumes.iter().find(|volume| volume.key == key);
    known.map(|volume| volume.name.clone()).ok_or_else(|| {
        let key = quoted(key);
        node.fault(format!(
            "the volume {key} is not declared; write {key}: below volumes: at the top, or ./{key}"
        ))
    })
}

fn target_path(node: &Node, path: &str) -> Result<String, Fault> {
    let path = text::absolute(path).map_err(|_| {
        node.fault("the path inside must be absolute, such as /data, and shorter than 4096 bytes")
    })?;
    match paths::join("/", &path).as_str() {
        "/" => Err(node.fault("nothing can be mounted on /")),
        clean => Ok(clean.to_owned()),
    }
}

/// The long form; what belongs to one type only is checked when the type is known.
#[derive(Default)]
struct Long {
    kind: String,
    source: Option<String>,
    target: Option<String>,
    read_only: bool,
    create: Option<bool>,
    nocopy: Option<bool>,
    tmpfs_size: Option<u64>,
    tmpfs_mode: Option<u32>,
}

const LONG: Fields<Long> = Fields {
    known: &[
        ("type", |long, node, _| set(&mut long.kind, node.text().map(str::to_owned))),
        ("source", |long, node, _| set(&mut long.source, worded(node, text::filled).map(Some))),
        ("target", |long, node, _| set(&mut long.target, target_path(node, node.text()?).map(Some))),
        ("read_only", |long, node, _| set(&mut long.read_only, node.boolean())),
        ("consistency", |_, node, _| node.text().map(|_| ())),
        ("bind", |long, node, scope| {
            fields::read(long, node, &BIND, scope);
            Ok(())
        }),
        ("volume", |long, node, scope| {
            fields::read(long, node, &VOLUME, scope);
            Ok(())
        }),
        ("tmpfs", |long, node, scope| {
            fields::read(long, node, &LONG_TMPFS, scope);
            Ok(())
        }),
    ],
    refused: &[("image", "mounts of images are not; copy what is needed into a volume")],
};

const BIND: Fields<Long> = Fields {
    known: &[
        ("create_host_path", |long, node, _| set(&mut long.create, node.boolean().map(Some))),
        ("propagation", |_, node, _| match node.text()? {
            "rprivate" => Ok(()),
            other => Err(node.fault(propagation(&quoted(other)))),
        }),
        ("selinux", |_, node, _| node.text().map(|_| ())),
    ],
    refused: &[("recursive", "binds are always recursive; leave it out")],
};

const VOLUME: Fields<Long> = Fields {
    known: &[("nocopy", |long, node, _| set(&mut long.nocopy, node.boolean().map(Some)))],
    refused: &[
        ("subpath", "mount the whole volume, or bind a directory"),
        ("labels", "volumes have no labels; leave it out"),
    ],
};

const LONG_TMPFS: Fields<Long> = Fields {
    known: &[
        ("size", |long, node, _| set(&mut long.tmpfs_size, counted(node, size::parse_positive).map(Some))),
        ("mode", |long, node, _| set(&mut long.tmpfs_mode, mode(node).map(Some))),
    ],
    refused: &[],
};

fn long(node: &Node, scope: &mut Scope<'_, '_, '_>) -> Result<AppMount, Fault> {
    let mut long = Long::default();
    node.map().map_err(|_| node.fault("is neither SRC:DST nor a mapping with type, source and target"))?;
    fields::read(&mut long, node, &LONG, scope);
    check_parts(&long, node)?;
    let source = match (long.kind.as_str(), &long.source) {
        ("bind", Some(path)) => {
            bind(scope.path(node.get("source").unwrap_or(node), path)?, long.create.unwrap_or(true))
        }
        ("bind", None) => return Err(node.fault("a bind needs source:, a path of the board")),
        ("volume", key) => {
            let name = key.as_ref().map(|key| volume_name(node, key, scope)).transpose()?;
            AppMountSource::Volume { name, copy: !long.nocopy.unwrap_or_default() }
        }
        ("tmpfs", None) => AppMountSource::Tmpfs {
            size_bytes: long.tmpfs_size,
            mode: long.tmpfs_mode.unwrap_or(0o1777),
            exec: false,
            suid: false,
            dev: false,
        },
        ("tmpfs", Some(_)) => return Err(node.fault("a tmpfs has no source:")),
        (other, _) => {
            let other = quoted(other);
            return Err(node.fault(format!("there is no type '{other}'; there are bind, volume and tmpfs")));
        }
    };
    let target = long.target.ok_or_else(|| node.fault("has no target:, the path inside"))?;
    Ok(AppMount { target, source, read_only: long.read_only })
}

/// Options of another type than the mount's own would mean nothing.
fn check_parts(long: &Long, node: &Node) -> Outcome {
    for part in ["bind", "volume", "tmpfs"] {
        let given = node.get(part).filter(|options| !options.is_empty());
        if let Some(options) = given
            && part != long.kind
        {
            return Err(
                options.fault(format!("options of a {part} mean nothing for type: {}", quoted(&long.kind)))
            );
        }
    }
    Ok(())
}

/// Permission bits: octal, with a leading 0 or 0o, or in quotes.
pub(super) fn mode(node: &Node) -> Result<u32, Fault> {
    let letters = node.text_or_number()?;
    let octal = letters.strip_prefix("0o").unwrap_or(letters);
    let quoted_or_octal = letters.starts_with('0') || node.text().is_ok();
    let digits = !octal.is_empty() && octal.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let bits = u32::from_str_radix(octal, 8).ok().filter(|bits| quoted_or_octal && digits && *bits <= 0o7777);
    bits.ok_or_else(|| node.fault(format!("'{}' is no mode in octal, such as 0440", quoted(letters))))
}

pub(super) fn tmpfs(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_or_one(node, &mut |item, _| {
        let text = item.text()?;
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        let mut mount = AppMount { target: target_path(item, target)?, source: TMPFS, read_only: false };
        for option in options.split(',').filter(|option| !option.is_empty()) {
            tmpfs_option(&mut mount, option, item)?;
        }
        add(draft, mount, item)
    })
}

fn tmpfs_option(mount: &mut AppMount, option: &str, node: &Node) -> Outcome {
    let AppMountSource::Tmpfs { size_bytes, mode, exec, suid, dev } = &mut mount.source else {
        return Ok(());
    };
    match option.split_once('=').unwrap_or((option, "")) {
        ("size", value) => {
            *size_bytes = Some(size::parse_positive(value).map_err(|why| node.at.invalid(&why))?);
        }
        ("mode", value) => *mode = self::mode(&Node::made(node.at, value))?,
        ("ro", "") => mount.read_only = true,
        ("rw", "") => mount.read_only = false,
        ("exec", "") => *exec = true,
        ("noexec", "") => *exec = false,
        ("suid", "") => *suid = true,
        ("nosuid", "") => *suid = false,
        ("dev", "") => *dev = true,
        ("nodev", "") => *dev = false,
        _ => {
            let option = quoted(option);
            return Err(
                node.fault(format!("no option {option}; there are size=, mode=, ro, exec, suid, dev"))
            );
        }
    }
    Ok(())
}

/// Configs and secrets do not lie on other mounts: they were added without looking.
pub(super) fn finish(draft: &mut Draft, _: &mut Scope<'_, '_, '_>) -> Outcome {
    let files = &draft.workload.files;
    for (index, file) in files.iter().enumerate() {
        let mounted = draft.workload.mounts.iter().any(|mount| mount.target == file.target);
        if mounted || files[..index].iter().any(|other| other.target == file.target) {
            let target = quoted(&file.target);
            return Err(draft.at.fault(format!("two things are to be at {target}; give one another target")));
        }
    }
    Ok(())
}
