//! Looking a board over: what [`super::judge`] needs, and nothing is changed.

use super::Facts;
use crate::board::Board;
use crate::census::Census;
use crate::control::{self, ControlError};
use crate::failure::Failure;
use crate::output::apps::update_text;
use crate::supervise::{GROUP, group_id};
use crate::verbs::{about, info};
use limpet_runner::cgroup;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a unit of the system or of its owner may be.
const UNITS: [&str; 3] = [
    "/etc/systemd/system/limpet.service",
    "/usr/lib/systemd/system/limpet.service",
    "/lib/systemd/system/limpet.service",
];

/// Looks at everything; what cannot be read is as if it were not there.
#[must_use]
pub fn gather(board: &Board) -> Facts {
    let features = board.features();
    let (cgroup, missing_controllers) = controllers();
    let (supervisor, troubles) = supervisor(board);
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Facts {
        kernel: features.kernel,
        release: rustix::system::uname().release().to_string_lossy().into_owned(),
        page_bytes: rustix::param::page_size() as u64,
        cgroup,
        missing_controllers,
        command_line: fs::read_to_string("/proc/cmdline").unwrap_or_default(),
        swap_unlimited: is_swap_unlimited(),
        overlayfs: info::has_overlayfs(),
        seccomp: Path::new("/proc/sys/kernel/seccomp").exists(),
        user_namespaces: features.user_namespaces,
        id_mapped_overlay: features.id_mapped_overlay,
        room: crate::room::of(board),
        kept_bytes: crate::room::kept(board),
        state_in_memory: is_in_memory(board.state()),
        clock_s: clock,
        clock_synchronised: limpet_sys::clock::is_synchronised(),
        built_s: about::RELEASED_S,
        watchdog: Path::new("/dev/watchdog").exists(),
        systemd: Path::new("/run/systemd/system").exists(),
        unit: UNITS.iter().any(|path| Path::new(path).exists()),
        supervisor,
        troubles,
        lock: crate::lock::held(Path::new(&board.globals.root), board.state()),
        group: group_id(GROUP).is_some(),
        unfinished: unfinished(Path::new(&board.globals.root)),
        scrub: crate::scrub::last(Path::new(&board.globals.root)),
        damaged: damaged(board),
    }
}

/// What is not there yet will be where the directory above it is.
fn is_in_memory(path: &Path) -> bool {
    // statfs(2): tmpfs and ramfs.
    const MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
    let there = path.ancestors().find_map(|path| rustix::fs::statfs(path).ok());
    there.is_some_and(|disk| u64::try_from(disk.f_type).is_ok_and(|kind| MEMORY.contains(&kind)))
}

fn controllers() -> (Result<String, String>, Vec<(String, String)>) {
    match cgroup::detect() {
        Ok(driver) => {
            let (version, controllers) = (driver.version(), driver.controllers());
            let missing = cgroup::missing(version, controllers);
            let named =
                missing.iter().map(|cause| (cause.controller_name(version).to_owned(), cause.to_string()));
            (Ok(version.to_string()), named.collect())
        }
        Err(error) => (Err(Failure::from(error).to_string()), Vec::new()),
    }
}

/// v1 shows in its root group whether it counts swap; v2 does where there is a memory controller, unless it is told not to.
fn is_swap_unlimited() -> bool {
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    let v1 = Path::new("/sys/fs/cgroup/memory");
    swaps.lines().count() > 1 && v1.exists() && !v1.join("memory.memsw.limit_in_bytes").exists()
}

/// What the store and the removal of a container leave where they were interrupted.
fn unfinished(root: &Path) -> usize {
    let names = |directory: &str| fs::read_dir(root.join(directory)).into_iter().flatten().flatten();
    let removals =
        names("containers").filter(|entry| entry.file_name().to_string_lossy().ends_with(".removed"));
    names("staging").count() + removals.count()
}

fn supervisor(board: &Board) -> (Result<bool, String>, Vec<String>) {
    match control::report(board.state()) {
        Ok(report) => {
            let updates = report.apps.iter().filter_map(|app| {
                let text = app.update.as_ref().and_then(update_text)?;
                Some(format!("app {} is {text}", app.name))
            });
            (Ok(true), updates.chain(report.troubles.iter().cloned()).collect())
        }
        Err(ControlError::Absent(_)) => (Ok(false), Vec::new()),
        Err(error) => (Err(error.to_string()), Vec::new()),
    }
}

fn damaged(board: &Board) -> Vec<String> {
    match Census::take(board) {
        Ok(census) => census.damaged.iter().map(ToString::to_string).collect(),
        Err(failure) => vec![failure.to_string()],
    }
}
