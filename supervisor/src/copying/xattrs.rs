//! Extended attributes that are copied: file capabilities and the user's own.
//!
//! Read and written through /proc/self/fd, as descriptors that were opened to look only (O_PATH) carry none.
//! File capabilities of a running container with its own ids name its root as the board sees it (capabilities(7),
//! "File capability revision 3"); everywhere else they are of revision 2.

use super::owners::Owners;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::fs::{XattrFlags, getxattr, listxattr, listxattr_query, setxattr};
use rustix::io::{Errno, Result};

/// Most bytes of the names, and of one value, that are copied (Linux allows as many).
const BYTES_MAX: usize = 64 * 1024;
const CAPABILITY: &[u8] = b"security.capability";
/// struct vfs_ns_cap_data's revision in its first word, little-endian.
const REVISION_MASK: u32 = 0xff00_0000;
const REVISION_2: u32 = 0x0200_0000;
const REVISION_3: u32 = 0x0300_0000;
const REVISION_2_BYTES: usize = 20;
const REVISION_3_BYTES: usize = 24;

/// The attributes of `file` that are copied, as its container sees them. A file system without any has none.
pub(super) fn read(file: BorrowedFd<'_>, owners: Owners) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let path = path_of(file);
    match listxattr_query(path.as_str()) {
        Ok(0) | Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        length => length?,
    };
    let mut names = vec![0; BYTES_MAX];
    let length = listxattr(path.as_str(), &mut names[..])?;
    let mut found = Vec::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| is_copied(name)) {
        match value(&path, name) {
            Ok(value) => found.push((name.to_vec(), inside(name, value, owners))),
            // Taken away meanwhile, or of a root that is not this container's.
            Err(Errno::NODATA | Errno::OVERFLOW) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(found)
}

fn value(path: &str, name: &[u8]) -> Result<Vec<u8>> {
    let mut value = vec![0; 256];
    let length = match getxattr(path, name, &mut value[..]) {
        Err(Errno::RANGE) => {
            value.resize(BYTES_MAX, 0);
            getxattr(path, name, &mut value[..])?
        }
        length => length?,
    };
    value.truncate(length);
    Ok(value)
}

/// Gives `file` the attributes that are copied; how many of them its file system does not take.
pub(super) fn write(file: BorrowedFd<'_>, xattrs: &[(Vec<u8>, Vec<u8>)], owners: Owners) -> Result<u64> {
    let path = path_of(file);
    let mut skipped = 0;
    for (name, value) in xattrs.iter().filter(|(name, _)| is_copied(name)) {
        match setxattr(path.as_str(), name.as_slice(), &outside(name, value, owners), XattrFlags::empty()) {
            Err(Errno::OPNOTSUPP | Errno::INVAL) => skipped += 1,
            result => result?,
        }
    }
    Ok(skipped)
}

fn is_copied(name: &[u8]) -> bool {
    name == CAPABILITY || name.starts_with(b"user.") && !name.starts_with(b"user.overlay.")
}

fn path_of(file: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn revision(value: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*value.first_chunk()?) & REVISION_MASK)
}

fn with_revision(mut value: Vec<u8>, revision: u32) -> Vec<u8> {
    value[3] = revision.to_le_bytes()[3];
    value
}

fn inside(name: &[u8], mut value: Vec<u8>, owners: Owners) -> Vec<u8> {
    let is_newer =
        name == CAPABILITY && value.len() == REVISION_3_BYTES && revision(&value) == Some(REVISION_3);
    if owners == Owners::Same || !is_newer {
        return value;
    }
    value.truncate(REVISION_2_BYTES);
    with_revision(value, REVISION_2)
}

fn outside(name: &[u8], value: &[u8], owners: Owners) -> Vec<u8> {
    let is_older =
        name == CAPABILITY && value.len() == REVISION_2_BYTES && revision(value) == Some(REVISION_2);
    match owners {
        Owners::From(first) if is_older => {
            let value = with_revision(value.to_vec(), REVISION_3);
            [value, first.to_le_bytes().to_vec()].concat()
        }
        _ => value.to_vec(),
    }
}

#[cfg(test)]
mod tests;
