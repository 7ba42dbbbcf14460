//! Who the process is: `user[:group]` looked up in the container's own passwd and group.
//!
//! In: texts from the launch, and two small files of the image, read inside the container's root. Out: numbers.
//! The rules are docker's: a number needs no entry; a name does; without a group it is the user's own, with all the
//! groups that list the user.

use rustix::fd::AsFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, Result};
use std::fs::File;
use std::io::Read;

/// Most bytes that are read of passwd or group.
const DATABASE_BYTES_MAX: u64 = 1024 * 1024;
/// Most supplementary groups (the kernel allows 65536; nobody lists more than a few).
const GROUPS_MAX: usize = 1024;
/// Highest id: the one above all, -1, means "no change" to the kernel (setresuid(2)), and runc takes none above this.
const ID_MAX: u32 = i32::MAX.cast_unsigned();

/// A user in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Home directory.
    pub home: String,
}

impl Identity {
    /// Root, as it is where there is no passwd.
    #[must_use]
    pub fn root() -> Self {
        Self { uid: 0, gid: 0, groups: Vec::new(), home: "/root".to_owned() }
    }
}

/// Looks `user` and `extra` groups up in this root's `/etc/passwd` and `/etc/group`.
///
/// # Errors
/// `ENOENT` for a name that has no entry; what reading says.
pub(crate) fn resolve(user: &str, extra: &[String]) -> Result<Identity> {
    let passwd = read_database("/etc/passwd")?;
    let group = read_database("/etc/group")?;
    find(user, extra, &passwd, &group).ok_or(Errno::NOENT)
}

/// A missing file is an empty one; a device or an endless file is cut.
fn read_database(path: &str) -> Result<String> {
    // A FIFO of the image's must not hold us up.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match openat(CWD, path, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::NXIO) => Ok(String::new()),
        file => read_regular(File::from(file?)),
    }
}

fn read_regular(file: File) -> Result<String> {
    let errno = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    if !file.metadata().map_err(errno)?.is_file() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    file.take(DATABASE_BYTES_MAX).read_to_end(&mut bytes).map_err(errno)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The passwd of the container that `pid` is in, read from outside: no link and no special file that a container put
/// there leads out of it or is waited for. Empty where there is none.
#[must_use]
pub fn passwd_of(pid: i32) -> String {
    let read = || -> Result<String> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(format!("/proc/{pid}/root"), flags, Mode::empty())?;
        let file = crate::beneath::open(
            root.as_fd(),
            "/etc/passwd",
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
        )?;
        read_regular(file.into())
    };
    read().unwrap_or_default()
}

/// The name of a user in the text of passwd(5).
#[must_use]
pub fn name_of(uid: u32, passwd: &str) -> Option<&str> {
    passwd.lines().filter_map(parse_user).find(|entry| entry.uid == uid).map(|entry| entry.name)
}

/// Resolves `user` (`name|uid[:group|gid]`, empty is root) in the texts of passwd(5) and group(5).
#[must_use]
pub fn find(user: &str, extra: &[String], passwd: &str, group: &str) -> Option<Identity> {
    let (user, wanted_group) = match user.split_once(':') {
        Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
        None => (user, None),
    };
    let user = if user.is_empty() { "0" } else { user };
    let entry = find_user(user, passwd);
    let uid =
        entry.as_ref().map(|entry| entry.uid).or_else(|| user.parse().ok()).filter(|uid| *uid <= ID_MAX)?;
    let mut groups = Vec::new();
    let gid = match wanted_group {
        Some(name) => find_group(name, group)?,
        None => {
            groups = entry.as_ref().map(|entry| memberships(entry.name, group)).unwrap_or_default();
            entry.as_ref().map_or(0, |entry| entry.gid)
        }
    };
    for name in extra {
        groups.push(find_group(name, group)?);
    }
    if gid > ID_MAX || groups.iter().any(|gid| *gid > ID_MAX) {
        return None;
    }
    groups.sort_unstable();
    groups.dedup();
    groups.truncate(GROUPS_MAX);
    let home = entry.map(|entry| entry.home).filter(|home| !home.is_empty());
    Some(Identity { uid, gid, groups, home: home.unwrap_or("/").to_owned() })
}

struct Entry<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

/// By name, else by number, as docker looks.
fn find_user<'a>(user: &str, passwd: &'a str) -> Option<Entry<'a>> {
    let by_name = passwd.lines().filter_map(parse_user).find(|entry| entry.name == user);
    by_name.or_else(|| {
        let uid: u32 = user.parse().ok()?;
        passwd.lines().filter_map(parse_user).find(|entry| entry.uid == uid)
    })
}

fn parse_user(line: &str) -> Option<Entry<'_>> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let home = fields.nth(1).unwrap_or_default();
    Some(Entry { name, uid, gid, home })
}

fn find_group(wanted: &str, group: &str) -> Option<u32> {
    let named = group.lines().filter_map(parse_group).find(|(name, _, _)| *name == wanted);
    named.map(|(_, gid, _)| gid).or_else(|| wanted.parse().ok())
}

fn memberships(user: &str, group: &str) -> Vec<u32> {
    let listed =
        group.lines().filter_map(parse_group).filter(|(_, _, members)| members.split(',').any(|m| m == user));
    listed.map(|(_, gid, _)| gid).collect()
}

fn parse_group(line: &str) -> Option<(&str, u32, &str)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let gid = fields.nth(1)?.parse().ok()?;
    Some((name, gid, fields.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests;
