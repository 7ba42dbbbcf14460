//! cgroup v2: one tree for all controllers, handed down level by level through `cgroup.subtree_control`.

mod read;
pub(super) mod settings;

use super::controller::{Controller, Controllers, Version};
use super::devices::DevicePolicy;
use super::effective::Effective;
use super::error::{Cause, CgroupError, LimitName};
use super::file::{TEXT_BYTES_MAX, Tree, write_value};
use super::making::{Made, check_path, parent, parents};
use super::plan::{Setting, enforce};
use super::policy::{Board, Wanted, default_ceiling_bytes, resolve};
use super::stats::{Stats, keyed};
use super::{CgroupDriver, FREEZE_MS_MAX, Group, Join, change, device_program, processes};
use limpet_protocol::limits::Limits;
use limpet_sys::bpf;
use rustix::fd::AsFd;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::rc::Rc;

/// The controllers that are handed down to containers.
const HANDED_DOWN: [Controller; 5] =
    [Controller::Memory, Controller::Cpu, Controller::Cpuset, Controller::Pids, Controller::Io];

/// What the driver and its groups share.
#[derive(Debug)]
struct Root {
    tree: Tree,
    /// Those of [`HANDED_DOWN`] that the root offers.
    controllers: Controllers,
    board: Board,
}

impl Root {
    /// Where a limit's files are, if its controller is offered at all.
    fn with(&self, controller: Controller) -> Option<&Tree> {
        self.controllers.contains(controller).then_some(&self.tree)
    }
}

/// The driver.
#[derive(Debug)]
pub(super) struct V2(Rc<Root>);

impl V2 {
    /// Over the root of a hierarchy that offers these controllers.
    pub(super) fn new(tree: Tree, offered: Controllers) -> Self {
        let usable = HANDED_DOWN.into_iter().filter(|controller| offered.contains(*controller));
        let controllers = usable.fold(Controllers::default(), Controllers::with);
        Self(Rc::new(Root { tree, controllers, board: Board::here() }))
    }

    fn group(&self, path: &str) -> V2Group {
        V2Group { root: Rc::clone(&self.0), path: path.to_owned() }
    }
}

impl CgroupDriver for V2 {
    fn version(&self) -> Version {
        Version::V2
    }

    fn controllers(&self) -> Controllers {
        // The freezer is part of the hierarchy itself (Linux 5.2), the device filter part of BPF.
        self.0.controllers.with(Controller::Freezer).with(Controller::Devices)
    }

    fn create(
        &self,
        path: &str,
        limits: &Limits,
        devices: &DevicePolicy,
    ) -> Result<Box<dyn Group>, CgroupError> {
        check_path(path)?;
        let root = &*self.0;
        let wanted = resolve(limits, &root.board)?;
        let settings = settings::settings(&Effective::default(), &wanted);
        let mut made = Made::default();
        // Each level hands down before the next is made: mkdir(2) waits for whoever is just enabling a controller above,
        // whose name can be read there before its files are in the groups below.
        hand_down(root, "", &settings)?;
        for ancestor in parents(path) {
            if made.make_missing(&root.tree, ancestor)? {
                prepare_parent(root, ancestor)?;
            }
            hand_down(root, ancestor, &settings)?;
        }
        made.make_new(&root.tree, path)?;
        enforce(&settings, path, Version::V2, &|controller| root.with(controller))?;
        filter_devices(&root.tree, path, devices)?;
        made.keep();
        Ok(Box::new(self.group(path)))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Group>, CgroupError> {
        check_path(path)?;
        if !self.0.tree.exists(path) {
            return Err(CgroupError::NoGroup { path: path.to_owned() });
        }
        Ok(Box::new(self.group(path)))
    }
}

/// The instance's group, when it was just made, carries the ceiling.
fn prepare_parent(root: &Root, group: &str) -> Result<(), CgroupError> {
    if !parent(group).is_empty() || !root.controllers.contains(Controller::Memory) {
        return Ok(());
    }
    let ceiling = [settings::ceiling(default_ceiling_bytes(&root.board))];
    hand_down(root, "", &ceiling)?;
    enforce(&ceiling, group, Version::V2, &|controller| root.with(controller))
}

/// Give a group's children every controller that is offered. One that cannot be given is an error only where a
/// setting needs it.
fn hand_down(root: &Root, group: &str, settings: &[Setting]) -> Result<(), CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    let tree = &root.tree;
    let given = tree.text(group, "cgroup.subtree_control", &mut buffer)?.unwrap_or_default();
    let missing = root.controllers.without(Controllers::parse(given, ' ', Version::V2));
    if missing.is_empty() || write_controllers(tree, group, missing).is_ok() {
        return Ok(());
    }
    // One of them was refused and with it all: one by one.
    for controller in missing.iter() {
        let refused = write_controllers(tree, group, Controllers::default().with(controller)).err();
        let needed = settings.iter().find(|setting| setting.controller == controller);
        if let (Some(source), Some(setting)) = (refused, needed) {
            return Err(not_handed_down(tree, group, controller, setting.limit, source));
        }
    }
    Ok(())
}

fn write_controllers(tree: &Tree, group: &str, controllers: Controllers) -> Result<(), Errno> {
    let words: Vec<_> =
        controllers.iter().map(|controller| format!("+{}", controller.name(Version::V2))).collect();
    let fd = tree.open_at(group, "cgroup.subtree_control", OFlags::WRONLY)?;
    write_value(fd.as_fd(), &words.join(" "))
}

fn not_handed_down(
    tree: &Tree,
    group: &str,
    controller: Controller,
    limit: LimitName,
    source: Errno,
) -> CgroupError {
    let path = tree.full_path(group, "");
    match source {
        Errno::BUSY => CgroupError::ProcessesInside { path },
        Errno::NOENT => CgroupError::Unenforceable {
            limit,
            cause: Cause::NotDelegated(controller, tree.full_path(parent(group), "")),
        },
        source => CgroupError::Io { operation: "enable controllers in", path, source },
    }
}

fn filter_devices(tree: &Tree, group: &str, devices: &DevicePolicy) -> Result<(), CgroupError> {
    let DevicePolicy::Rules(rules) = devices else { return Ok(()) };
    if rules.len() > device_program::RULES_MAX {
        let (limit, value) = (LimitName::Devices, rules.len().to_string());
        return Err(CgroupError::Invalid { limit, value, reason: "so many devices do not fit one filter" });
    }
    let program =
        bpf::load_device_program(&device_program::program(rules)).map_err(|source| match source {
            Errno::NOSYS | Errno::INVAL => CgroupError::Unenforceable {
                limit: LimitName::Devices,
                cause: Cause::NotBuilt(Controller::Devices, Version::V2),
            },
            source => tree.error("load the device filter of", group, "", source),
        })?;
    let failed = |source| tree.error("attach the device filter to", group, "", source);
    let directory = tree.open_at(group, "", OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)?;
    bpf::attach_device_program(directory.as_fd(), program.as_fd()).map_err(failed)?;
    match bpf::count_device_programs(&directory).map_err(failed)? {
        1.. => Ok(()),
        0 => Err(CgroupError::NotInForce {
            limit: LimitName::Devices,
            path: tree.full_path(group, ""),
            wanted: "one device filter".into(),
            found: "none".into(),
        }),
    }
}

/// One group.
#[derive(Debug)]
struct V2Group {
    root: Rc<Root>,
    path: String,
}

impl V2Group {
    /// Ask the freezer and wait until it says so.
    fn reach(&self, frozen: bool, limit_ms: u64) -> Result<bool, CgroupError> {
        let tree = &self.root.tree;
        tree.write(&self.path, "cgroup.freeze", if frozen { "1" } else { "0" })?;
        processes::wait_until(limit_ms, &mut || Ok(self.is_frozen()? == frozen))
    }

    fn must_reach(&self, frozen: bool, what: &'static str) -> Result<(), CgroupError> {
        let needs = "Linux 5.2";
        match self.reach(frozen, FREEZE_MS_MAX) {
            Ok(true) => Ok(()),
            Ok(false) => Err(CgroupError::TooLong { what, path: self.path.clone(), limit_ms: FREEZE_MS_MAX }),
            Err(CgroupError::Io { path, source: Errno::NOENT, .. }) if self.root.tree.exists(&self.path) => {
                Err(CgroupError::Unenforceable {
                    limit: LimitName::Freezer,
                    cause: Cause::NoFile { path, needs },
                })
            }
            Err(error) => Err(error),
        }
    }

    /// All at once where the kernel can (Linux 5.14); a signal each, as often as needed, where it cannot.
    fn kill_once(&self) -> Result<(), CgroupError> {
        let tree = &self.root.tree;
        match tree.write(&self.path, "cgroup.kill", "1") {
            Err(CgroupError::Io { source: Errno::NOENT, .. }) => processes::signal_all(tree, &self.path),
            result => result,
        }
    }

    fn event(&self, key: &str) -> Result<bool, CgroupError> {
        Ok(keyed(&self.root.tree, &self.path, "cgroup.events", [key])?[0] != 0)
    }
}

impl change::Changeable for V2Group {
    fn settings(&self, from: &Effective, to: &Wanted) -> Vec<Setting> {
        settings::settings(from, to)
    }

    fn enforce(&self, settings: &[Setting]) -> Result<(), CgroupError> {
        enforce(settings, &self.path, Version::V2, &|controller| self.root.with(controller))
    }

    /// `memory.max` below what is in use kills; `memory.high` for a moment reclaims and does not.
    fn make_room(&self, from: &Effective, to: &Effective) -> Result<(), CgroupError> {
        // A command that was killed between the two writes below left it. Without a memory controller there is none.
        if let Ok(Some(_)) = self.root.tree.number(&self.path, "memory.high") {
            self.root.tree.write(&self.path, "memory.high", "max")?;
        }
        let Some(wanted_bytes) =
            to.memory_bytes.filter(|bytes| from.memory_bytes.is_none_or(|now| *bytes < now))
        else {
            return Ok(());
        };
        let used = || Ok(self.root.tree.number(&self.path, "memory.current")?.unwrap_or(0));
        if used()? <= wanted_bytes {
            return Ok(());
        }
        self.root.tree.write(&self.path, "memory.high", &wanted_bytes.to_string())?;
        let used_bytes = used();
        self.root.tree.write(&self.path, "memory.high", "max")?;
        match used_bytes? {
            used_bytes if used_bytes > wanted_bytes => Err(CgroupError::InUse { wanted_bytes, used_bytes }),
            _ => Ok(()),
        }
    }

    /// An empty list of CPUs is the parent's: nothing to fill in.
    fn complete(&self, _wanted: &mut Wanted) -> Result<(), CgroupError> {
        Ok(())
    }
}

impl Group for V2Group {
    fn path(&self) -> &str {
        &self.path
    }

    fn join(&self) -> Result<Join, CgroupError> {
        let tree = &self.root.tree;
        tree.open_at(&self.path, "", OFlags::RDONLY | OFlags::DIRECTORY)
            .map(Join::Directory)
            .map_err(|source| tree.error("open", &self.path, "", source))
    }

    fn apply(&self, limits: &Limits) -> Result<(), CgroupError> {
        change::apply(self, limits, &self.root.board)
    }

    fn effective(&self) -> Result<Effective, CgroupError> {
        read::effective(&self.root.tree, &self.path)
    }

    fn freeze(&self) -> Result<(), CgroupError> {
        self.must_reach(true, "freezing")
    }

    fn thaw(&self) -> Result<(), CgroupError> {
        self.must_reach(false, "thawing")
    }

    fn is_frozen(&self) -> Result<bool, CgroupError> {
        self.event("frozen")
    }

    fn kill_all(&self) -> Result<(), CgroupError> {
        processes::kill_until_empty(&self.path, &|| self.populated(), &|| self.kill_once())
    }

    fn populated(&self) -> Result<bool, CgroupError> {
        self.event("populated")
    }

    fn pids(&self) -> Result<Vec<i32>, CgroupError> {
        let mut pids = Vec::new();
        processes::each_pid(&self.root.tree, &self.path, &mut |pid| pids.push(pid))?;
        Ok(pids)
    }

    fn oom_kills(&self) -> Result<u64, CgroupError> {
        Ok(keyed(&self.root.tree, &self.path, "memory.events", ["oom_kill"])?[0])
    }

    fn memory_peak_bytes(&self) -> Result<Option<u64>, CgroupError> {
        self.root.tree.number(&self.path, "memory.peak")
    }

    fn stats(&self) -> Result<Stats, CgroupError> {
        read::stats(&self.root.tree, &self.path)
    }

    fn remove(&self) -> Result<(), CgroupError> {
        processes::remove(&self.root.tree, &self.path)
    }
}
