//! `info`: what this board's kernel offers, and what Limpet holds here. Makes nothing: it also answers on a board where
//! Limpet has never run, and where it could not.

use super::shown;
use crate::board::Board;
use crate::census::Census;
use crate::cli::command::FormatArgs;
use crate::failure::{Failure, Outcome};
use crate::output::board::{self, Facts};
use crate::output::format::Format;
use crate::screen;
use limpet_runner::cgroup::{self, Controllers, Version};
use limpet_runner::features::{Features, KERNEL_MIN};
use limpet_runner::status::Status;
use std::fs;
use std::io;
use std::path::Path;

/// `info`
pub(super) fn info(board: &Board, args: &FormatArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let facts = facts(board);
    if format != Format::Table {
        screen::print(&format.document(&board::info(&facts))?);
        return Ok(0);
    }
    screen::print(&board::info_lines(&facts));
    for warning in &facts.warnings {
        screen::complain(&format!("warning: {warning}"));
    }
    Ok(0)
}

fn facts(board: &Board) -> Facts {
    let (cgroup, mut warnings) = cgroups();
    let features = board.features();
    let (seccomp, overlayfs) = (Path::new("/proc/sys/kernel/seccomp").exists(), has_overlayfs());
    warnings.extend(complaints(features, seccomp, overlayfs));
    let containers = or_warn("containers", containers(board), &mut warnings);
    let images = or_warn("images", images(board), &mut warnings);
    let here = cgroup::Board::here();
    let uname = rustix::system::uname();
    let (fleet, link) = super::fleet::status(board);
    Facts {
        version: super::about::VERSION,
        root: board.globals.root.clone(),
        state: board.globals.state.clone(),
        containers,
        images,
        name: uname.nodename().to_string_lossy().into_owned(),
        operating_system: operating_system(),
        kernel_version: uname.release().to_string_lossy().into_owned(),
        architecture: uname.machine().to_string_lossy().into_owned(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: here.memory_bytes,
        ceiling_bytes: cgroup::default_ceiling_bytes(&here),
        reserve_bytes: cgroup::reserve_bytes(here.memory_bytes),
        pids_default: cgroup::PIDS_DEFAULT_MAX,
        cgroup,
        features,
        seccomp,
        overlayfs,
        fleet,
        link,
        lock: crate::lock::held(Path::new(&board.globals.root), board.state()),
        warnings,
    }
}

/// What cannot be counted (by who is not root) is no reason to say nothing of the board.
fn or_warn<T: Default>(what: &str, counted: Result<T, Failure>, warnings: &mut Vec<String>) -> T {
    counted.unwrap_or_else(|failure| {
        warnings.push(format!("{what} cannot be counted: {failure}"));
        T::default()
    })
}

/// Running, paused, and neither.
fn containers(board: &Board) -> Result<[usize; 3], Failure> {
    let mut counts = [0; 3];
    for listed in Census::take(board)?.complaining() {
        counts[match listed.status {
            Status::Running(_) => 0,
            Status::Paused(_) => 1,
            Status::Created | Status::Exited(_) => 2,
        }] += 1;
    }
    Ok(counts)
}

fn images(board: &Board) -> Result<usize, Failure> {
    let root = Path::new(&board.globals.root);
    if !root.join("blobs").exists() {
        return Ok(0);
    }
    Ok(board.store()?.images()?.len())
}

/// The hierarchy, and what is missing in it.
fn cgroups() -> (Option<(Version, Controllers)>, Vec<String>) {
    match cgroup::detect() {
        Ok(driver) => {
            let (version, controllers) = (driver.version(), driver.controllers());
            let missing = cgroup::missing(version, controllers);
            (Some((version, controllers)), missing.iter().map(ToString::to_string).collect())
        }
        Err(error) => (None, vec![Failure::from(error).to_string()]),
    }
}

/// What else stands in the way of a container.
fn complaints(features: Features, seccomp: bool, overlayfs: bool) -> Vec<String> {
    let (major, minor) = KERNEL_MIN;
    [
        (features.kernel < KERNEL_MIN, format!("the kernel is older than {major}.{minor}, the oldest that is supported")),
        (!overlayfs, "the kernel has no overlayfs, which images need; it needs CONFIG_OVERLAY_FS".to_owned()),
        (!seccomp, "the kernel filters no system calls; it needs CONFIG_SECCOMP_FILTER".to_owned()),
        (
            !features.user_namespaces,
            "no user namespaces: root in a container is root on the board; the kernel needs CONFIG_USER_NS and user.max_user_namespaces above 0".to_owned(),
        ),
        (
            features.user_namespaces && !features.id_mapped_overlay,
            "no id-mapped overlay: containers run with the board's user ids; Linux 5.19 has it".to_owned(),
        ),
    ]
    .into_iter()
    .filter_map(|(holds, complaint)| holds.then_some(complaint))
    .collect()
}

/// Built in or loaded; or a module that the kernel loads when it is first mounted.
pub(crate) fn has_overlayfs() -> bool {
    let names = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    let is_overlay = |line: &str| line.split_whitespace().next_back() == Some("overlay");
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let module = || fs::read_to_string(format!("/lib/modules/{release}/modules.dep")).unwrap_or_default();
    names.lines().any(is_overlay) || module().contains("/overlay.ko")
}

/// PRETTY_NAME of os-release(5).
fn operating_system() -> String {
    let read = |path: &str| -> io::Result<String> { fs::read_to_string(path) };
    let text = read("/etc/os-release").or_else(|_| read("/usr/lib/os-release")).unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or_default().trim_matches('"').to_owned()
}
