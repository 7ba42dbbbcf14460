//! cgroup v1: one tree per controller (several for one tree where they are co-mounted).

mod read;
pub(super) mod settings;

use super::controller::{Controller, Controllers, Version};
use super::detect::why_missing;
use super::devices::{DevicePolicy, DeviceRule};
use super::effective::Effective;
use super::error::{CgroupError, LimitName};
use super::file::{TEXT_BYTES_MAX, Tree, write_value};
use super::making::{Made, check_path, parent, parents};
use super::plan::enforce;
use super::policy::{Board, Wanted, default_ceiling_bytes, resolve};
use super::stats::Stats;
use super::{CgroupDriver, FREEZE_MS_MAX, Group, Join, change, processes};
use limpet_protocol::limits::Limits;
use rustix::fd::AsFd;
use rustix::fs::OFlags;
use std::rc::Rc;

/// How long killing waits for the freezer before it goes on without: some processes cannot be frozen at once.
const FREEZE_FOR_KILL_MS_MAX: u64 = 50;

/// The trees, shared by the driver and its groups.
#[derive(Debug)]
struct Trees {
    trees: Vec<(Tree, Controllers)>,
    board: Board,
}

impl Trees {
    fn with(&self, controller: Controller) -> Option<&Tree> {
        self.trees.iter().find(|(_, controllers)| controllers.contains(controller)).map(|(tree, _)| tree)
    }

    /// Any tree lists the processes; the freezer's has the fewest other uses.
    fn for_processes(&self) -> &Tree {
        self.with(Controller::Freezer).unwrap_or(&self.trees[0].0)
    }
}

/// The driver.
#[derive(Debug)]
pub(super) struct V1(Rc<Trees>);

impl V1 {
    /// Open the mounts; there is at least one.
    pub(super) fn open(mounts: &[(String, Controllers)]) -> Result<Self, CgroupError> {
        if mounts.is_empty() {
            return Err(CgroupError::NoHierarchy);
        }
        let trees = mounts
            .iter()
            .map(|(mount_point, controllers)| Ok((Tree::open(mount_point)?, *controllers)))
            .collect::<Result<_, CgroupError>>()?;
        Ok(Self(Rc::new(Trees { trees, board: Board::here() })))
    }

    fn group(&self, path: &str) -> V1Group {
        V1Group { trees: Rc::clone(&self.0), path: path.to_owned() }
    }
}

impl CgroupDriver for V1 {
    fn version(&self) -> Version {
        Version::V1
    }

    fn controllers(&self) -> Controllers {
        self.0.trees.iter().fold(Controllers::default(), |all, (_, some)| all.union(*some))
    }

    fn create(
        &self,
        path: &str,
        limits: &Limits,
        devices: &DevicePolicy,
    ) -> Result<Box<dyn Group>, CgroupError> {
        check_path(path)?;
        let wanted = resolve(limits, &self.0.board)?;
        let mut made = Made::default();
        for (tree, controllers) in &self.0.trees {
            for ancestor in parents(path) {
                if made.make_missing(tree, ancestor)? {
                    prepare_parent(tree, *controllers, ancestor, &self.0.board)?;
                }
            }
            made.make_new(tree, path)?;
            if controllers.contains(Controller::Cpuset) {
                inherit_cpuset(tree, path)?;
            }
        }
        let settings = settings::settings(&Effective::default(), &wanted);
        enforce(&settings, path, Version::V1, &|controller| self.0.with(controller))?;
        filter_devices(&self.0, path, devices)?;
        made.keep();
        Ok(Box::new(self.group(path)))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Group>, CgroupError> {
        check_path(path)?;
        if !self.0.for_processes().exists(path) {
            return Err(CgroupError::NoGroup { path: path.to_owned() });
        }
        Ok(Box::new(self.group(path)))
    }
}

/// A group that was just made on the way to a container's: accounting is hierarchical (the default since Linux 5.11),
/// the instance's group carries the ceiling, and children inherit CPUs and memory nodes without being told.
fn prepare_parent(
    tree: &Tree,
    controllers: Controllers,
    group: &str,
    board: &Board,
) -> Result<(), CgroupError> {
    if controllers.contains(Controller::Memory) {
        if tree.number(group, "memory.use_hierarchy")? == Some(0) {
            tree.write(group, "memory.use_hierarchy", "1")?;
        }
        if parent(group).is_empty() {
            settings::ceiling(default_ceiling_bytes(board)).enforce(tree, group)?;
        }
    }
    if controllers.contains(Controller::Cpuset) {
        inherit_cpuset(tree, group)?;
        tree.write(group, "cgroup.clone_children", "1")?;
    }
    Ok(())
}

/// No process can join a group without CPUs and memory nodes (cpusets.rst, 1.4). A parent may be without them too, when
/// another keeper is just about to make it ready.
fn inherit_cpuset(tree: &Tree, group: &str) -> Result<(), CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    if tree.text(group, "cpuset.cpus", &mut buffer)? != Some("") {
        return Ok(());
    }
    if !parent(group).is_empty() {
        inherit_cpuset(tree, parent(group))?;
    }
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let list = tree.text(parent(group), file, &mut buffer)?.unwrap_or_default();
        tree.write(group, file, list)?;
    }
    Ok(())
}

/// Refuse every device, allow those of the rules, and see that the kernel's list is the same.
fn filter_devices(trees: &Trees, group: &str, devices: &DevicePolicy) -> Result<(), CgroupError> {
    let DevicePolicy::Rules(rules) = devices else { return Ok(()) };
    let Some(tree) = trees.with(Controller::Devices) else {
        let cause = why_missing(Controller::Devices, Version::V1);
        return Err(CgroupError::Unenforceable { limit: LimitName::Devices, cause });
    };
    tree.write(group, "devices.deny", "a")?;
    let failed = |source| tree.error("write", group, "devices.allow", source);
    let allow = tree.open_at(group, "devices.allow", OFlags::WRONLY).map_err(failed)?;
    for rule in rules {
        write_value(allow.as_fd(), &rule.v1_line()).map_err(failed)?;
    }
    verify_devices(tree, group, rules)
}

fn verify_devices(tree: &Tree, group: &str, rules: &[DeviceRule]) -> Result<(), CgroupError> {
    let mut found = Vec::with_capacity(rules.len());
    tree.lines(group, "devices.list", &mut |line| found.push(line.to_owned()))?;
    let wanted = DeviceRule::merged(rules);
    let same = found.len() == wanted.len() && wanted.iter().all(|rule| found.contains(&rule.v1_line()));
    if same {
        return Ok(());
    }
    Err(CgroupError::NotInForce {
        limit: LimitName::Devices,
        path: tree.full_path(group, "devices.list"),
        wanted: wanted.iter().map(DeviceRule::v1_line).collect::<Vec<_>>().join(", "),
        found: found.join(", "),
    })
}

/// One group in every tree.
#[derive(Debug)]
struct V1Group {
    trees: Rc<Trees>,
    path: String,
}

impl V1Group {
    fn freezer(&self) -> Result<&Tree, CgroupError> {
        self.trees.with(Controller::Freezer).ok_or_else(|| CgroupError::Unenforceable {
            limit: LimitName::Freezer,
            cause: why_missing(Controller::Freezer, Version::V1),
        })
    }

    /// Ask for a state and wait for it; whether it came in time. What could not be frozen is asked again.
    fn reach(&self, freezer: &Tree, state: &str, limit_ms: u64) -> Result<bool, CgroupError> {
        processes::wait_until(limit_ms, &mut || {
            freezer.write(&self.path, "freezer.state", state)?;
            let mut buffer = [0; TEXT_BYTES_MAX];
            Ok(freezer.text(&self.path, "freezer.state", &mut buffer)? == Some(state))
        })
    }

    fn must_reach(&self, state: &str, what: &'static str) -> Result<(), CgroupError> {
        if self.reach(self.freezer()?, state, FREEZE_MS_MAX)? {
            return Ok(());
        }
        Err(CgroupError::TooLong { what, path: self.path.clone(), limit_ms: FREEZE_MS_MAX })
    }

    /// Frozen, they cannot fork away from the signal; thawed, it reaches them.
    fn kill_once(&self) -> Result<(), CgroupError> {
        let tree = self.trees.for_processes();
        let Some(freezer) = self.trees.with(Controller::Freezer) else {
            return processes::signal_all(tree, &self.path);
        };
        self.reach(freezer, "FROZEN", FREEZE_FOR_KILL_MS_MAX)?;
        let signalled = processes::signal_all(tree, &self.path);
        freezer.write(&self.path, "freezer.state", "THAWED")?;
        signalled
    }
}

impl change::Changeable for V1Group {
    fn settings(&self, from: &Effective, to: &Wanted) -> Vec<super::plan::Setting> {
        settings::settings(from, to)
    }

    fn enforce(&self, settings: &[super::plan::Setting]) -> Result<(), CgroupError> {
        enforce(settings, &self.path, Version::V1, &|controller| self.trees.with(controller))
    }

    /// The kernel itself refuses (`EBUSY`) what it cannot reclaim.
    fn make_room(&self, _from: &Effective, _to: &Effective) -> Result<(), CgroupError> {
        Ok(())
    }

    /// A v1 group always has lists of its own: without a wish, the parent's.
    fn complete(&self, wanted: &mut Wanted) -> Result<(), CgroupError> {
        let Some(tree) = self.trees.with(Controller::Cpuset) else { return Ok(()) };
        let mut buffer = [0; TEXT_BYTES_MAX];
        let values = &mut wanted.values;
        for (file, list) in
            [("cpuset.cpus", &mut values.cpuset_cpus), ("cpuset.mems", &mut values.cpuset_mems)]
        {
            if list.is_none() {
                *list = tree.text(parent(&self.path), file, &mut buffer)?.map(str::to_owned);
            }
        }
        Ok(())
    }
}

impl Group for V1Group {
    fn path(&self) -> &str {
        &self.path
    }

    fn join(&self) -> Result<Join, CgroupError> {
        let open = |(tree, _): &(Tree, Controllers)| {
            tree.open_at(&self.path, "tasks", OFlags::WRONLY)
                .map_err(|source| tree.error("open", &self.path, "tasks", source))
        };
        self.trees.trees.iter().map(open).collect::<Result<_, _>>().map(Join::Tasks)
    }

    fn apply(&self, limits: &Limits) -> Result<(), CgroupError> {
        change::apply(self, limits, &self.trees.board)
    }

    fn effective(&self) -> Result<Effective, CgroupError> {
        read::effective(&|controller| self.trees.with(controller), &self.path)
    }

    fn freeze(&self) -> Result<(), CgroupError> {
        self.must_reach("FROZEN", "freezing")
    }

    fn thaw(&self) -> Result<(), CgroupError> {
        self.must_reach("THAWED", "thawing")
    }

    fn is_frozen(&self) -> Result<bool, CgroupError> {
        let mut buffer = [0; TEXT_BYTES_MAX];
        let Some(freezer) = self.trees.with(Controller::Freezer) else { return Ok(false) };
        Ok(freezer.text(&self.path, "freezer.state", &mut buffer)? == Some("FROZEN"))
    }

    fn kill_all(&self) -> Result<(), CgroupError> {
        processes::kill_until_empty(&self.path, &|| self.populated(), &|| self.kill_once())
    }

    fn populated(&self) -> Result<bool, CgroupError> {
        processes::any(self.trees.for_processes(), &self.path)
    }

    fn pids(&self) -> Result<Vec<i32>, CgroupError> {
        let mut pids = Vec::new();
        processes::each_pid(self.trees.for_processes(), &self.path, &mut |pid| pids.push(pid))?;
        Ok(pids)
    }

    fn oom_kills(&self) -> Result<u64, CgroupError> {
        let Some(tree) = self.trees.with(Controller::Memory) else { return Ok(0) };
        Ok(super::stats::keyed(tree, &self.path, "memory.oom_control", ["oom_kill"])?[0])
    }

    fn memory_peak_bytes(&self) -> Result<Option<u64>, CgroupError> {
        let Some(tree) = self.trees.with(Controller::Memory) else { return Ok(None) };
        tree.number(&self.path, "memory.max_usage_in_bytes")
    }

    fn stats(&self) -> Result<Stats, CgroupError> {
        read::stats(&|controller| self.trees.with(controller), &self.path)
    }

    fn remove(&self) -> Result<(), CgroupError> {
        // One that stays must not hide the others.
        let removed = self.trees.trees.iter().map(|(tree, _)| processes::remove(tree, &self.path));
        removed.reduce(Result::and).unwrap_or(Ok(()))
    }
}
