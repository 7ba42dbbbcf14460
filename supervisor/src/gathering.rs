//! What the system has to be asked before a container can be made: the materials for [`crate::making`].
//!
//! In: options. Out: [`Materials`]. Volumes and missing bind sources are made here, as docker does.

use crate::board::Board;
use crate::cli::environment::{self, EnvRule, Variable};
use crate::cli::options::{ContainerOptions, LimitOptions};
use crate::cli::value::mount::{MountSource, MountSpec};
use crate::cli::value::security::SeccompChoice;
use crate::failure::Failure;
use crate::making::{ImageMaterials, Materials};
use crate::volumes;
use limpet_protocol::app::DeviceRequest;
use limpet_protocol::container::ImageUse;
use limpet_protocol::id::{ContainerId, ID_LEN};
use limpet_protocol::launch::{Device, WindowSize};
use limpet_protocol::limits::Throttle;
use limpet_runner::keeper::now_ns;
use limpet_store::Image;
use rustix::fs::{FileType, major, minor, stat};
use std::fs;
use std::io::Read;
use std::path::Path;

/// Largest seccomp profile that is read.
const PROFILE_BYTES_MAX: u64 = 1024 * 1024;

/// Looks up everything that `options` need, for a container made from `image`.
///
/// # Errors
/// A file, a device or a directory that an option names cannot be used.
pub fn gather(
    board: &Board,
    options: &ContainerOptions,
    reference: &str,
    image: Image,
    id: &ContainerId,
) -> Result<Materials, Failure> {
    // docker's create, too, has 125 for files that options name.
    let materials = Materials {
        name: options.name.clone().unwrap_or_else(|| crate::names::invent(id)),
        now_ns: now_ns(),
        directory: utf8(&board.home.directory(id))?,
        state: utf8(&board.home.state_directory(id))?,
        environment: variables(&options.env_files, &options.environment).map_err(Failure::of_run)?,
        labels: labels(options).map_err(Failure::of_run)?,
        sources: sources(board, options, &image, id)?,
        devices: options.devices.iter().map(device).collect::<Result<_, _>>()?,
        throttles: throttles(&options.limits)?,
        profile: profile(&options.seccomp).map_err(Failure::of_run)?,
        board: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        window: window(),
        last_capability: last_capability(),
        image: image_materials(board, options, reference, image, id)?,
        id: id.clone(),
    };
    Ok(materials)
}

/// An id that nothing else has.
///
/// # Errors
/// No randomness.
pub fn new_id() -> Result<ContainerId, Failure> {
    let mut bytes = [0; ID_LEN / 2];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(ContainerId::from_bytes(bytes))
}

fn utf8(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().ok_or_else(|| Failure::new(format!("path {} is not UTF-8", path.display())))?;
    Ok(text.to_owned())
}

fn image_materials(
    board: &Board,
    options: &ContainerOptions,
    reference: &str,
    image: Image,
    id: &ContainerId,
) -> Result<ImageMaterials, Failure> {
    let covered = |target: &str| options.mounts.iter().any(|mount| mount.target == target);
    let mut anonymous = Vec::new();
    for target in image.config.volumes.iter().filter(|target| !covered(target)) {
        anonymous.push((target.clone(), utf8(&volumes::anonymous(board, id, target, &image)?)?));
    }
    Ok(ImageMaterials {
        image: ImageUse { reference: reference.to_owned(), digest: image.id.to_string() },
        layers: image.layers.iter().map(|layer| utf8(layer)).collect::<Result<_, _>>()?,
        config: image.config,
        volumes: anonymous,
    })
}

/// Variables of the files, then of the flags, with the caller's values where they are copied.
///
/// # Errors
/// A file cannot be read, or a line of it is wrong.
pub fn variables(files: &[String], rules: &[EnvRule]) -> Result<Vec<Variable>, Failure> {
    let mut from_files = Vec::new();
    for file in files {
        let contents = read(file, environment::FILE_BYTES_MAX as u64 + 1)?;
        let rules = environment::env_file(&contents)
            .map_err(|error| Failure::new(format!("--env-file {file}: {error}")))?;
        from_files.extend(rules);
    }
    Ok(environment::resolve(&from_files, rules, |name| std::env::var(name).ok()))
}

/// Labels of the files, then of the flags.
///
/// # Errors
/// A file cannot be read, or a line of it is wrong.
pub fn labels(options: &ContainerOptions) -> Result<Vec<(String, String)>, Failure> {
    let mut labels = Vec::new();
    for file in &options.label_files {
        let contents = read(file, environment::FILE_BYTES_MAX as u64 + 1)?;
        labels.extend(
            environment::label_file(&contents)
                .map_err(|error| Failure::new(format!("--label-file {file}: {error}")))?,
        );
    }
    labels.extend(options.labels.iter().cloned());
    Ok(labels)
}

fn read(path: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = fs::File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes));
    result.map(|_| bytes).map_err(|error| Failure::new(format!("read {path}: {}", plain(&error))))
}

fn plain(error: &std::io::Error) -> String {
    rustix::io::Errno::from_io_error(error).map_or_else(|| error.to_string(), limpet_runner::failure::reason)
}

fn profile(choice: &SeccompChoice) -> Result<Option<Vec<u8>>, Failure> {
    match choice {
        SeccompChoice::Profile(path) => read(path, PROFILE_BYTES_MAX + 1).map(Some),
        SeccompChoice::Default | SeccompChoice::Unconfined => Ok(None),
    }
}

fn sources(
    board: &Board,
    options: &ContainerOptions,
    image: &Image,
    id: &ContainerId,
) -> Result<Vec<String>, Failure> {
    options.mounts.iter().map(|mount| source(board, mount, image, id)).collect()
}

fn source(board: &Board, mount: &MountSpec, image: &Image, id: &ContainerId) -> Result<String, Failure> {
    match &mount.source {
        MountSource::Bind { path, create, .. } => bind_source(path, *create),
        MountSource::Volume { name: Some(name), copy } => {
            utf8(&volumes::named(board, name, &mount.target, copy.then_some(image))?)
        }
        MountSource::Volume { name: None, .. } => utf8(&volumes::anonymous(board, id, &mount.target, image)?),
        MountSource::Tmpfs { .. } => Ok(String::new()),
    }
}

fn bind_source(path: &str, create: bool) -> Result<String, Failure> {
    let absolute =
        std::path::absolute(path).map_err(|error| Failure::new(format!("bind {path}: {}", plain(&error))))?;
    if !absolute.exists() {
        if !create {
            return Err(Failure::new(format!("bind source {path} does not exist; make it first, or use -v")));
        }
        fs::create_dir_all(&absolute)
            .map_err(|error| Failure::new(format!("make bind source {path}: {}", plain(&error))))?;
    }
    utf8(&absolute)
}

fn device(spec: &DeviceRequest) -> Result<Device, Failure> {
    let (kind, numbers, mode) = device_numbers(&spec.source)?;
    Ok(Device {
        path: spec.target.clone(),
        block: kind == FileType::BlockDevice,
        major: numbers.0,
        minor: numbers.1,
        mode,
        access: spec.access,
    })
}

fn device_numbers(path: &str) -> Result<(FileType, (u32, u32), u32), Failure> {
    let status = stat(path)
        .map_err(|errno| Failure::new(format!("device {path}: {}", limpet_runner::failure::reason(errno))))?;
    let kind = FileType::from_raw_mode(status.st_mode);
    if kind != FileType::BlockDevice && kind != FileType::CharacterDevice {
        return Err(Failure::new(format!("device {path}: it is no device")));
    }
    Ok((kind, (major(status.st_rdev), minor(status.st_rdev)), status.st_mode & 0o777))
}

/// The throttles with the numbers of their devices.
///
/// # Errors
/// A path that is no block device.
pub fn throttles(options: &LimitOptions) -> Result<Vec<Throttle>, Failure> {
    let throttle = |spec: &crate::cli::options::ThrottleSpec| {
        let (kind, (major, minor), _) = device_numbers(&spec.path)?;
        if kind != FileType::BlockDevice {
            return Err(Failure::new(format!("device {}: only a block device has a rate", spec.path)));
        }
        Ok(Throttle { kind: spec.kind, path: spec.path.clone(), major, minor, rate: spec.rate })
    };
    options.throttles.iter().map(throttle).collect()
}

/// The size of the user's terminal, if there is one.
pub fn window() -> Option<WindowSize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdin()).ok()?;
    (size.ws_row > 0).then_some(WindowSize { rows: size.ws_row, columns: size.ws_col })
}

/// The kernel's highest capability; without /proc, the highest that is known here.
pub fn last_capability() -> u8 {
    let text = fs::read_to_string("/proc/sys/kernel/cap_last_cap").unwrap_or_default();
    text.trim().parse().unwrap_or(40)
}
