//! The finished instruction for one container: everything is decided, nothing is looked up in text any more.
//!
//! A [`Launch`] is made by the command line (from an image) or from an OCI bundle, stored with the container,
//! and read by the keeper, which turns it into steps. Paths are absolute; host paths are on the board, targets
//! are inside the container.

use crate::{id::ContainerId, limits::Limits};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Most mounts that one container may have.
pub const MOUNTS_MAX: usize = 256;
/// Most layers that one root may have (overlayfs itself allows 500).
pub const LAYERS_MAX: usize = 128;
/// Most arguments or environment entries.
pub const STRINGS_MAX: usize = 4096;
/// Most bytes of all arguments and environment entries together.
pub const STRINGS_BYTES_MAX: usize = 1024 * 1024;

/// Everything the runner must know to start one container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// Whose launch it is.
    pub id: ContainerId,
    /// What becomes `/`.
    pub root: Root,
    /// `--read-only`.
    pub root_readonly: bool,
    /// Name of the host inside, `--hostname`; `None` keeps the board's UTS namespace.
    pub hostname: Option<String>,
    /// Network namespace.
    pub network: Network,
    /// User namespace.
    pub user_namespace: UserNamespace,
    /// A cgroup namespace of its own.
    pub cgroup_namespace: bool,
    /// Mounted in this order below the root.
    pub mounts: Vec<Mount>,
    /// Written into the root at each start, before anything is mounted there.
    pub files: Vec<RootFile>,
    /// Device nodes besides the standard ones.
    pub devices: Vec<Device>,
    /// Every device may be used and made (`--privileged`).
    pub all_devices: bool,
    /// Hidden behind an empty file or directory; what does not exist is passed over.
    pub masked_paths: Vec<String>,
    /// Made read-only; what does not exist is passed over.
    pub readonly_paths: Vec<String>,
    /// `net.ipv4.ip_forward` and the like, with their values.
    pub sysctls: Vec<(String, String)>,
    /// The process to run.
    pub process: Process,
    /// A reaping PID 1 that forwards signals stands before the process (`--init`).
    pub init: bool,
    /// What it may use.
    pub limits: Limits,
    /// Path of its cgroup below each hierarchy's root, without a leading slash: `limpet/ID`.
    pub cgroup: String,
}

/// What becomes the container's `/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Root {
    /// An overlay of read-only layers and a writable one.
    Overlay {
        /// Directories, the topmost first; at most [`LAYERS_MAX`].
        lower: Vec<String>,
        /// The writable layer.
        upper: String,
        /// overlayfs's scratch directory, on the same file system as `upper`.
        work: String,
    },
    /// A directory as it is (an OCI bundle's `root.path`).
    Directory(String),
}

/// Which network the container sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// A namespace of its own with nothing but a loopback interface.
    None,
    /// The board's.
    Host,
}

/// Who the container's root is on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserNamespace {
    /// Root inside is root outside.
    Host,
    /// 65536 ids that nobody else has, chosen at start; the root and the binds are id-mapped.
    Own,
}

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where, inside.
    pub target: String,
    /// What.
    pub kind: MountKind,
    /// How.
    pub flags: MountFlags,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountKind {
    /// procfs of the container's PID namespace.
    Proc,
    /// sysfs of the container's network namespace; with the board's network, a bind of the board's.
    Sysfs,
    /// A new devpts instance.
    Devpts,
    /// POSIX message queues of the container's IPC namespace.
    Mqueue,
    /// The container's own part of the cgroup tree.
    Cgroup,
    /// A tmpfs that holds the standard devices, links and [`Launch::devices`].
    Dev,
    /// A tmpfs.
    Tmpfs {
        /// Size limit; `None` leaves the kernel's half of memory.
        size_bytes: Option<u64>,
        /// Permission bits of its root.
        mode: u32,
    },
    /// A file or directory of the board.
    Bind {
        /// Host path.
        source: String,
        /// With everything that is mounted below it.
        recursive: bool,
        /// Show the owners that the board sees, also when the container has its own ids.
        id_mapped: bool,
    },
}

/// Per-mount flags (mount(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountFlags {
    /// MS_RDONLY
    pub readonly: bool,
    /// MS_NOSUID
    pub nosuid: bool,
    /// MS_NODEV
    pub nodev: bool,
    /// MS_NOEXEC
    pub noexec: bool,
}

/// A file that Limpet writes into the root, in place of whatever has that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFile {
    /// Where, inside.
    pub path: String,
    /// What.
    pub contents: FileContents,
}

/// What a [`RootFile`] holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileContents {
    /// This.
    Text(String),
    /// What the board's own file of the same path holds at the time; nothing if there is none.
    OfBoard,
}

/// A device node for the container (`--device`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Path inside, below `/dev`.
    pub path: String,
    /// Block or character.
    pub block: bool,
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
    /// Permission bits of the node.
    pub mode: u32,
    /// What the device filter lets it do.
    pub access: DeviceAccess,
}

/// `rwm` of the device filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceAccess {
    /// Open for reading.
    pub read: bool,
    /// Open for writing.
    pub write: bool,
    /// Make the node.
    pub mknod: bool,
}

/// The process of a container, or one that is executed in a running one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Command and arguments; never empty.
    pub args: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Working directory inside; made if it is missing.
    pub cwd: String,
    /// `user[:group]`, names or numbers, resolved in the container's own passwd and group; empty is root.
    pub user: String,
    /// Further groups, names or numbers.
    pub groups: Vec<String>,
    /// A pseudo-terminal for stdio, with its first size.
    pub terminal: Option<WindowSize>,
    /// stdin stays open for clients that attach (`-i`).
    pub stdin_open: bool,
    /// Capability sets.
    pub capabilities: Capabilities,
    /// no_new_privs (prctl(2)).
    pub no_new_privileges: bool,
    /// Resource limits.
    pub rlimits: Vec<Rlimit>,
    /// `/proc/self/oom_score_adj`.
    pub oom_score_adj: Option<i16>,
    /// Mask for new files; `None` is 0022.
    pub umask: Option<u16>,
    /// System call filter.
    pub seccomp: Seccomp,
}

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

/// The five sets of capabilities(7), bit n for capability n.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What may ever be had.
    pub bounding: u64,
    /// What is in force, for root.
    pub effective: u64,
    /// What may be put in force.
    pub permitted: u64,
    /// What an executed file may take over.
    pub inheritable: u64,
    /// What survives exec without root.
    pub ambient: u64,
}

/// One resource limit (setrlimit(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rlimit {
    /// RLIMIT_ number.
    pub resource: u8,
    /// Soft limit; `u64::MAX` is unlimited.
    pub soft: u64,
    /// Hard limit; `u64::MAX` is unlimited.
    pub hard: u64,
}

/// The system call filter, compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seccomp {
    /// No filter (`--security-opt seccomp=unconfined`, `--privileged`).
    Unconfined,
    /// Classic BPF instructions, each packed as `code | jt << 16 | jf << 24 | k << 32` (seccomp(2)).
    Filter(Vec<u64>),
}
