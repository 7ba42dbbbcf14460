//! `-v`, `--mount` and `--tmpfs`: three ways to write a mount, one type.

#[cfg(test)]
mod tests;

use super::{Invalid, size, text};

/// One mount that the user asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountSpec {
    /// Absolute path inside, not `/`.
    pub target: String,
    /// What is mounted there.
    pub source: MountSource,
    /// `ro`
    pub readonly: bool,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A path of the board.
    Bind {
        /// As typed: absolute, or relative to where `limpet` was called.
        path: String,
        /// `-v` makes a missing directory, `--mount` does not.
        create: bool,
        /// Not with `noidmap`: show the owners that the board sees.
        id_mapped: bool,
        /// `z` or `Z`: of no meaning unless the board has SELinux.
        relabel: bool,
    },
    /// A directory that Limpet keeps.
    Volume {
        /// `None` makes one for this container alone.
        name: Option<String>,
        /// Not with `nocopy`: an empty volume is filled with what the image has there.
        copy: bool,
    },
    /// Memory.
    Tmpfs {
        /// `None` leaves the kernel's half of memory.
        size_bytes: Option<u64>,
        /// Permission bits; 01777 unless given.
        mode: u32,
        /// Allow programs to be executed from it.
        exec: bool,
        /// Allow set-user-id programs.
        suid: bool,
        /// Allow device nodes.
        dev: bool,
    },
}

const TMPFS: MountSource =
    MountSource::Tmpfs { size_bytes: None, mode: 0o1777, exec: false, suid: false, dev: false };

/// `-v [SRC:]DST[:OPTIONS]`.
///
/// # Errors
/// Relative or missing paths, unknown options, options that ask for what is not done.
pub fn volume(text: &str) -> Result<MountSpec, Invalid> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, options] => (Some(*source), *target, *options),
        _ => return Err("write SRC:DST[:OPTIONS], such as /srv/www:/www:ro".into()),
    };
    let source = match source {
        None => MountSource::Volume { name: None, copy: true },
        Some(path) if path.starts_with(['/', '.']) => {
            MountSource::Bind { path: path.to_owned(), create: true, id_mapped: true, relabel: false }
        }
        Some(name) => MountSource::Volume { name: Some(volume_name(name)?), copy: true },
    };
    let mut mount = MountSpec { target: target_path(target)?, source, readonly: false };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        volume_option(&mut mount, option)?;
    }
    Ok(mount)
}

fn volume_option(mount: &mut MountSpec, option: &str) -> Result<(), Invalid> {
    match (option, &mut mount.source) {
        ("ro" | "readonly", _) => mount.readonly = true,
        ("rw", _) => mount.readonly = false,
        ("noidmap", MountSource::Bind { id_mapped, .. }) => *id_mapped = false,
        ("z" | "Z", MountSource::Bind { relabel, .. }) => *relabel = true,
        ("nocopy", MountSource::Volume { copy, .. }) => *copy = false,
        ("rprivate", _) => {}
        _ => return Err(refused_option(option)),
    }
    Ok(())
}

fn refused_option(option: &str) -> Invalid {
    match option {
        "private" | "shared" | "slave" | "rshared" | "rslave" => {
            format!("{option}: mounts never propagate (rprivate); leave it out").into()
        }
        _ => format!("no option {option} here; there are ro, rw, noidmap (paths), nocopy (volumes)").into(),
    }
}

fn volume_name(name: &str) -> Result<String, Invalid> {
    if name.contains('/') {
        return Err("paths of the board begin with / or ./".into());
    }
    text::name(name).map_err(|_| "names of volumes are two or more of a-z A-Z 0-9 _ . -".into())
}

fn target_path(path: &str) -> Result<String, Invalid> {
    if !path.starts_with('/') {
        return Err("the path inside must be absolute".into());
    }
    let path = text::absolute(path)?;
    match path.trim_end_matches('/') {
        "" => Err("nothing can be mounted on /; make a container of another image".into()),
        // Two spellings of one target would hide one behind the other.
        trimmed if trimmed.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) => {
            Err("write the path inside without //, . and ..".into())
        }
        trimmed => Ok(trimmed.to_owned()),
    }
}

/// `--tmpfs DST[:OPTIONS]`.
///
/// # Errors
/// A relative path, unknown options.
pub fn tmpfs(text: &str) -> Result<MountSpec, Invalid> {
    let (target, options) = text.split_once(':').unwrap_or((text, ""));
    let mut mount = MountSpec { target: target_path(target)?, source: TMPFS, readonly: false };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        tmpfs_option(&mut mount, option)?;
    }
    Ok(mount)
}

fn tmpfs_option(mount: &mut MountSpec, option: &str) -> Result<(), Invalid> {
    let MountSource::Tmpfs { size_bytes, mode, exec, suid, dev } = &mut mount.source else { return Ok(()) };
    match option.split_once('=').unwrap_or((option, "")) {
        ("size", value) => *size_bytes = Some(size::parse_positive(value)?),
        ("mode", value) => *mode = tmpfs_mode(value)?,
        ("ro", "") => mount.readonly = true,
        ("rw", "") => mount.readonly = false,
        ("exec", "") => *exec = true,
        ("noexec", "") => *exec = false,
        ("suid", "") => *suid = true,
        ("nosuid", "") => *suid = false,
        ("dev", "") => *dev = true,
        ("nodev", "") => *dev = false,
        _ => return Err(format!("no option {option}; there are size=, mode=, ro, exec, suid, dev").into()),
    }
    Ok(())
}

fn tmpfs_mode(text: &str) -> Result<u32, Invalid> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    mode.ok_or_else(|| "mode is an octal number such as 1777".into())
}

/// `--mount KEY=VALUE,...`.
///
/// # Errors
/// Keys that are missing, unknown or of another type of mount.
pub fn mount(text: &str) -> Result<MountSpec, Invalid> {
    if text.contains('"') {
        return Err("quotes are not understood here".into());
    }
    let fields: Vec<(&str, &str)> =
        text.split(',').map(|field| field.split_once('=').unwrap_or((field, ""))).collect();
    let kind = find(&fields, &["type"]).unwrap_or("volume");
    let target = find(&fields, &["target", "dst", "destination"]).ok_or("has no target=")?;
    let source = mount_source(kind, find(&fields, &["source", "src"]))?;
    let mut mount = MountSpec { target: target_path(target)?, source, readonly: false };
    for (key, value) in fields {
        mount_field(&mut mount, key, value)?;
    }
    Ok(mount)
}

fn find<'a>(fields: &[(&str, &'a str)], names: &[&str]) -> Option<&'a str> {
    fields.iter().rev().find(|(key, _)| names.contains(key)).map(|(_, value)| *value)
}

fn mount_source(kind: &str, source: Option<&str>) -> Result<MountSource, Invalid> {
    match (kind, source) {
        ("bind", Some(path)) if path.starts_with(['/', '.']) => {
            Ok(MountSource::Bind { path: path.to_owned(), create: false, id_mapped: true, relabel: false })
        }
        ("bind", Some(_)) => Err("source= of a bind begins with / or ./".into()),
        ("bind", None) => Err("a bind needs source=".into()),
        ("volume", name) => Ok(MountSource::Volume { name: name.map(volume_name).transpose()?, copy: true }),
        ("tmpfs", None) => Ok(TMPFS),
        ("tmpfs", Some(_)) => Err("a tmpfs has no source=".into()),
        _ => Err(format!("no type {kind}; there are bind, volume and tmpfs").into()),
    }
}

fn mount_field(mount: &mut MountSpec, key: &str, value: &str) -> Result<(), Invalid> {
    match (key, &mut mount.source) {
        ("type" | "source" | "src" | "target" | "dst" | "destination", _) => {}
        ("readonly" | "ro", _) => mount.readonly = yes(value)?,
        ("noidmap", MountSource::Bind { id_mapped, .. }) => *id_mapped = !yes(value)?,
        ("bind-propagation", MountSource::Bind { .. }) if value == "rprivate" => {}
        ("bind-propagation", _) => return Err(refused_option(value)),
        ("volume-nocopy", MountSource::Volume { copy, .. }) => *copy = !yes(value)?,
        ("tmpfs-size", MountSource::Tmpfs { size_bytes, .. }) => {
            *size_bytes = Some(size::parse_positive(value)?);
        }
        ("tmpfs-mode", MountSource::Tmpfs { mode, .. }) => *mode = tmpfs_mode(value)?,
        _ => return Err(unknown_field(key)),
    }
    Ok(())
}

fn unknown_field(key: &str) -> Invalid {
    format!(
        "no key {key} for this type; there are type, source, target, readonly, noidmap (bind), \
         volume-nocopy (volume), tmpfs-size and tmpfs-mode (tmpfs)"
    )
    .into()
}

fn yes(value: &str) -> Result<bool, Invalid> {
    match value {
        "" | "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("write true or false".into()),
    }
}
