//! One mounted hierarchy, and its control files: small reads into the stack, one write per value.
//!
//! Everything goes by a path below the mount's own descriptor, so one descriptor per hierarchy is all that is held.

use super::error::CgroupError;
use super::{DEPTH_MAX, GROUP_PATH_BYTES_MAX};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

/// Bytes of a control file that are looked at in one piece.
pub(super) const TEXT_BYTES_MAX: usize = 1024;
/// Longest line that is looked at; longer ones are passed over (they are mounts of other file systems).
const LINE_BYTES_MAX: usize = 4096;
/// Longest name of a control file.
const NAME_BYTES_MAX: usize = 127;

/// A path below a hierarchy's root, without heap.
type RelativePath = heapless::String<{ GROUP_PATH_BYTES_MAX + 1 + NAME_BYTES_MAX }>;

/// One mounted hierarchy.
#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
    mount_point: String,
}

impl Tree {
    /// Open the directory where it is mounted.
    pub(super) fn open(mount_point: &str) -> Result<Self, CgroupError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(mount_point, flags, Mode::empty()).map_err(|source| CgroupError::Io {
            operation: "open",
            path: mount_point.to_owned(),
            source,
        })?;
        Ok(Self { root, mount_point: mount_point.to_owned() })
    }

    /// Full path, for messages.
    pub(super) fn full_path(&self, group: &str, file: &str) -> String {
        let mut path = self.mount_point.clone();
        for part in [group, file].into_iter().filter(|part| !part.is_empty()) {
            path.push('/');
            path.push_str(part);
        }
        path
    }

    pub(super) fn error(
        &self,
        operation: &'static str,
        group: &str,
        file: &str,
        source: Errno,
    ) -> CgroupError {
        CgroupError::Io { operation, path: self.full_path(group, file), source }
    }

    /// Open one file, or the group's directory when `file` is empty.
    pub(super) fn open_at(&self, group: &str, file: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let path = relative(group, file)?;
        rustix::io::retry_on_intr(|| {
            rustix::fs::openat(&self.root, path.as_str(), flags | OFlags::CLOEXEC, Mode::empty())
        })
    }

    /// Make one group, whose parent is there.
    pub(super) fn make(&self, group: &str) -> Result<(), Errno> {
        rustix::fs::mkdirat(&self.root, group, Mode::from_raw_mode(0o755))
    }

    /// Remove one group that has none below it; one that does not exist is fine.
    pub(super) fn remove(&self, group: &str) -> Result<(), Errno> {
        match rustix::fs::unlinkat(&self.root, group, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the group is there.
    pub(super) fn exists(&self, group: &str) -> bool {
        self.open_at(group, "", OFlags::PATH | OFlags::DIRECTORY).is_ok()
    }

    /// Whole text of a small file, without the line end; `None` if there is no such file.
    pub(super) fn text<'b>(
        &self,
        group: &str,
        file: &str,
        buffer: &'b mut [u8; TEXT_BYTES_MAX],
    ) -> Result<Option<&'b str>, CgroupError> {
        let fd = match self.open_at(group, file, OFlags::RDONLY) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(source) => return Err(self.error("open", group, file, source)),
        };
        text_of(fd.as_fd(), buffer).map(Some).map_err(|source| match source {
            // The group was removed after its file was opened.
            Errno::NODEV => CgroupError::NoGroup { path: group.to_owned() },
            source => self.error("read", group, file, source),
        })
    }

    /// A file that holds one number; `None` if there is no such file or it says `max`.
    pub(super) fn number(&self, group: &str, file: &str) -> Result<Option<u64>, CgroupError> {
        let mut buffer = [0; TEXT_BYTES_MAX];
        match self.text(group, file, &mut buffer)? {
            None | Some("max") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| self.unexpected(group, file, text)),
        }
    }

    pub(super) fn unexpected(&self, group: &str, file: &str, found: &str) -> CgroupError {
        CgroupError::Unexpected { path: self.full_path(group, file), found: found.to_owned() }
    }

    /// Write one value.
    pub(super) fn write(&self, group: &str, file: &str, value: &str) -> Result<(), CgroupError> {
        self.open_at(group, file, OFlags::WRONLY)
            .and_then(|fd| write_value(fd.as_fd(), value))
            .map_err(|source| self.error("write", group, file, source))
    }

    /// Each line of a file; whether there is such a file.
    pub(super) fn lines(
        &self,
        group: &str,
        file: &str,
        each: &mut dyn FnMut(&str),
    ) -> Result<bool, CgroupError> {
        let fd = match self.open_at(group, file, OFlags::RDONLY) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(false),
            Err(source) => return Err(self.error("open", group, file, source)),
        };
        match each_line(fd.as_fd(), each) {
            // The group was removed while it was read: nothing is left in it.
            Ok(()) | Err(Errno::NODEV) => Ok(true),
            Err(source) => Err(self.error("read", group, file, source)),
        }
    }

    /// The group and every one below it, the deepest first.
    pub(super) fn groups_below(&self, group: &str) -> Result<Vec<String>, CgroupError> {
        let mut groups = vec![group.to_owned()];
        let mut next = 0;
        while let Some(parent) = groups.get(next).cloned() {
            self.children(&parent, &mut groups)?;
            next += 1;
        }
        groups.reverse();
        Ok(groups)
    }

    fn children(&self, parent: &str, into: &mut Vec<String>) -> Result<(), CgroupError> {
        let failed = |source| self.error("list", parent, "", source);
        let fd = match self.open_at(parent, "", OFlags::RDONLY | OFlags::DIRECTORY) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(()),
            Err(source) => return Err(failed(source)),
        };
        for entry in rustix::fs::Dir::read_from(&fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if entry.file_type() != rustix::fs::FileType::Directory || matches!(name, b"." | b"..") {
                continue;
            }
            into.push(self.child_path(parent, name)?);
        }
        Ok(())
    }

    fn child_path(&self, parent: &str, name: &[u8]) -> Result<String, CgroupError> {
        let name = std::str::from_utf8(name).map_err(|_| self.error("list", parent, "", Errno::ILSEQ))?;
        let path = format!("{parent}/{name}");
        if path.split('/').count() > DEPTH_MAX || path.len() > GROUP_PATH_BYTES_MAX {
            return Err(self.error("list", &path, "", Errno::NAMETOOLONG));
        }
        Ok(path)
    }
}

fn relative(group: &str, file: &str) -> Result<RelativePath, Errno> {
    let mut path = RelativePath::new();
    path.push_str(if group.is_empty() { "." } else { group }).map_err(|()| Errno::NAMETOOLONG)?;
    if !file.is_empty() {
        path.push('/').and_then(|()| path.push_str(file)).map_err(|()| Errno::NAMETOOLONG)?;
    }
    Ok(path)
}

/// Write one value in one call, as control files want it.
pub(super) fn write_value(fd: BorrowedFd<'_>, value: &str) -> Result<(), Errno> {
    let written = rustix::io::retry_on_intr(|| rustix::io::write(fd, value.as_bytes()))?;
    if written == value.len() { Ok(()) } else { Err(Errno::IO) }
}

/// The first [`TEXT_BYTES_MAX`] bytes from the start, without the line end.
pub(super) fn text_of<'b>(
    fd: BorrowedFd<'_>,
    buffer: &'b mut [u8; TEXT_BYTES_MAX],
) -> Result<&'b str, Errno> {
    let length = rustix::io::retry_on_intr(|| rustix::io::pread(fd, &mut buffer[..], 0))?;
    std::str::from_utf8(&buffer[..length]).map(str::trim_end).map_err(|_| Errno::ILSEQ)
}

/// Each line from the current position on.
pub(super) fn each_line(fd: BorrowedFd<'_>, each: &mut dyn FnMut(&str)) -> Result<(), Errno> {
    let mut buffer = [0; LINE_BYTES_MAX];
    let mut filled = 0;
    let mut passing_over = false;
    loop {
        let length = rustix::io::retry_on_intr(|| rustix::io::read(fd, &mut buffer[filled..]))?;
        if length == 0 {
            if !passing_over {
                emit(&buffer[..filled], each);
            }
            return Ok(());
        }
        filled = whole_lines(&mut buffer, filled + length, &mut passing_over, each);
        if filled == buffer.len() {
            (filled, passing_over) = (0, true);
        }
    }
}

/// Hand on the whole lines and move the rest to the front; how many bytes the rest has.
fn whole_lines(
    buffer: &mut [u8],
    filled: usize,
    passing_over: &mut bool,
    each: &mut dyn FnMut(&str),
) -> usize {
    let mut start = 0;
    while let Some(length) = buffer[start..filled].iter().position(|byte| *byte == b'\n') {
        if !std::mem::take(passing_over) {
            emit(&buffer[start..start + length], each);
        }
        start += length + 1;
    }
    buffer.copy_within(start..filled, 0);
    filled - start
}

fn emit(line: &[u8], each: &mut dyn FnMut(&str)) {
    // Lines of the kernel that are not UTF-8 are paths of others' mounts.
    if let Ok(line) = std::str::from_utf8(line)
        && !line.is_empty()
    {
        each(line);
    }
}
