//! The controllers that are used, their names on both hierarchies, and what turns each of them on.

use std::fmt;

/// Which kind of hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One mount per controller (cgroups(7), "cgroups version 1").
    V1,
    /// One mount for all (Documentation/admin-guide/cgroup-v2.rst).
    V2,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

/// A kernel controller that Limpet uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// `memory`
    Memory,
    /// `cpu`
    Cpu,
    /// `cpuacct`, v1 only
    Cpuacct,
    /// `cpuset`
    Cpuset,
    /// `pids`
    Pids,
    /// `blkio` on v1, `io` on v2
    Io,
    /// `devices` on v1, a BPF program on v2
    Devices,
    /// `freezer` on v1, always there on v2
    Freezer,
}

impl Controller {
    /// All of them, in the order in which groups are made.
    pub const ALL: [Self; 8] = [
        Self::Memory,
        Self::Cpu,
        Self::Cpuacct,
        Self::Cpuset,
        Self::Pids,
        Self::Io,
        Self::Devices,
        Self::Freezer,
    ];

    /// The kernel's name on this hierarchy.
    #[must_use]
    pub const fn name(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::Memory, _) => "memory",
            (Self::Cpu, _) => "cpu",
            (Self::Cpuacct, _) => "cpuacct",
            (Self::Cpuset, _) => "cpuset",
            (Self::Pids, _) => "pids",
            (Self::Io, Version::V1) => "blkio",
            (Self::Io, Version::V2) => "io",
            (Self::Devices, _) => "devices",
            (Self::Freezer, _) => "freezer",
        }
    }

    /// The controller of that name on this hierarchy.
    #[must_use]
    pub fn from_name(name: &str, version: Version) -> Option<Self> {
        Self::ALL.into_iter().find(|controller| controller.name(version) == name)
    }

    /// The kernel option that builds it (init/Kconfig).
    #[must_use]
    pub const fn kernel_option(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::Memory, Version::V1) => "CONFIG_MEMCG (since Linux 6.11 CONFIG_MEMCG_V1 too)",
            (Self::Memory, Version::V2) => "CONFIG_MEMCG",
            (Self::Cpu, _) => "CONFIG_CGROUP_SCHED and CONFIG_FAIR_GROUP_SCHED",
            (Self::Cpuacct, _) => "CONFIG_CGROUP_CPUACCT",
            (Self::Cpuset, Version::V1) => "CONFIG_CPUSETS (since Linux 6.12 CONFIG_CPUSETS_V1 too)",
            (Self::Cpuset, Version::V2) => "CONFIG_CPUSETS",
            (Self::Pids, _) => "CONFIG_CGROUP_PIDS",
            (Self::Io, _) => "CONFIG_BLK_CGROUP",
            (Self::Devices, Version::V1) => "CONFIG_CGROUP_DEVICE",
            (Self::Devices, Version::V2) => "CONFIG_CGROUP_BPF",
            (Self::Freezer, _) => "CONFIG_CGROUP_FREEZER",
        }
    }

    /// The word of the kernel command line that switches it on where it was built but left off.
    #[must_use]
    pub const fn boot_parameter(self) -> Option<&'static str> {
        match self {
            Self::Memory => Some("cgroup_enable=memory"),
            _ => None,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controllers(u8);

impl Controllers {
    /// With this one too.
    #[must_use]
    pub const fn with(self, controller: Controller) -> Self {
        Self(self.0 | controller.bit())
    }

    /// Those in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are here and not there.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn contains(self, controller: Controller) -> bool {
        self.0 & controller.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Controller> {
        Controller::ALL.into_iter().filter(move |controller| self.contains(*controller))
    }

    /// Those named in the kernel's list, separated by `separator`; other names are passed over.
    #[must_use]
    pub fn parse(names: &str, separator: char, version: Version) -> Self {
        names
            .trim()
            .split(separator)
            .filter_map(|name| Controller::from_name(name, version))
            .fold(Self::default(), Self::with)
    }
}
