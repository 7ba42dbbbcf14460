//! What the probe reports, as the tests read it back.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a try: `ok`, or the name of the errno (`EPERM`).
pub type Answer = String;

/// Everything that can be seen from inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// `/proc/self/mountinfo`, in its order.
    pub mounts: Vec<MountPoint>,
    /// Link texts of `/proc/self/ns`, by name: `pid` to `pid:[4026531836]`.
    pub namespaces: BTreeMap<String, String>,
    /// Who it runs as.
    pub ids: Ids,
    /// What it may do.
    pub privileges: Privileges,
    /// Each call of [`limpet_sys::probe::TRIALS`] and how it was answered.
    pub calls: BTreeMap<String, Answer>,
    /// What it may use.
    pub limits: Limits,
    /// Open descriptors.
    pub fds: Vec<Fd>,
    /// Nodes below `/dev`.
    pub devices: Vec<Device>,
    /// Whether nodes for devices that it was not given can be made and opened.
    pub foreign_devices: Vec<ForeignDevice>,
    /// Files and directories that it tried to write, by path.
    pub writes: BTreeMap<String, Answer>,
    /// Files that say much about a board, by path.
    pub reads: BTreeMap<String, Read>,
    /// Kernel parameters by path below `/proc/sys`, those that can be read.
    pub sysctls: BTreeMap<String, String>,
    /// What the process was given.
    pub process: Process,
    /// What it sees of the network.
    pub network: Network,
    /// Processes in `/proc`.
    pub processes: Vec<Seen>,
}

/// One line of mountinfo (proc(5)).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MountPoint {
    /// Where.
    pub target: String,
    /// Which directory of the file system is mounted there.
    pub root: String,
    /// File system type.
    pub fstype: String,
    /// Device or other name.
    pub source: String,
    /// Per-mount options.
    pub options: Vec<String>,
    /// Options of the file system itself.
    pub super_options: Vec<String>,
    /// Optional fields: `shared:1`, `master:2`; empty when private.
    pub propagation: Vec<String>,
}

/// User and groups.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ids {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Further groups, ascending.
    pub groups: Vec<u32>,
    /// Lines of `/proc/self/uid_map`: first inside, first outside, count.
    pub uid_map: Vec<[u64; 3]>,
    /// The same of `/proc/self/gid_map`.
    pub gid_map: Vec<[u64; 3]>,
    /// `/proc/self/setgroups`.
    pub setgroups: String,
}

/// Capability sets (bit n for capability n) and filters, from `/proc/self/status`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Privileges {
    /// CapInh
    pub inheritable: u64,
    /// CapPrm
    pub permitted: u64,
    /// CapEff
    pub effective: u64,
    /// CapBnd
    pub bounding: u64,
    /// CapAmb
    pub ambient: u64,
    /// NoNewPrivs
    pub no_new_privileges: bool,
    /// Seccomp: 0 none, 1 strict, 2 filter.
    pub seccomp_mode: u32,
    /// Seccomp_filters: how many are stacked.
    pub seccomp_filters: u32,
}

/// Resource limits and the cgroup as it is seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Soft and hard by the name in `/proc/self/limits`; `None` is unlimited.
    pub rlimits: BTreeMap<String, [Option<u64>; 2]>,
    /// Lines of `/proc/self/cgroup`.
    pub cgroup: Vec<String>,
    /// Limit files below `/sys/fs/cgroup` that can be read, with their contents.
    pub cgroup_files: BTreeMap<String, String>,
    /// `/proc/self/oom_score_adj`
    pub oom_score_adj: i32,
}

/// An open descriptor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fd {
    /// Its number.
    pub number: u32,
    /// What `/proc/self/fd` says it is.
    pub target: String,
}

/// A node below `/dev`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Where.
    pub path: String,
    /// `char`, `block`, `link`, `dir`, `file` or `other`.
    pub kind: String,
    /// Major and minor number of a node.
    pub number: Option<[u32; 2]>,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: [u32; 2],
    /// Target of a link.
    pub target: Option<String>,
    /// How opening it for reading was answered; not tried on links and directories.
    pub open: Option<Answer>,
}

/// A try to make a node and to open it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForeignDevice {
    /// `block` or `char`.
    pub kind: String,
    /// Major and minor number.
    pub number: [u32; 2],
    /// How mknod(2) was answered.
    pub mknod: Answer,
    /// How open(2) was answered, where there was a node to open.
    pub open: Option<Answer>,
}

/// What reading a file gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Read {
    /// It is a directory with this many entries.
    Entries(usize),
    /// It gave at least this many bytes; reading stops at 4096.
    Bytes(usize),
    /// It could not be read.
    Failed(Answer),
}

/// The process itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Process {
    /// Arguments, the program's name first.
    pub args: Vec<String>,
    /// Environment, sorted.
    pub env: Vec<String>,
    /// Working directory.
    pub cwd: String,
    /// Node name.
    pub hostname: String,
    /// NIS domain name.
    pub domainname: String,
    /// File mode creation mask.
    pub umask: u32,
    /// Process id.
    pub pid: i32,
    /// Parent's id; 0 when the parent is outside.
    pub ppid: i32,
    /// Session.
    pub sid: i32,
    /// Process group.
    pub pgid: i32,
    /// Whether stdin, stdout and stderr are terminals.
    pub terminals: [bool; 3],
    /// `/proc/self/exe`
    pub exe: String,
    /// Signals that are ignored, as in `/proc/self/status` (bit n-1 for signal n).
    pub ignored_signals: u64,
    /// Signals that are blocked.
    pub blocked_signals: u64,
}

/// The network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Network {
    /// Names in `/proc/net/dev`, sorted.
    pub interfaces: Vec<String>,
    /// Whether a datagram to 127.0.0.1 could be sent.
    pub loopback_up: bool,
}

/// A process in `/proc`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Its id.
    pub pid: i32,
    /// `/proc/PID/comm`
    pub name: String,
    /// State letter of proc(5).
    pub state: String,
}

impl Report {
    /// What is mounted last, so visibly, at `target`.
    #[must_use]
    pub fn mount_at(&self, target: &str) -> Option<&MountPoint> {
        self.mounts.iter().rev().find(|mount| mount.target == target)
    }

    /// The node or link `path` below `/dev`.
    #[must_use]
    pub fn device(&self, path: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.path == path)
    }

    /// How the call `name` was answered.
    #[must_use]
    pub fn call(&self, name: &str) -> Option<&str> {
        self.calls.get(name).map(String::as_str)
    }
}

impl MountPoint {
    /// Whether the mount itself has `option` (`ro`, `nosuid`).
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options.iter().any(|o| o == option)
    }

    /// Whether nothing can be written through it.
    #[must_use]
    pub fn is_readonly(&self) -> bool {
        self.has("ro") || self.super_options.iter().any(|o| o == "ro")
    }
}
