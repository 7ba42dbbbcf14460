//! Which hierarchies this board has: from the mount table to a driver.
//!
//! On a board with cgroup v2 alone one statfs(2) tells; otherwise /proc/self/mountinfo is read. A hybrid board, where
//! the controllers are on v1 and a v2 hierarchy is mounted without them, is a v1 board here. Where both kinds have
//! controllers, the kind with more of them is used, and a limit whose controller is on the other is an error.

use super::CgroupDriver;
use super::controller::{Controller, Controllers, Version};
use super::error::{Cause, CgroupError};
use super::file::{TEXT_BYTES_MAX, Tree, each_line};
use super::{v1::V1, v2::V2};
use rustix::fd::AsFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Where hierarchies are usually mounted; preferred when there are several mounts of one.
const USUAL_MOUNT_POINT: &str = "/sys/fs/cgroup";
/// File system type of cgroup v2 (statfs(2)).
const CGROUP2_SUPER_MAGIC: rustix::fs::FsWord = 0x6367_7270;

/// The cgroup mounts of one mount table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Where v2 is mounted.
    pub unified: Option<String>,
    /// v1 mounts that have at least one controller of ours, with these; several share one when they are co-mounted.
    pub legacy: Vec<(String, Controllers)>,
}

impl Layout {
    /// From the text of /proc/self/mountinfo (proc_pid_mountinfo(5)).
    #[must_use]
    pub fn parse(mountinfo: &str) -> Self {
        let mut layout = Self::default();
        mountinfo.lines().for_each(|line| layout.add_line(line));
        layout
    }

    /// Take one line of it into account.
    fn add_line(&mut self, line: &str) {
        let Some((before, after)) = line.split_once(" - ") else { return };
        let mut after = after.split(' ');
        let (Some(kind), Some(options)) = (after.next(), after.nth(1)) else { return };
        let Some(mount_point) = before.split(' ').nth(4) else { return };
        match kind {
            "cgroup2" => self.add_unified(unescaped(mount_point)),
            "cgroup" => {
                self.add_legacy(unescaped(mount_point), Controllers::parse(options, ',', Version::V1));
            }
            _ => {}
        }
    }

    fn add_unified(&mut self, mount_point: String) {
        if self.unified.as_deref().is_none_or(|known| !is_usual(known) && is_usual(&mount_point)) {
            self.unified = Some(mount_point);
        }
    }

    fn add_legacy(&mut self, mount_point: String, controllers: Controllers) {
        if controllers.is_empty() {
            return;
        }
        match self.legacy.iter_mut().find(|(_, known)| *known == controllers) {
            None => self.legacy.push((mount_point, controllers)),
            Some(known) if !is_usual(&known.0) && is_usual(&mount_point) => known.0 = mount_point,
            Some(_) => {}
        }
    }

    fn legacy_controllers(&self) -> Controllers {
        self.legacy.iter().fold(Controllers::default(), |all, (_, some)| all.union(*some))
    }
}

fn is_usual(mount_point: &str) -> bool {
    mount_point.starts_with(USUAL_MOUNT_POINT)
}

/// Space, tab, newline and backslash are octal in the mount table.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

/// The hierarchies that are used on this board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hierarchies {
    /// cgroup v2.
    Unified {
        /// Where it is mounted.
        mount_point: String,
        /// What its root offers.
        controllers: Controllers,
    },
    /// cgroup v1, also beside a v2 that has no controllers (hybrid).
    Legacy(Vec<(String, Controllers)>),
}

impl Hierarchies {
    /// Look at this board.
    ///
    /// # Errors
    /// [`CgroupError::NoHierarchy`], or the mount table could not be read.
    pub fn detect() -> Result<Self, CgroupError> {
        let layout = if is_cgroup2(USUAL_MOUNT_POINT) {
            Layout { unified: Some(USUAL_MOUNT_POINT.to_owned()), legacy: Vec::new() }
        } else {
            mounted()?
        };
        let offered = layout.unified.as_deref().map(offered_controllers).transpose()?.unwrap_or_default();
        Self::choose(layout, offered).ok_or(CgroupError::NoHierarchy)
    }

    /// Decide between the kinds; `offered` is what the root of the v2 hierarchy offers.
    #[must_use]
    pub fn choose(layout: Layout, offered: Controllers) -> Option<Self> {
        let legacy = layout.legacy_controllers();
        // v1 counts three that v2 does without (cpuacct, devices, freezer): only the common ones are compared.
        let only_v1 = [Controller::Cpuacct, Controller::Devices, Controller::Freezer];
        let common = legacy.without(only_v1.into_iter().fold(Controllers::default(), Controllers::with));
        match layout.unified {
            Some(mount_point) if legacy.is_empty() || offered.len() > common.len() => {
                Some(Self::Unified { mount_point, controllers: offered })
            }
            _ if legacy.is_empty() => None,
            _ => Some(Self::Legacy(layout.legacy)),
        }
    }

    /// Open them.
    ///
    /// # Errors
    /// A mount point could not be opened.
    pub fn driver(&self) -> Result<Box<dyn CgroupDriver>, CgroupError> {
        Ok(match self {
            Self::Unified { mount_point, controllers } => {
                Box::new(V2::new(Tree::open(mount_point)?, *controllers))
            }
            Self::Legacy(mounts) => Box::new(V1::open(mounts)?),
        })
    }
}

/// The driver for this board.
///
/// # Errors
/// [`CgroupError::NoHierarchy`], or a mount could not be read.
pub fn detect() -> Result<Box<dyn CgroupDriver>, CgroupError> {
    Hierarchies::detect()?.driver()
}

fn is_cgroup2(path: &str) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| found.f_type == CGROUP2_SUPER_MAGIC)
}

fn mounted() -> Result<Layout, CgroupError> {
    let mut layout = Layout::default();
    each_line_of("/proc/self/mountinfo", &mut |line| layout.add_line(line))?;
    Ok(layout)
}

fn each_line_of(path: &str, each: &mut dyn FnMut(&str)) -> Result<(), CgroupError> {
    let failed = |source: Errno| CgroupError::Io { operation: "read", path: path.to_owned(), source };
    let fd = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(failed)?;
    each_line(fd.as_fd(), each).map_err(failed)
}

fn offered_controllers(mount_point: &str) -> Result<Controllers, CgroupError> {
    let mut buffer = [0; TEXT_BYTES_MAX];
    let names = Tree::open(mount_point)?.text("", "cgroup.controllers", &mut buffer)?.unwrap_or_default();
    Ok(Controllers::parse(names, ' ', Version::V2))
}

/// What /proc/cgroups says of one controller (cgroups(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Built and usable.
    On,
    /// Built, but switched off on the kernel command line.
    Off,
    /// Not in the table.
    Absent,
}

/// Look one controller up in the text of /proc/cgroups.
pub(super) fn presence(table: &str, name: &str) -> Presence {
    let row = table.lines().map(str::split_whitespace).find_map(|mut words| {
        let found = words.next() == Some(name);
        found.then(|| words.nth(2).map(str::to_owned)).flatten()
    });
    match row.as_deref() {
        None => Presence::Absent,
        Some("0") => Presence::Off,
        Some(_) => Presence::On,
    }
}

/// What this board lacks of the controllers that limits need, and what brings each, given what it has.
#[must_use]
pub fn missing(version: Version, has: Controllers) -> Vec<Cause> {
    let is_needed = |controller: &Controller| match controller {
        // v2 counts CPU time by itself, freezes by itself, and filters devices by a program.
        Controller::Cpuacct | Controller::Devices | Controller::Freezer => version == Version::V1,
        Controller::Memory | Controller::Cpu | Controller::Cpuset | Controller::Pids | Controller::Io => true,
    };
    let lacking =
        Controller::ALL.into_iter().filter(|controller| is_needed(controller) && !has.contains(*controller));
    lacking.map(|controller| why_missing(controller, version)).collect()
}

/// Why a controller cannot be used, looked up only once that is known.
pub(super) fn why_missing(controller: Controller, version: Version) -> Cause {
    let mut presence_here = Presence::Absent;
    let name = controller.name(Version::V1);
    let table = each_line_of("/proc/cgroups", &mut |line| match presence(line, name) {
        Presence::Absent => {}
        found => presence_here = found,
    });
    match (table, presence_here) {
        (Ok(()), Presence::Off) => Cause::SwitchedOff(controller),
        (Ok(()), Presence::On) => Cause::NotMounted(controller, version),
        // Without the table the kernel option is the best advice.
        (Ok(()), Presence::Absent) | (Err(_), _) => Cause::NotBuilt(controller, version),
    }
}
