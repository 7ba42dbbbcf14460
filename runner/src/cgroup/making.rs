//! Making a group with its missing parents, and taking back what was made when a later step fails.

use super::error::CgroupError;
use super::file::Tree;
use super::{DEPTH_MAX, GROUP_PATH_BYTES_MAX, processes};
use rustix::io::Errno;

/// What was made in the trees of one driver; removed again when dropped, unless [`Made::keep`] is called.
#[derive(Default)]
pub(super) struct Made<'t> {
    groups: Vec<(&'t Tree, String)>,
}

impl<'t> Made<'t> {
    /// Everything worked.
    pub(super) fn keep(mut self) {
        self.groups.clear();
    }

    /// Make `group`, unless it is there; whether it was not.
    pub(super) fn make_missing(&mut self, tree: &'t Tree, group: &str) -> Result<bool, CgroupError> {
        match tree.make(group) {
            Err(Errno::EXIST) => Ok(false),
            made => self.note(tree, group, made).map(|()| true),
        }
    }

    /// Make `group`. An empty one that is there already, from a keeper that was killed, is made anew.
    pub(super) fn make_new(&mut self, tree: &'t Tree, group: &str) -> Result<(), CgroupError> {
        let mut made = tree.make(group);
        if made == Err(Errno::EXIST) {
            clear(tree, group)?;
            made = tree.make(group);
        }
        self.note(tree, group, made)
    }

    fn note(&mut self, tree: &'t Tree, group: &str, made: Result<(), Errno>) -> Result<(), CgroupError> {
        made.map_err(|source| tree.error("make cgroup", group, "", source))?;
        self.groups.push((tree, group.to_owned()));
        Ok(())
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        for (tree, group) in self.groups.iter().rev() {
            // A parent may have got other children meanwhile, which is as it should be; the error that is on its way
            // to the caller matters more than an empty group that stays.
            let _ = tree.remove(group);
        }
    }
}

fn clear(tree: &Tree, group: &str) -> Result<(), CgroupError> {
    if processes::any(tree, group)? {
        return Err(CgroupError::Occupied { path: group.to_owned() });
    }
    processes::remove(tree, group)
}

/// `a`, `a/b` of `a/b/c`.
pub(super) fn parents(group: &str) -> impl Iterator<Item = &str> {
    group.match_indices('/').map(|(index, _)| &group[..index])
}

/// The group above; the root is the empty path.
pub(super) fn parent(group: &str) -> &str {
    group.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Whether a group may have this path.
pub(super) fn check_path(group: &str) -> Result<(), CgroupError> {
    let refuse = |reason| Err(CgroupError::Path { path: group.to_owned(), reason });
    if group.is_empty() {
        return refuse("it is empty");
    }
    if group.len() > GROUP_PATH_BYTES_MAX {
        return refuse("it is longer than 384 bytes");
    }
    if group.split('/').count() > DEPTH_MAX {
        return refuse("it is deeper than 32 levels");
    }
    if group.contains(['\n', '\0']) {
        return refuse("it has a line end or a zero byte");
    }
    if group.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return refuse(
            "each part between slashes needs a name that is not . or .., and no slash may lead or end it",
        );
    }
    Ok(())
}
