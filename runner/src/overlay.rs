//! The overlay of a container's layers, three ways: by descriptors, by a detached copy, by mount(2) alone.
//!
//! In: the layers' host paths and, where the container has its own ids, its user namespace. Out: a mount.

use crate::mounting;
use limpet_sys::mount::{Change, MountAttributes, change};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, Result as KernelResult};
use rustix::mount as kernel;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};
use std::ffi::CString;

/// What went wrong with which layer.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {subject}: {}", crate::failure::reason(*.errno))]
pub struct OverlayError {
    doing: &'static str,
    subject: String,
    /// What the kernel said.
    pub errno: Errno,
}

fn failed(doing: &'static str, subject: &str) -> impl FnOnce(Errno) -> OverlayError {
    let subject = subject.to_owned();
    move |errno| OverlayError { doing, subject, errno }
}

/// How the owners on disk become those in the container.
#[derive(Clone, Copy)]
pub(crate) struct Mapping<'fd> {
    /// An open user namespace.
    pub(crate) namespace: BorrowedFd<'fd>,
    /// The host id of its id 0.
    pub(crate) first: u32,
}

/// The layers of one root, the topmost first, all below `common`.
pub struct Layers<'a> {
    /// Read-only layers.
    pub lower: &'a [String],
    /// The writable layer.
    pub upper: &'a str,
    /// overlayfs's scratch directory.
    pub work: &'a str,
    /// A directory above all of them, on the same mount.
    pub common: &'a str,
}

impl Layers<'_> {
    /// Layers taken from a detached tree that shows them id-mapped; nobody else ever sees that tree. Linux 6.15.
    pub(crate) fn detached(&self, mapping: Option<Mapping<'_>>) -> Result<OwnedFd, OverlayError> {
        let tree = self.mapped_tree(mapping)?;
        let context = kernel::fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)
            .map_err(failed("use", "overlayfs (CONFIG_OVERLAY_FS)"))?;
        kernel::fsconfig_set_string(&context, "source", "overlay").map_err(failed("name", "the overlay"))?;
        for layer in self.lower {
            self.set_layer(&context, "lowerdir+", &tree, layer)?;
        }
        self.set_layer(&context, "upperdir", &tree, self.upper)?;
        self.set_layer(&context, "workdir", &tree, self.work)?;
        as_owner(mapping, || kernel::fsconfig_create(&context))
            .map_err(failed("make the overlay over", self.upper))?;
        kernel::fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
            .map_err(failed("mount the overlay over", self.upper))
    }

    /// Before Linux 6.15 layers must be mounted where the overlay is made: in a mount namespace that is gone afterwards,
    /// where `scratch` (a directory) serves as the place.
    pub(crate) fn detached_copy(
        &self,
        mapping: Option<Mapping<'_>>,
        scratch: &str,
    ) -> Result<OwnedFd, OverlayError> {
        let origin = Origin::leave().map_err(failed("enter", "a mount namespace"))?;
        let overlay = self.copy_of(mapping, scratch);
        origin.come_back().map_err(failed("come back from", "a mount namespace"))?;
        overlay
    }

    fn copy_of(&self, mapping: Option<Mapping<'_>>, scratch: &str) -> Result<OwnedFd, OverlayError> {
        let tree = self.mapped_tree(mapping)?;
        mounting::attach_on_path(tree.as_fd(), scratch).map_err(failed("attach the layers on", scratch))?;
        as_owner(mapping, || self.mount(tree.as_fd(), scratch).map_err(|error| error.errno))
            .map_err(failed("mount the overlay over", self.upper))?;
        mounting::copy_tree(scratch, false).map_err(failed("copy the overlay on", scratch))
    }

    /// The overlay on the host path `place`, by mount(2); `common` is an open handle on [`Layers::common`].
    ///
    /// # Errors
    /// A layer that cannot be opened, or what mount(2) says.
    pub fn mount(&self, common: BorrowedFd<'_>, place: &str) -> Result<(), OverlayError> {
        let mut options = Options { text: String::from("lowerdir="), open: Vec::new() };
        for layer in self.lower {
            options.add(self.layer(common, layer)?);
            options.text.push(':');
        }
        options.text.pop();
        options.text.push_str(",upperdir=");
        options.add(self.layer(common, self.upper)?);
        options.text.push_str(",workdir=");
        options.add(self.layer(common, self.work)?);
        options.mount(place).map_err(failed("mount the overlay on", place))
    }

    fn mapped_tree(&self, mapping: Option<Mapping<'_>>) -> Result<OwnedFd, OverlayError> {
        let tree = mounting::copy_tree(self.common, false).map_err(failed("open", self.common))?;
        let id_map = mapping.map(|mapping| mapping.namespace);
        let wanted = Change { id_map, private: true, set: MountAttributes::default(), recursive: false };
        change(tree.as_fd(), &wanted).map_err(failed("id-map (--userns=host does without)", self.common))?;
        Ok(tree)
    }

    fn set_layer(
        &self,
        context: &OwnedFd,
        key: &str,
        tree: &OwnedFd,
        path: &str,
    ) -> Result<(), OverlayError> {
        let directory = self.layer(tree.as_fd(), path)?;
        kernel::fsconfig_set_fd(context, key, &directory).map_err(failed("use layer", path))
    }

    fn layer(&self, common: BorrowedFd<'_>, path: &str) -> Result<OwnedFd, OverlayError> {
        let beneath = path[self.common.len()..].trim_start_matches('/');
        openat(common, beneath, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(failed("open layer", path))
    }
}

/// overlayfs writes to an id-mapped upper layer as whoever mounted it, who must have an id there; the board's root
/// has none, and the overlay would come up read-only.
fn as_owner(mapping: Option<Mapping<'_>>, mount: impl FnOnce() -> KernelResult<()>) -> KernelResult<()> {
    match mapping {
        None => mount(),
        Some(Mapping { first, .. }) => limpet_sys::fsids::as_filesystem_user(first, first, mount)?,
    }
}

/// Options for mount(2), which takes one page of them: layers are named by descriptors, whose paths are short.
struct Options {
    text: String,
    open: Vec<OwnedFd>,
}

impl Options {
    fn add(&mut self, directory: OwnedFd) {
        self.text.push_str(&mounting::path_of(directory.as_fd()));
        self.open.push(directory);
    }

    fn mount(self, place: &str) -> KernelResult<()> {
        let data = CString::new(self.text).map_err(|_| Errno::INVAL)?;
        kernel::mount("overlay", place, "overlay", kernel::MountFlags::empty(), data.as_c_str())
    }
}

/// The mount namespace that this process has left, and where it was in it.
struct Origin {
    namespace: OwnedFd,
    root: OwnedFd,
    directory: OwnedFd,
}

impl Origin {
    /// Into a mount namespace of this process's own.
    fn leave() -> KernelResult<Self> {
        let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = |path, flags| openat(CWD, path, flags, Mode::empty());
        let origin = Self {
            namespace: open("/proc/self/ns/mnt", OFlags::RDONLY | OFlags::CLOEXEC)?,
            root: open("/", directory)?,
            directory: open(".", directory)?,
        };
        own_mount_namespace()?;
        Ok(origin)
    }

    /// The other one ends with this: a copy of all the board's mounts that stayed would keep busy what is unmounted there.
    fn come_back(self) -> KernelResult<()> {
        move_into_link_name_space(self.namespace.as_fd(), Some(LinkNameSpaceType::Mount))?;
        // The kernel goes to the namespace's own root (setns(2)).
        rustix::process::fchdir(&self.root)?;
        rustix::process::chroot(".")?;
        rustix::process::fchdir(&self.directory)
    }
}

/// From here on the mounts that this process makes are its own.
///
/// # Errors
/// What unshare(2) or mount(2) says.
pub fn own_mount_namespace() -> KernelResult<()> {
    limpet_sys::clone::unshare_namespaces(UnshareFlags::NEWNS)?;
    kernel::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
}
