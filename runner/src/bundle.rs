//! An OCI bundle as a launch (runtime-spec 1.x, config.md and config-linux.md).
//!
//! In: a directory with a `config.json`, and what only the board knows ([`Circumstances`]). Out: a [`Launch`] that does all
//! that the file asks for, or an error that names the field. A field of the specification that cannot be honoured is such
//! an error, unless it asks for nothing; a field that the specification does not have is passed over, as it demands.

mod linux;
mod mounts;
mod process;
mod resources;
mod spec;
#[cfg(test)]
mod tests;
mod unsupported;

use crate::features::Features;
use limpet_json::JsonError;
use limpet_protocol::id::ContainerId;
use limpet_protocol::launch::{
    Launch, MOUNTS_MAX, MountKind, Network, Root, STRINGS_BYTES_MAX, STRINGS_MAX, UserNamespace, WindowSize,
};
use rustix::io::Errno;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most bytes of a `config.json`.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Most values in it.
pub const CONFIG_VALUES_MAX: usize = 64 * 1024;
/// Most entries of a list that has no other limit.
pub const ENTRIES_MAX: usize = 1024;

/// Why a bundle cannot be run.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BundleError(Box<Mistake>);

impl From<Mistake> for BundleError {
    fn from(mistake: Mistake) -> Self {
        Self(Box::new(mistake))
    }
}

impl From<JsonError> for BundleError {
    fn from(error: JsonError) -> Self {
        Mistake::Form(error).into()
    }
}

#[derive(Debug, thiserror::Error)]
enum Mistake {
    /// The file cannot be read.
    #[error("read {}: {reason}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It has more than [`CONFIG_BYTES_MAX`].
    #[error("config.json has more than the {CONFIG_BYTES_MAX} bytes that are read")]
    TooLarge,
    /// It is not of the specification's form.
    #[error("config.json is not in the form of the runtime specification")]
    Form(#[source] JsonError),
    /// It asks for something that Limpet does not do.
    #[error("config.json: {field}: {why}")]
    Field {
        /// Path of the field.
        field: String,
        /// What is wrong, or what to do instead.
        why: String,
    },
}

fn wrong<T>(field: impl Into<String>, why: impl Into<String>) -> Result<T, BundleError> {
    Err(Mistake::Field { field: field.into(), why: why.into() }.into())
}

/// What a bundle does not say.
pub struct Circumstances<'a> {
    /// The new container.
    pub id: ContainerId,
    /// What the kernel offers.
    pub features: &'a Features,
    /// The kernel's highest capability.
    pub last_capability: u8,
    /// The board's host name.
    pub board: String,
    /// Path of its cgroup where the bundle names none.
    pub cgroup: String,
    /// First size of a terminal for which the bundle names none.
    pub window: Option<WindowSize>,
}

/// What a bundle asks for.
#[derive(Debug)]
pub struct Bundle {
    /// To be run.
    pub launch: Launch,
    /// Names and values.
    pub annotations: Vec<(String, String)>,
}

/// Reads `directory/config.json`.
///
/// # Errors
/// See [`BundleError`].
pub fn read(directory: &Path, circumstances: Circumstances<'_>) -> Result<Bundle, BundleError> {
    let path = directory.join("config.json");
    let failed = |error: std::io::Error| {
        let reason = Errno::from_io_error(&error).map_or_else(|| error.to_string(), crate::failure::reason);
        BundleError::from(Mistake::Read { path: path.clone(), reason })
    };
    let directory = std::path::absolute(directory).map_err(failed)?;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(failed)?;
    file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    parse(&bytes, &directory, circumstances)
}

/// Understands the bytes of a `config.json` of the bundle in `directory`, an absolute path.
///
/// # Errors
/// See [`BundleError`].
pub fn parse(
    bytes: &[u8],
    directory: &Path,
    circumstances: Circumstances<'_>,
) -> Result<Bundle, BundleError> {
    if bytes.len() as u64 > CONFIG_BYTES_MAX {
        return Err(Mistake::TooLarge.into());
    }
    let document = limpet_json::parse(bytes, CONFIG_VALUES_MAX)?;
    let spec = spec::Spec::read(&document)?;
    if !spec.oci_version.starts_with("1.") {
        return wrong("ociVersion", format!("{} is not supported, only 1.x is", spec.oci_version));
    }
    unsupported::refuse(&document)?;
    let launch = launch(&spec, directory, circumstances)?;
    check_counts(&launch)?;
    Ok(Bundle { launch, annotations: spec.annotations })
}

fn launch(
    spec: &spec::Spec<'_>,
    directory: &Path,
    circumstances: Circumstances<'_>,
) -> Result<Launch, BundleError> {
    let linux = linux::read(&spec.linux, &circumstances)?;
    let mounts = mounts::read(&spec.mounts, directory)?;
    if !mounts.iter().any(|mount| mount.kind == MountKind::Dev) {
        return wrong("mounts", "there is none on /dev; add one of type tmpfs");
    }
    let Some(process) = &spec.process else { return wrong("process", "it is missing, and says what to run") };
    let hostname = match (spec.hostname, linux.own_uts) {
        (Some(name), true) if !name.is_empty() => Some(name.to_owned()),
        (Some(name), false) if !name.is_empty() => {
            return wrong("hostname", "it needs a uts namespace in linux.namespaces");
        }
        (_, true) => Some(circumstances.board.clone()),
        (_, false) => None,
    };
    Ok(Launch {
        root: root(&spec.root, directory)?,
        root_readonly: spec.root.readonly,
        process: process::read(process, &spec.linux, &circumstances)?,
        id: circumstances.id,
        files: Vec::new(),
        hostname,
        network: if linux.own_network { Network::None } else { Network::Host },
        user_namespace: if linux.own_user { UserNamespace::Own } else { UserNamespace::Host },
        // Without it a cgroup mount would show, or even give away, the whole board's tree instead of the container's part.
        cgroup_namespace: linux.own_cgroup || mounts.iter().any(|mount| mount.kind == MountKind::Cgroup),
        mounts,
        devices: linux.devices,
        all_devices: linux.all_devices,
        masked_paths: spec.linux.masked_paths.clone(),
        readonly_paths: spec.linux.readonly_paths.clone(),
        sysctls: spec.linux.sysctl.clone(),
        init: false,
        limits: linux.limits,
        cgroup: linux.cgroup.unwrap_or(circumstances.cgroup),
    })
}

fn root(root: &spec::Root<'_>, directory: &Path) -> Result<Root, BundleError> {
    let path = directory.join(root.path);
    let real = std::fs::canonicalize(&path).ok().filter(|path| path.is_dir());
    match real.as_deref().and_then(Path::to_str) {
        Some(path) => Ok(Root::Directory(path.to_owned())),
        None => wrong("root.path", format!("{} is not a directory", path.display())),
    }
}

fn check_counts(launch: &Launch) -> Result<(), BundleError> {
    let strings = launch.process.args.iter().chain(&launch.process.env);
    for (field, count, max) in [
        ("mounts", launch.mounts.len(), MOUNTS_MAX),
        ("process.args and env", strings.clone().count(), STRINGS_MAX),
        ("bytes of process.args and env", strings.map(String::len).sum(), STRINGS_BYTES_MAX),
        ("process.rlimits", launch.process.rlimits.len(), ENTRIES_MAX),
        ("process.user.additionalGids", launch.process.groups.len(), ENTRIES_MAX),
        ("linux.devices", launch.devices.len(), ENTRIES_MAX),
        ("linux.sysctl", launch.sysctls.len(), ENTRIES_MAX),
        ("linux.maskedPaths", launch.masked_paths.len(), ENTRIES_MAX),
        ("linux.readonlyPaths", launch.readonly_paths.len(), ENTRIES_MAX),
    ] {
        if count > max {
            return wrong(field, format!("{count} are more than the {max} that are possible"));
        }
    }
    Ok(())
}
