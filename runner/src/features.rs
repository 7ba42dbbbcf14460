//! What this kernel offers of what a container wants.
//!
//! In: the kernel's release and a few files. Out: [`Features`], which decides how a launch becomes steps and what
//! `limpet info` says.

use rustix::fs::{Access, access};

/// Oldest kernel that is supported: clone3, openat2 and pidfds all work there.
pub const KERNEL_MIN: (u32, u32) = (5, 10);

/// In the environment, asks for the mount(2) fallback of old kernels; tests use it on new ones.
pub const CLASSIC_MOUNTS: &str = "LIMPET_CLASSIC_MOUNTS";

/// How mounts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountApi {
    /// fsopen, open_tree, move_mount and mount_setattr: Linux 5.12.
    Descriptors,
    /// mount(2) alone.
    Classic,
}

/// What the kernel offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Major and minor number of the release.
    pub kernel: (u32, u32),
    /// How mounts are made.
    pub mount_api: MountApi,
    /// An overlay whose layers are id-mapped: Linux 5.19, with user namespaces.
    pub id_mapped_overlay: bool,
    /// Overlay layers given as descriptors, also of detached trees: Linux 6.15.
    pub overlay_by_descriptor: bool,
    /// Time namespaces.
    pub time_namespaces: bool,
    /// User namespaces exist and may be made.
    pub user_namespaces: bool,
}

impl Features {
    /// Asks the running kernel. Cheap: a handful of system calls.
    #[must_use]
    pub fn detect() -> Self {
        let uname = rustix::system::uname();
        let kernel = parse_release(&uname.release().to_string_lossy());
        let user_namespaces = has("/proc/self/ns/user") && user_namespaces_allowed();
        let features = Self::of(kernel, user_namespaces, has("/proc/self/ns/time"));
        if std::env::var_os(CLASSIC_MOUNTS).is_some() { features.classic() } else { features }
    }

    /// What a kernel of this version offers with these options.
    #[must_use]
    pub fn of(kernel: (u32, u32), user_namespaces: bool, time_namespaces: bool) -> Self {
        let mount_api = if kernel >= (5, 12) { MountApi::Descriptors } else { MountApi::Classic };
        Self {
            kernel,
            mount_api,
            id_mapped_overlay: user_namespaces && kernel >= (5, 19),
            overlay_by_descriptor: kernel >= (6, 15),
            time_namespaces,
            user_namespaces,
        }
    }

    /// The same kernel, as if it had only mount(2): the fallback, chosen by a test or a cautious user.
    #[must_use]
    pub fn classic(self) -> Self {
        Self { mount_api: MountApi::Classic, id_mapped_overlay: false, overlay_by_descriptor: false, ..self }
    }
}

/// Major and minor of a release such as `6.12.8-rpi`; zeroes where it does not read like one.
#[must_use]
pub fn parse_release(release: &str) -> (u32, u32) {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn has(path: &str) -> bool {
    access(path, Access::EXISTS).is_ok()
}

fn user_namespaces_allowed() -> bool {
    std::fs::read_to_string("/proc/sys/user/max_user_namespaces").is_ok_and(|max| max.trim() != "0")
}

#[cfg(test)]
mod tests;
