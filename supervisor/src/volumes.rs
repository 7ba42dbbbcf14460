//! Volumes: directories that Limpet keeps for containers, `ROOT/volumes/NAME`.
//!
//! A new volume begins as a copy of what the image has at its place, as docker's does. A volume without a name lies in the
//! directory of its container and goes with it, whether `rm` is told `-v` or not.

#[cfg(test)]
mod tests;

use crate::board::Board;
use crate::copying::owners::Owners;
use crate::copying::place::{Belongs, Placer};
use crate::copying::source::{Source, entry_of};
use crate::copying::{failed, spot, view};
use crate::failure::Failure;
use limpet_protocol::id::ContainerId;
use limpet_runner::failure::reason;
use limpet_runner::overlay::{Layers, own_mount_namespace};
use limpet_store::Image;
use limpet_sys::clone::{Cloned, clone_process};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, FlockOperation, OFlags, flock, fstat};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{WaitId, WaitIdOptions, waitid};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Most bytes of what a child says of its failure.
const WHY_BYTES_MAX: u64 = 4096;

/// The directory of the volume `name`, made if it is new; filled from `image` at `target` if one is given and it is empty.
///
/// # Errors
/// The disk refuses.
pub(crate) fn named(
    board: &Board,
    name: &str,
    target: &str,
    image: Option<&Image>,
) -> Result<PathBuf, Failure> {
    let volumes = Path::new(&board.globals.root).join("volumes");
    let path = volumes.join(name);
    if is_ready(&path, image) {
        return Ok(path);
    }
    let explain = |failure: Failure| Failure::new(format!("make volume {name}: {failure}"));
    let lock = lock(&volumes).map_err(explain)?;
    // Another command may have made or filled it while this one waited.
    if !path.exists() {
        make(board, &path, target, image).map_err(explain)?;
    } else if !is_ready(&path, image) {
        refill(board, &path, target, image).map_err(explain)?;
    }
    drop(lock);
    Ok(path)
}

/// The directory of a volume that belongs to one container alone, inside that container's own.
///
/// # Errors
/// The disk refuses.
pub(crate) fn anonymous(
    board: &Board,
    id: &ContainerId,
    target: &str,
    image: &Image,
) -> Result<PathBuf, Failure> {
    let path = board.home.directory(id).join("volumes").join(file_name(target));
    make(board, &path, target, Some(image))
        .map_err(|failure| Failure::new(format!("make the volume at {target}: {failure}")))?;
    Ok(path)
}

/// Whether there is nothing to do for a volume: it is there, and holds something or is not to be filled.
fn is_ready(path: &Path, image: Option<&Image>) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => image.is_none() || entries.next().is_some(),
        // What is there but is no directory that can be read is said when it is mounted.
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// One name for each target.
fn file_name(target: &str) -> String {
    target.trim_matches('/').replace('%', "%25").replace('/', "%2f")
}

/// Held while a volume is made.
fn lock(volumes: &Path) -> Result<File, Failure> {
    // A set-user-ID file that a container leaves in a volume is root's on the board: nobody else may reach it.
    let private = fs::DirBuilder::new().recursive(true).mode(0o700).create(volumes);
    private.map_err(failed("make", volumes.as_os_str().as_encoded_bytes()))?;
    let directory = File::open(volumes)?;
    flock(&directory, FlockOperation::LockExclusive)?;
    Ok(directory)
}

/// Filled aside and renamed, so a volume is there whole or not at all.
fn make(board: &Board, path: &Path, target: &str, image: Option<&Image>) -> Result<(), Failure> {
    beside(path, |aside| {
        let data = aside.join("data");
        filled(board, aside, target, image, &data)?;
        Ok(fs::rename(data, path)?)
    })
}

/// Fills an empty volume in its place: a container that runs may have it mounted.
fn refill(board: &Board, path: &Path, target: &str, image: Option<&Image>) -> Result<(), Failure> {
    beside(path, |aside| filled(board, aside, target, image, path))
}

/// Runs `act` with a directory beside `path` for what is unfinished. What a crash left there is removed first.
fn beside(path: &Path, act: impl FnOnce(&Path) -> Result<(), Failure>) -> Result<(), Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // No volume's name begins with a dot.
    let aside = path.with_file_name(format!(".{name}"));
    discard(&aside)?;
    fs::create_dir_all(aside.join("data")).map_err(failed("make", aside.as_os_str().as_encoded_bytes()))?;
    let made = act(&aside);
    // The first error is the one to tell; what stays is removed by the next to try.
    let cleaned = discard(&aside);
    made.and(cleaned)
}

fn filled(
    board: &Board,
    aside: &Path,
    target: &str,
    image: Option<&Image>,
    data: &Path,
) -> Result<(), Failure> {
    match image.filter(|image| !image.layers.is_empty()) {
        Some(image) => in_child(|| fill(board, aside, image, target, data)),
        None => Ok(()),
    }
}

fn discard(aside: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("remove", aside.as_os_str().as_encoded_bytes())(error).into())
        }
        _ => Ok(()),
    }
}

/// Runs `act` in a child process, whose mounts go with it.
fn in_child(act: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    match clone_process(rustix::thread::UnshareFlags::empty(), None)? {
        Cloned::Child => {
            if let Err(failure) = act() {
                // If the parent cannot be told, it still sees that this did not end well.
                File::from(write).write_all(failure.to_string().as_bytes()).ok();
                limpet_sys::process::exit_now(1);
            }
            limpet_sys::process::exit_now(0)
        }
        Cloned::Parent(child) => {
            drop(write);
            let mut why = String::new();
            File::from(read).take(WHY_BYTES_MAX).read_to_string(&mut why)?;
            let status = waitid(WaitId::PidFd(child.pidfd.as_fd()), WaitIdOptions::EXITED)?;
            match status.and_then(|status| status.exit_status()) {
                Some(0) => Ok(()),
                _ if why.is_empty() => Err(Failure::new("the copying process was killed")),
                _ => Err(Failure::new(why)),
            }
        }
    }
}

/// Copies `target` of the image's merged layers, which are mounted in `aside`, into `data`; in a child process.
fn fill(board: &Board, aside: &Path, image: &Image, target: &str, data: &Path) -> Result<(), Failure> {
    own_mount_namespace()?;
    for name in ["upper", "work", "root"] {
        fs::create_dir_all(aside.join(name))?;
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let lower: Vec<String> = image.layers.iter().map(|layer| text(layer)).collect();
    let (upper, work) = (text(&aside.join("upper")), text(&aside.join("work")));
    let root = text(&aside.join("root"));
    view::mount_layers(
        &Layers { lower: &lower, upper: &upper, work: &work, common: &board.globals.root },
        &root,
    )?;
    let root = open(&root)?;
    match spot::open(root.as_fd(), target.as_bytes(), OFlags::PATH) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
        Err(errno) => Err(Failure::new(format!("open {target} of the image: {}", reason(errno)))),
        Ok(place) => fill_from(&place, open(&text(data))?),
    }
}

fn open(path: &str) -> Result<OwnedFd, Failure> {
    view::directory(path).map_err(|errno| Failure::new(format!("open {path}: {}", reason(errno))))
}

/// Where the image has no directory, the volume begins empty.
fn fill_from(place: &OwnedFd, data: OwnedFd) -> Result<(), Failure> {
    let status = fstat(place)?;
    if FileType::from_raw_mode(status.st_mode) != FileType::Directory {
        return Ok(());
    }
    let mut placer = Placer::new(data, Owners::Same, Belongs::AsWritten);
    placer.put_base(&entry_of(place.as_fd())?)?;
    Source::new(Owners::Same, &mut placer).copy_contents(place.as_fd())?;
    Ok(placer.finish()?)
}

/// Removes named volumes; what is gone already is removed.
///
/// # Errors
/// A container uses one, or the disk refuses.
pub(crate) fn remove(board: &Board, names: &[String]) -> Result<(), Failure> {
    let volumes = Path::new(&board.globals.root).join("volumes");
    if names.is_empty() || !volumes.exists() {
        return Ok(());
    }
    let _lock = lock(&volumes)?;
    for name in names {
        let path = volumes.join(name);
        if let Some(user) = user_of(board, &path)? {
            return Err(Failure::new(format!(
                "remove volume {name}: container {user} uses it; remove that first"
            )));
        }
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("remove volume {name}: {error}")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Name of a container that mounts this directory of the board.
fn user_of(board: &Board, path: &Path) -> Result<Option<String>, Failure> {
    use limpet_protocol::launch::MountKind;
    let mounts = |mount: &limpet_protocol::launch::Mount| match &mount.kind {
        MountKind::Bind { source, .. } => Path::new(source) == path,
        MountKind::Proc
        | MountKind::Sysfs
        | MountKind::Devpts
        | MountKind::Mqueue
        | MountKind::Cgroup
        | MountKind::Dev
        | MountKind::Tmpfs { .. } => false,
    };
    let containers = crate::census::Census::take(board)?.containers;
    let user = containers.into_iter().find(|listed| listed.container.keep.launch.mounts.iter().any(mounts));
    Ok(user.map(|listed| listed.container.name))
}
