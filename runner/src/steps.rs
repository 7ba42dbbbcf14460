//! From a launch to the ordered steps that the container's first process carries out on itself.
//!
//! In: a [`Launch`] and what the kernel offers. Out: a list that leaves no choice to whoever carries it out. Both
//! the keeper and its child hold the same list, so a failure travels as the number of its step and an errno.

use crate::features::{Features, MountApi};
use limpet_protocol::launch::{Launch, Mount, MountKind, Network, Root, UserNamespace};
use rustix::thread::UnshareFlags;
use std::fmt;

/// One kernel-level operation, in the child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait until the keeper has mapped the ids of the new user namespace.
    AwaitIds,
    /// Enter new network, IPC and UTS namespaces.
    EnterNamespaces(UnshareFlags),
    /// Take the cgroup and the mounts that only the board's root can make.
    Receive,
    /// Move into the cgroup.
    JoinCgroup,
    /// Enter a cgroup namespace whose root is the cgroup.
    EnterCgroupNamespace,
    /// Bring the loopback interface up.
    BringLoopbackUp,
    /// Keep mounts from travelling between here and the board.
    MakeMountsPrivate,
    /// Put the root file system in its place.
    AttachRoot,
    /// Write file number `index` of the launch.
    WriteFile {
        /// Place in [`Launch::files`].
        index: usize,
        /// Where.
        path: String,
    },
    /// Mount number `index` of the launch.
    Mount {
        /// Place in [`Launch::mounts`].
        index: usize,
        /// Where.
        target: String,
    },
    /// Links and directories that programs expect in /dev.
    PopulateDev,
    /// Make the terminal or the pipes, and hand the keeper its ends.
    OpenStdio,
    /// The terminal is also /dev/console.
    BindConsole,
    /// Set a kernel parameter of these namespaces.
    Sysctl {
        /// Dotted name.
        name: String,
        /// Value.
        value: String,
    },
    /// Hide a path.
    Mask(String),
    /// Make a path read-only.
    MakeReadonly(String),
    /// Make the root file system read-only.
    MakeRootReadonly,
    /// Make the container's root the root.
    PivotRoot,
    /// Name the host.
    SetHostname(String),
    /// Let the keeper set resource limits and the OOM score. No earlier: with few descriptors nothing could be received.
    AwaitLimits,
    /// Become what the process may be, and execute it.
    Process(ProcessStep),
}

/// The steps that a container's first process and an executed one have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessStep {
    /// Look the user and the groups up in the container's passwd and group.
    ResolveUser(String),
    /// Give stdio to the user, so that /dev/stdout can be opened.
    OwnStdio,
    /// Enter the working directory.
    ChangeDirectory(String),
    /// Drop what may never be had again.
    LimitBoundingSet,
    /// Become the user.
    SetIds,
    /// Promise that exec gives no privileges.
    SetNoNewPrivileges,
    /// Filter system calls.
    InstallSeccomp,
    /// Keep only the wanted capabilities.
    SetCapabilities,
    /// Stay behind as the reaping PID 1 and go on in a child.
    StartInit,
    /// Execute the command.
    Execute(String),
}

/// The steps of `launch`, in order.
#[must_use]
pub fn steps(launch: &Launch, features: &Features) -> Vec<Step> {
    let mut steps = Vec::with_capacity(64);
    isolation(launch, features, &mut steps);
    file_systems(launch, &mut steps);
    steps.push(Step::PivotRoot);
    steps.extend(launch.hostname.clone().map(Step::SetHostname));
    if !launch.process.rlimits.is_empty() || launch.process.oom_score_adj.is_some() {
        steps.push(Step::AwaitLimits);
    }
    steps.extend(process_steps(launch).into_iter().map(Step::Process));
    steps
}

fn isolation(launch: &Launch, features: &Features, steps: &mut Vec<Step>) {
    if launch.user_namespace == UserNamespace::Own {
        steps.push(Step::AwaitIds);
    }
    steps.push(Step::EnterNamespaces(namespaces_of_child(launch)));
    steps.push(Step::Receive);
    steps.push(Step::JoinCgroup);
    if launch.cgroup_namespace {
        steps.push(Step::EnterCgroupNamespace);
    }
    if launch.network == Network::None {
        steps.push(Step::BringLoopbackUp);
    }
    // Mounts that are copied into a new user namespace no longer travel back (mount_namespaces(7)).
    if launch.user_namespace == UserNamespace::Host || features.mount_api == MountApi::Classic {
        steps.push(Step::MakeMountsPrivate);
    }
}

fn file_systems(launch: &Launch, steps: &mut Vec<Step>) {
    steps.push(Step::AttachRoot);
    for (index, file) in launch.files.iter().enumerate() {
        steps.push(Step::WriteFile { index, path: file.path.clone() });
    }
    for (index, mount) in launch.mounts.iter().enumerate() {
        steps.push(Step::Mount { index, target: mount.target.clone() });
        if mount.kind == MountKind::Dev {
            steps.push(Step::PopulateDev);
        }
    }
    steps.push(Step::OpenStdio);
    if launch.process.terminal.is_some() {
        steps.push(Step::BindConsole);
    }
    steps.extend(
        launch.sysctls.iter().map(|(name, value)| Step::Sysctl { name: name.clone(), value: value.clone() }),
    );
    steps.extend(launch.readonly_paths.iter().cloned().map(Step::MakeReadonly));
    steps.extend(launch.masked_paths.iter().cloned().map(Step::Mask));
    if launch.root_readonly {
        steps.push(Step::MakeRootReadonly);
    }
}

fn process_steps(launch: &Launch) -> Vec<ProcessStep> {
    let init = launch.init.then_some(ProcessStep::StartInit);
    let process = &launch.process;
    let mut steps = vec![
        ProcessStep::ResolveUser(process.user.clone()),
        ProcessStep::OwnStdio,
        ProcessStep::LimitBoundingSet,
        ProcessStep::SetIds,
        ProcessStep::ChangeDirectory(process.cwd.clone()),
    ];
    // Without no_new_privs a filter needs CAP_SYS_ADMIN, which the last but one step takes away (seccomp(2)).
    let privileges = if process.no_new_privileges {
        [ProcessStep::SetNoNewPrivileges, ProcessStep::SetCapabilities, ProcessStep::InstallSeccomp].to_vec()
    } else {
        [ProcessStep::InstallSeccomp, ProcessStep::SetCapabilities].to_vec()
    };
    steps.extend(privileges);
    steps.extend(init);
    steps.push(ProcessStep::Execute(process.args.first().cloned().unwrap_or_default()));
    steps
}

/// The steps of a process that joins a running container.
#[must_use]
pub fn joining_steps(launch: &Launch) -> Vec<ProcessStep> {
    process_steps(&Launch { init: false, ..launch.clone() })
}

/// The namespaces that are made with the child itself: those that own others, and PID, which only a child can enter.
#[must_use]
pub fn namespaces_at_birth(launch: &Launch, features: &Features) -> UnshareFlags {
    let mut flags = UnshareFlags::NEWNS | UnshareFlags::NEWPID;
    flags.set(UnshareFlags::NEWUSER, launch.user_namespace == UserNamespace::Own);
    flags.set(UnshareFlags::NEWTIME, features.time_namespaces);
    flags
}

/// The namespaces that the child enters by itself, while the keeper prepares mounts at the same time.
fn namespaces_of_child(launch: &Launch) -> UnshareFlags {
    let mut flags = UnshareFlags::NEWIPC;
    flags.set(UnshareFlags::NEWNET, launch.network == Network::None);
    flags.set(UnshareFlags::NEWUTS, launch.hostname.is_some());
    flags
}

/// Whether the keeper, as the board's root, must make this mount and hand it over.
#[must_use]
pub fn made_by_keeper(mount: &Mount, launch: &Launch, features: &Features) -> bool {
    features.mount_api == MountApi::Descriptors
        && match mount.kind {
            MountKind::Dev | MountKind::Bind { .. } => true,
            MountKind::Sysfs => launch.network == Network::Host,
            MountKind::Proc
            | MountKind::Devpts
            | MountKind::Mqueue
            | MountKind::Cgroup
            | MountKind::Tmpfs { .. } => false,
        }
}

/// The layers and the writable layer, by their nearest common directory.
#[must_use]
pub fn common_directory<'a>(root: &'a Root) -> &'a str {
    let paths: Vec<&'a str> = match root {
        Root::Directory(path) => return path,
        Root::Overlay { lower, upper, work } => {
            lower.iter().chain([upper, work]).map(String::as_str).collect()
        }
    };
    let first = paths.first().copied().unwrap_or("/");
    let shared = paths.iter().fold(first.len(), |shared, path| shared.min(shared_prefix(first, path)));
    match first[..shared].rfind('/') {
        Some(0) | None => "/",
        Some(slash) => &first[..slash],
    }
}

fn shared_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AwaitIds => f.write_str("wait for the id mapping"),
            Self::EnterNamespaces(_) => f.write_str("enter new network, IPC and UTS namespaces"),
            Self::Receive => f.write_str("receive the prepared mounts"),
            Self::JoinCgroup => f.write_str("join the cgroup"),
            Self::EnterCgroupNamespace => f.write_str("enter a new cgroup namespace"),
            Self::BringLoopbackUp => f.write_str("bring the loopback interface up"),
            Self::MakeMountsPrivate => f.write_str("make the mounts private"),
            Self::AttachRoot => f.write_str("attach the root file system"),
            Self::WriteFile { path, .. } => write!(f, "write {path}"),
            Self::Mount { target, .. } => write!(f, "mount on {target}"),
            Self::PopulateDev => f.write_str("populate /dev"),
            Self::OpenStdio => f.write_str("open standard input and output"),
            Self::BindConsole => f.write_str("bind the terminal on /dev/console"),
            Self::Sysctl { name, value } => write!(f, "set sysctl {name}={value}"),
            Self::Mask(path) => write!(f, "mask {path}"),
            Self::MakeReadonly(path) => write!(f, "make {path} read-only"),
            Self::MakeRootReadonly => f.write_str("make the root file system read-only"),
            Self::PivotRoot => f.write_str("pivot into the root file system"),
            Self::SetHostname(name) => write!(f, "set the host name {name}"),
            Self::AwaitLimits => f.write_str("wait for the resource limits"),
            Self::Process(step) => step.fmt(f),
        }
    }
}

impl fmt::Display for ProcessStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResolveUser(user) => write!(f, "find user {user} in the container's passwd and group"),
            Self::OwnStdio => f.write_str("give standard input and output to the user"),
            Self::ChangeDirectory(path) => write!(f, "change to the working directory {path}"),
            Self::LimitBoundingSet => f.write_str("limit the capability bounding set"),
            Self::SetIds => f.write_str("become the user"),
            Self::SetNoNewPrivileges => f.write_str("set no_new_privs"),
            Self::InstallSeccomp => f.write_str("install the seccomp filter"),
            Self::SetCapabilities => f.write_str("set the capabilities"),
            Self::StartInit => f.write_str("start the init process"),
            Self::Execute(command) => write!(f, "execute {command}"),
        }
    }
}

#[cfg(test)]
mod tests;
