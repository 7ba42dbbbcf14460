//! One limit as one write to one control file, and what must be read back from it.
//!
//! Both hierarchies decide a list of [`Setting`]s from the limits in force and those wanted; here they are carried
//! out in order, each through one descriptor: write, read back, compare.

use super::controller::{Controller, Version};
use super::cpulist;
use super::detect::why_missing;
use super::error::{Cause, CgroupError, LimitName};
use super::file::{TEXT_BYTES_MAX, Tree, each_line, text_of, write_value};
use super::policy::Wanted;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::OFlags;
use rustix::io::Errno;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// Whose wish it is.
    pub(super) limit: LimitName,
    /// Where the file belongs.
    pub(super) controller: Controller,
    /// The control file.
    pub(super) file: &'static str,
    /// What is written.
    pub(super) value: String,
    /// Where it is read back: the file itself, or the one that shows what came of it.
    pub(super) read_back: &'static str,
    /// What must be read back.
    pub(super) expect: Expect,
    /// What a missing file means.
    pub(super) if_missing: IfMissing,
}

/// What a control file must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// What was written.
    Same,
    /// A number at least this large: v1's way of saying "no limit".
    AtLeast(u64),
    /// The same CPUs or nodes, however the list is written.
    List,
    /// A line that starts with this device and has this word; without a word, no such limit.
    Device {
        /// `8:0`
        device: String,
        /// v1 `1048576`, v2 `rbps=1048576`; `None`: nothing on v1, or `max` on v2.
        word: Option<String>,
        /// v2's key with its `=`; empty on v1.
        key: &'static str,
    },
}

/// What a missing file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMissing {
    /// An error, and what brings the file.
    Refuse(&'static str),
    /// The kernel's default is as good as the limit.
    PassOver,
}

/// How to speak of the limit of swap, and what it means that the kernel has no file for it.
pub(super) fn of_swap(to: &Wanted) -> (LimitName, IfMissing) {
    let limit = if to.swap_is_default { LimitName::DefaultSwap } else { LimitName::MemorySwap };
    let needs =
        "CONFIG_SWAP and, before Linux 6.1, swapaccount=1 on the kernel command line (CONFIG_MEMCG_SWAP)";
    (limit, if to.swap_counts { IfMissing::Refuse(needs) } else { IfMissing::PassOver })
}

/// Carry the settings out; `tree` finds where a controller is mounted.
pub(super) fn enforce<'t>(
    settings: &[Setting],
    group: &str,
    version: Version,
    tree: &dyn Fn(Controller) -> Option<&'t Tree>,
) -> Result<(), CgroupError> {
    for setting in settings {
        match (tree(setting.controller), setting.if_missing) {
            (Some(tree), _) => setting.enforce(tree, group)?,
            (None, IfMissing::PassOver) => {}
            (None, IfMissing::Refuse(_)) => {
                let cause = why_missing(setting.controller, version);
                return Err(CgroupError::Unenforceable { limit: setting.limit, cause });
            }
        }
    }
    Ok(())
}

impl Setting {
    /// Write, read back, compare.
    pub(super) fn enforce(&self, tree: &Tree, group: &str) -> Result<(), CgroupError> {
        let fd = match tree.open_at(group, self.file, OFlags::RDWR) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return self.missing(tree, group),
            Err(source) => return Err(tree.error("open", group, self.file, source)),
        };
        write_value(fd.as_fd(), &self.value).map_err(|source| self.refused(tree, group, source))?;
        if self.read_back == self.file {
            return self.verify(tree, group, fd.as_fd());
        }
        let other = tree
            .open_at(group, self.read_back, OFlags::RDONLY)
            .map_err(|source| tree.error("open", group, self.read_back, source))?;
        self.verify(tree, group, other.as_fd())
    }

    fn missing(&self, tree: &Tree, group: &str) -> Result<(), CgroupError> {
        let IfMissing::Refuse(needs) = self.if_missing else { return Ok(()) };
        if !tree.exists(group) {
            return Err(CgroupError::NoGroup { path: group.to_owned() });
        }
        let cause = Cause::NoFile { path: tree.full_path(group, self.file), needs };
        Err(CgroupError::Unenforceable { limit: self.limit, cause })
    }

    fn refused(&self, tree: &Tree, group: &str, source: Errno) -> CgroupError {
        let (limit, path) = (self.limit, tree.full_path(group, self.file));
        CgroupError::Refused { limit, path, value: self.value.clone(), hint: hint(limit, source), source }
    }

    fn verify(&self, tree: &Tree, group: &str, fd: BorrowedFd<'_>) -> Result<(), CgroupError> {
        let unreadable = |source| tree.error("read", group, self.read_back, source);
        let (in_force, found) = if let Expect::Device { device, word, key } = &self.expect {
            device_in_force(fd, device, word.as_deref(), key).map_err(unreadable)?
        } else {
            let mut buffer = [0; TEXT_BYTES_MAX];
            let found = text_of(fd, &mut buffer).map_err(unreadable)?;
            (self.accepts(found), if self.accepts(found) { String::new() } else { found.to_owned() })
        };
        if in_force {
            return Ok(());
        }
        let path = tree.full_path(group, self.read_back);
        Err(CgroupError::NotInForce { limit: self.limit, path, wanted: self.value.clone(), found })
    }

    /// Whether the file's whole text is what it must be.
    pub(super) fn accepts(&self, found: &str) -> bool {
        match &self.expect {
            Expect::Same => found == self.value,
            Expect::AtLeast(least) => found.parse::<u64>().is_ok_and(|found| found >= *least),
            Expect::List => cpulist::parse(found) == cpulist::parse(&self.value),
            Expect::Device { device, word, key } => found
                .lines()
                .find_map(|line| rest_for(line, device))
                .map_or(word.is_none(), |rest| has(rest, word.as_deref(), key)),
        }
    }
}

/// Look a device's line up in a file that may be long; whether it is as wanted, and the line.
fn device_in_force(
    fd: BorrowedFd<'_>,
    device: &str,
    word: Option<&str>,
    key: &str,
) -> Result<(bool, String), Errno> {
    rustix::fs::seek(fd, rustix::fs::SeekFrom::Start(0))?;
    let (mut in_force, mut found) = (word.is_none(), String::new());
    each_line(fd, &mut |line| {
        if let Some(rest) = rest_for(line, device) {
            in_force = has(rest, word, key);
            found = line.to_owned();
        }
    })?;
    Ok((in_force, found))
}

fn rest_for<'l>(line: &'l str, device: &str) -> Option<&'l str> {
    line.strip_prefix(device)?.strip_prefix(' ')
}

/// Whether a device's line has the word, or, when none is wanted, no limit for the key.
fn has(rest: &str, word: Option<&str>, key: &str) -> bool {
    let mut words = rest.split(' ');
    match word {
        Some(word) => words.any(|found| found == word),
        None => {
            !key.is_empty() && words.all(|found| found.strip_prefix(key).is_none_or(|value| value == "max"))
        }
    }
}

/// What to do about the kernel's refusal, where that is known.
const fn hint(limit: LimitName, source: Errno) -> &'static str {
    match (limit, source) {
        (LimitName::Throttle(_), Errno::NODEV | Errno::INVAL) => "; name a whole disk, not a partition",
        (LimitName::CpusetCpus, Errno::INVAL | Errno::ACCESS | Errno::RANGE | Errno::NOSPC) => {
            "; name CPUs that the board has online"
        }
        (LimitName::CpusetMems, Errno::INVAL | Errno::ACCESS | Errno::RANGE | Errno::NOSPC) => {
            "; name memory nodes that the board has"
        }
        (LimitName::Cpus, Errno::INVAL) => "; a group above it has less",
        (LimitName::MemoryReservation, Errno::OPNOTSUPP) => {
            "; a PREEMPT_RT kernel has no soft limit on cgroup v1"
        }
        (
            LimitName::Memory | LimitName::DefaultMemory | LimitName::MemorySwap | LimitName::DefaultSwap,
            Errno::BUSY,
        ) => "; more than that is in use and cannot be reclaimed, so stop something inside first",
        _ => "",
    }
}
