//! The kernel's own counters of a container, found through one of its processes: cgroup v1 and v2.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Directories of one process's cgroup, by controller; `""` for v2's.
#[derive(Clone, Debug)]
pub struct Cgroup(BTreeMap<String, PathBuf>);

impl Cgroup {
    /// The cgroup that process `pid` is in.
    #[must_use]
    pub fn of(pid: i32) -> Self {
        let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let mounts = hierarchies();
        let mut found = BTreeMap::new();
        for line in text.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            // In the root of a hierarchy it is nowhere in particular.
            for controller in controllers.split(',').filter(|_| path != "/") {
                if let Some(mount) = mounts.get(controller) {
                    found.insert(controller.to_owned(), mount.join(path.trim_start_matches('/')));
                }
            }
        }
        Self(found)
    }

    /// The text of a control file: `v1` in `controller`'s hierarchy, or `v2` where the controller is there.
    fn read(&self, controller: &str, v1: &str, v2: &str) -> Option<String> {
        let path = match self.0.get(controller) {
            Some(directory) => directory.join(v1),
            None => self.0.get("")?.join(v2),
        };
        fs::read_to_string(path).ok().map(|text| text.trim_end().to_owned())
    }

    fn number(&self, controller: &str, v1: &str, v2: &str) -> Option<u64> {
        self.read(controller, v1, v2)?.parse().ok()
    }

    /// CPU time used so far, in microseconds.
    #[must_use]
    pub fn cpu_us(&self) -> Option<u64> {
        let text = self.read("cpuacct", "cpuacct.usage", "cpu.stat")?;
        match text.strip_prefix("usage_usec ") {
            Some(rest) => rest.lines().next()?.parse().ok(),
            None => text.parse::<u64>().ok().map(|ns| ns / 1000),
        }
    }

    /// Highest memory use so far, in bytes.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        self.number("memory", "memory.max_usage_in_bytes", "memory.peak")
    }

    /// Hard memory limit, in bytes; `None` is no limit.
    #[must_use]
    pub fn memory_limit_bytes(&self) -> Option<u64> {
        self.number("memory", "memory.limit_in_bytes", "memory.max")
    }

    /// Hard limit of memory and swap together, in bytes; `None` is no limit.
    #[must_use]
    pub fn memory_and_swap_bytes(&self) -> Option<u64> {
        let bound = self.number("memory", "memory.memsw.limit_in_bytes", "memory.swap.max")?;
        // v2 bounds swap alone.
        if self.is_v2() { Some(self.memory_limit_bytes()? + bound) } else { Some(bound) }
    }

    /// Memory that is reclaimed last, in bytes.
    #[must_use]
    pub fn memory_reservation_bytes(&self) -> Option<u64> {
        self.number("memory", "memory.soft_limit_in_bytes", "memory.low")
    }

    /// The CPUs it may use, as a list.
    #[must_use]
    pub fn cpus(&self) -> Option<String> {
        self.read("cpuset", "cpuset.cpus", "cpuset.cpus")
    }

    /// Its part where CPUs are short: v1's shares, v2's weight.
    #[must_use]
    pub fn cpu_shares_or_weight(&self) -> Option<u64> {
        self.number("cpu", "cpu.shares", "cpu.weight")
    }

    /// Whether v2 has the controllers.
    #[must_use]
    pub fn is_v2(&self) -> bool {
        !self.0.contains_key("memory")
    }

    /// Removes the groups above, which a test of its own had made.
    ///
    /// # Panics
    /// They are not empty.
    pub fn remove_parents(&self) {
        for parent in self.0.values().filter_map(|path| path.parent()).filter(|parent| parent.exists()) {
            fs::remove_dir(parent).unwrap_or_else(|e| panic!("removing {}: {e}", parent.display()));
        }
    }

    /// Most tasks; `None` is no limit.
    #[must_use]
    pub fn pids_limit(&self) -> Option<u64> {
        self.number("pids", "pids.max", "pids.max")
    }

    /// Thousandths of a CPU; `None` is no limit.
    #[must_use]
    pub fn cpu_limit_millis(&self) -> Option<u64> {
        let quota = self.read("cpu", "cpu.cfs_quota_us", "cpu.max")?;
        let period = self.read("cpu", "cpu.cfs_period_us", "cpu.max")?;
        // v2 has both in one file: `25000 100000`.
        let quota: u64 = quota.split(' ').next()?.parse().ok()?;
        let period: u64 = period.split(' ').next_back()?.parse().ok()?;
        Some(quota * 1000 / period)
    }

    /// Whether any of its directories is still there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.0.values().any(|path| path.exists())
    }
}

/// Mount points by controller; `""` for v2's.
fn hierarchies() -> BTreeMap<String, PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut found = BTreeMap::new();
    for line in table.lines() {
        let Some((mount, filesystem)) = line.split_once(" - ") else { continue };
        let Some(target) = mount.split(' ').nth(4) else { continue };
        let fields: Vec<&str> = filesystem.split(' ').collect();
        let names: Vec<&str> = match fields[..] {
            ["cgroup", _, options] => options.split(',').collect(),
            ["cgroup2", ..] => vec![""],
            _ => continue,
        };
        for name in names {
            found.entry(name.to_owned()).or_insert_with(|| PathBuf::from(target));
        }
    }
    found
}
