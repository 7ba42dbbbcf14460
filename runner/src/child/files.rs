//! The file systems that the container sees.

use super::Child;
use crate::beneath;
use crate::features::MountApi;
use crate::mounting::{self, FileSystem};
use crate::overlay::Layers;
use crate::steps::{common_directory, made_by_keeper};
use limpet_protocol::launch::{FileContents, Mount, MountFlags, MountKind, Root, RootFile};
use limpet_sys::mount::{Change, MountAttributes, change};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, mkdirat, mknodat, openat, symlinkat};
use rustix::io::{Errno, Result};
use rustix::mount::{UnmountFlags, unmount};
use std::io::Write;

/// Links that programs expect in /dev (runtime-spec, "Dev symbolic links").
const DEV_LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];

const READONLY: MountFlags = MountFlags { readonly: true, nosuid: false, nodev: false, noexec: false };

impl Child<'_> {
    fn api(&self) -> MountApi {
        self.features.mount_api
    }

    pub(super) fn root(&self) -> Result<BorrowedFd<'_>> {
        self.root.as_ref().map(AsFd::as_fd).ok_or(Errno::BADF)
    }

    /// With descriptors the root is stacked on `/`, which every process may look up, whatever its ids.
    pub(super) fn attach_root(&mut self) -> Result<()> {
        let root = match self.api() {
            MountApi::Descriptors => {
                let root = self.next_prepared()?;
                mounting::attach_on_path(root.as_fd(), "/")?;
                root
            }
            MountApi::Classic => self.mount_root_classic()?,
        };
        self.root = Some(root);
        Ok(())
    }

    fn mount_root_classic(&self) -> Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match &self.launch.root {
            Root::Directory(path) => rustix::mount::mount_bind_recursive(path.as_str(), self.scratch)?,
            Root::Overlay { lower, upper, work } => {
                let common = common_directory(&self.launch.root);
                let layers = Layers { lower, upper, work, common };
                let handle = openat(CWD, common, flags, Mode::empty())?;
                layers.mount(handle.as_fd(), self.scratch).map_err(|error| error.errno)?;
            }
        }
        openat(CWD, self.scratch, flags, Mode::empty())
    }

    /// Until the root is left, `/` is still the board's.
    pub(super) fn write_file(&self, file: &RootFile) -> Result<()> {
        let io = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
        let contents = match &file.contents {
            FileContents::Text(text) => text.clone().into_bytes(),
            FileContents::OfBoard => match std::fs::read(&file.path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                contents => contents.map_err(io)?,
            },
        };
        let mut place = std::fs::File::from(beneath::replace(self.root()?, &file.path)?);
        place.write_all(&contents).map_err(io)
    }

    pub(super) fn mount(&mut self, mount: &Mount) -> Result<()> {
        if made_by_keeper(mount, self.launch, self.features) {
            let prepared = self.next_prepared()?;
            let place = match mount.kind {
                MountKind::Bind { .. } => beneath::like(self.root()?, &mount.target, prepared.as_fd())?,
                _ => beneath::plain_directory(self.root()?, &mount.target)?,
            };
            return mounting::attach(prepared.as_fd(), place.as_fd());
        }
        match &mount.kind {
            MountKind::Bind { source, recursive, .. } => self.bind_classic(mount, source, *recursive),
            MountKind::Dev => self.dev_classic(mount),
            MountKind::Proc => self.file_system(mount, "proc", &[]),
            MountKind::Sysfs => self.file_system(mount, "sysfs", &[]),
            MountKind::Mqueue => self.file_system(mount, "mqueue", &[]),
            MountKind::Cgroup if !self.cgroup_v1 => self.file_system(mount, "cgroup2", &[]),
            MountKind::Cgroup => self.cgroup_v1(mount),
            MountKind::Devpts => self.file_system(
                mount,
                "devpts",
                &[("ptmxmode", Some("0666")), ("mode", Some("0620")), ("gid", Some("5"))],
            ),
            MountKind::Tmpfs { size_bytes, mode } => self.tmpfs(mount, *size_bytes, *mode),
        }
    }

    fn tmpfs(&self, mount: &Mount, size_bytes: Option<u64>, mode: u32) -> Result<()> {
        let mode = format!("{mode:o}");
        let size = size_bytes.map(|bytes| bytes.to_string());
        let options = [("mode", Some(mode.as_str())), ("size", size.as_deref())];
        let wanted = if size.is_some() { &options[..] } else { &options[..1] };
        self.file_system(mount, "tmpfs", wanted)
    }

    /// One directory per hierarchy, each showing the container's own group as its root (cgroup_namespaces(7)).
    fn cgroup_v1(&self, mount: &Mount) -> Result<()> {
        let writable = Mount { flags: MountFlags { readonly: false, ..mount.flags }, ..mount.clone() };
        self.file_system(&writable, "tmpfs", &[("mode", Some("755"))])?;
        let directory = beneath::directory(self.root()?, &mount.target)?;
        let own = std::fs::read_to_string("/proc/self/cgroup")
            .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
        for controllers in own.lines().filter_map(|line| line.split(':').nth(1)).filter(is_hierarchy) {
            mkdirat(&directory, controllers, Mode::from_raw_mode(0o755))?;
            let options: Vec<_> = controllers.split(',').map(|controller| (controller, None)).collect();
            let place = beneath::locate(directory.as_fd(), controllers)?;
            self.make_on(
                &FileSystem { kind: "cgroup", options: &options, flags: mount.flags },
                place.as_fd(),
            )?;
        }
        if mount.flags.readonly { self.make_mount_readonly(directory.as_fd()) } else { Ok(()) }
    }

    fn file_system(&self, mount: &Mount, kind: &str, options: &[(&str, Option<&str>)]) -> Result<()> {
        let place = match mount.kind {
            MountKind::Tmpfs { .. } => beneath::directory(self.root()?, &mount.target)?,
            _ => beneath::plain_directory(self.root()?, &mount.target)?,
        };
        self.make_on(&FileSystem { kind, options, flags: mount.flags }, place.as_fd())
    }

    fn make_on(&self, file_system: &FileSystem<'_>, place: BorrowedFd<'_>) -> Result<()> {
        match self.api() {
            MountApi::Descriptors => mounting::attach(file_system.detached()?.as_fd(), place),
            MountApi::Classic => file_system.classic(place),
        }
    }

    fn bind_classic(&self, mount: &Mount, source: &str, recursive: bool) -> Result<()> {
        let original = openat(CWD, source, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        let place = beneath::like(self.root()?, &mount.target, original.as_fd())?;
        self.bind_classic_at(
            &mounting::path_of(original.as_fd()),
            &place,
            &mount.target,
            recursive,
            mount.flags,
        )
    }

    /// Flags of a bind only take in a second step, through a handle on each of what is mounted now.
    fn bind_classic_at(
        &self,
        source: &str,
        place: &OwnedFd,
        target: &str,
        recursive: bool,
        flags: MountFlags,
    ) -> Result<()> {
        mounting::bind_classic(source, place.as_fd(), recursive)?;
        if flags == MountFlags::default() {
            return Ok(());
        }
        let top = beneath::locate(self.root()?, target)?;
        mounting::remount_classic(top.as_fd(), flags)?;
        for below in mounting::mounts_below(top.as_fd())? {
            let place = beneath::locate(top.as_fd(), &below)?;
            mounting::remount_classic(place.as_fd(), flags)?;
        }
        Ok(())
    }

    /// The board's root makes the nodes itself where nobody prepared them.
    fn dev_classic(&self, mount: &Mount) -> Result<()> {
        let options = [("mode", Some("755")), ("size", Some("65536k"))];
        self.file_system(mount, "tmpfs", &options)?;
        let directory = beneath::directory(self.root()?, &mount.target)?;
        for (name, major, minor) in crate::workshop::STANDARD_DEVICES {
            mknodat(
                &directory,
                name,
                FileType::CharacterDevice,
                Mode::from_raw_mode(0o666),
                makedev(major, minor),
            )?;
        }
        for device in &self.launch.devices {
            self.device_classic(device)?;
        }
        Ok(())
    }

    fn device_classic(&self, device: &limpet_protocol::launch::Device) -> Result<()> {
        let (parent, name) = device.path.rsplit_once('/').ok_or(Errno::INVAL)?;
        let parent = beneath::directory(self.root()?, parent)?;
        let kind = if device.block { FileType::BlockDevice } else { FileType::CharacterDevice };
        mknodat(&parent, name, kind, Mode::from_raw_mode(device.mode), makedev(device.major, device.minor))
    }

    pub(super) fn populate_dev(&self) -> Result<()> {
        let dev = beneath::directory(self.root()?, "/dev")?;
        for (target, name) in DEV_LINKS {
            symlinkat(target, &dev, name)?;
        }
        for name in ["pts", "shm", "mqueue"] {
            mkdirat(&dev, name, Mode::from_raw_mode(0o755))?;
        }
        Ok(())
    }

    pub(super) fn bind_console(&self) -> Result<()> {
        let place = beneath::file(self.root()?, "/dev/console")?;
        let terminal = rustix::stdio::stdin();
        match self.api() {
            MountApi::Descriptors => {
                let tree = mounting::copy_tree_at(terminal, false)?;
                mounting::attach(tree.as_fd(), place.as_fd())
            }
            MountApi::Classic => mounting::bind_classic(&mounting::path_of(terminal), place.as_fd(), false),
        }
    }

    pub(super) fn set_sysctl(&self, name: &str, value: &str) -> Result<()> {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        let file = beneath::open(self.root()?, &path, OFlags::WRONLY)?;
        rustix::io::write(&file, value.as_bytes()).map(drop)
    }

    /// A file hides behind /dev/null, a directory behind an empty tmpfs; what is not there needs no hiding.
    pub(super) fn mask(&self, path: &str) -> Result<()> {
        let place = match beneath::locate(self.root()?, path) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
            place => place?,
        };
        if beneath::is_directory(&place)? {
            let options = [("size", Some("0")), ("nr_inodes", Some("2"))];
            return self
                .make_on(&FileSystem { kind: "tmpfs", options: &options, flags: READONLY }, place.as_fd());
        }
        let null = beneath::locate(self.root()?, "/dev/null")?;
        match self.api() {
            MountApi::Descriptors => {
                mounting::attach(mounting::copy_tree_at(null.as_fd(), false)?.as_fd(), place.as_fd())
            }
            MountApi::Classic => {
                mounting::bind_classic(&mounting::path_of(null.as_fd()), place.as_fd(), false)
            }
        }
    }

    pub(super) fn make_readonly(&self, path: &str) -> Result<()> {
        let place = match beneath::locate(self.root()?, path) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(()),
            place => place?,
        };
        match self.api() {
            MountApi::Descriptors => {
                let tree = mounting::copy_tree_at(place.as_fd(), true)?;
                change(
                    tree.as_fd(),
                    &Change { set: MountAttributes::READONLY, recursive: true, ..Change::default() },
                )?;
                mounting::attach(tree.as_fd(), place.as_fd())
            }
            MountApi::Classic => {
                self.bind_classic_at(&mounting::path_of(place.as_fd()), &place, path, true, READONLY)
            }
        }
    }

    pub(super) fn make_root_readonly(&self) -> Result<()> {
        self.make_mount_readonly(self.root()?)
    }

    fn make_mount_readonly(&self, mount: BorrowedFd<'_>) -> Result<()> {
        match self.api() {
            MountApi::Descriptors => {
                change(mount, &Change { set: MountAttributes::READONLY, ..Change::default() })
            }
            MountApi::Classic => mounting::remount_classic(mount, READONLY),
        }
    }

    /// pivot_root(2), "pivot_root(".", ".")": the old root ends on top of the new one and is let go.
    pub(super) fn pivot_root(&mut self) -> Result<()> {
        rustix::process::fchdir(self.root()?)?;
        rustix::process::pivot_root(".", ".")?;
        unmount(".", UnmountFlags::DETACH)?;
        rustix::process::chdir("/")?;
        self.root = None;
        Ok(())
    }
}

/// Hierarchies with controllers; named ones and v2 have none.
fn is_hierarchy(controllers: &&str) -> bool {
    !controllers.is_empty() && !controllers.contains('=')
}
