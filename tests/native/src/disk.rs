//! A disk that loses power: ext4 on a loop device of the test's own. A cut is ext4's own shutdown without a flush of its log
//! (`EXT4_IOC_SHUTDOWN`, `EXT4_GOING_FLAGS_NOLOGFLUSH`): what no sync has brought to the device is lost, as with a board's.

use crate::scratch::Scratch;
use crate::until::until;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Shuts a file system down.
const SHUTDOWN: &str = "import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";

/// Writes the contents of every second file (sync_file_range(2)), and no name.
const WRITE_BACK: &str = "import ctypes, os, sys
libc, none = ctypes.CDLL(None), ctypes.c_long(0)
files = [os.path.join(at, name) for at, _, names in os.walk(sys.argv[1]) for name in names]
for path in [path for path in files if not os.path.islink(path) and os.path.isfile(path)][::2]:
    fd = os.open(path, os.O_RDONLY)
    libc.sync_file_range(fd, none, none, 7)
    os.close(fd)";

/// What of the unsynced reaches the device before the cut: the kernel may write what it likes, when it likes.
#[derive(Clone, Copy, Debug)]
pub enum Luck {
    /// Nothing.
    None,
    /// All names, sizes and modes, but no contents: the journal is committed.
    Names,
    /// Contents of every second file, and no name.
    Contents,
}

/// Mounted while it is there.
#[derive(Debug)]
pub struct Disk {
    at: PathBuf,
    image: PathBuf,
    _home: Scratch,
}

impl Disk {
    /// A new file system.
    ///
    /// # Panics
    /// It cannot be made or mounted.
    #[must_use]
    pub fn new(size: &str) -> Self {
        Self::made(size, &[])
    }

    /// A new file system of which nothing is kept for root.
    ///
    /// # Panics
    /// It cannot be made or mounted.
    #[must_use]
    pub fn without_roots_share(size: &str) -> Self {
        Self::made(size, &["-m", "0"])
    }

    fn made(size: &str, options: &[&str]) -> Self {
        Self::mounted(|image| {
            run("truncate", &["-s", size, image]);
            run("mkfs.ext4", &[&["-q", "-F", "-E", "lazy_itable_init=0"], options, &[image]].concat());
        })
    }

    /// A copy of another one's image.
    ///
    /// # Panics
    /// It cannot be copied or mounted.
    #[must_use]
    pub fn copy_of(image: &Path) -> Self {
        Self::mounted(|own| run("cp", &["--sparse=always", text(image), own]))
    }

    fn mounted(make: impl FnOnce(&str)) -> Self {
        let home = Scratch::new();
        let (image, at) = (home.path().join("image"), home.path().join("disk"));
        make(text(&image));
        fs::create_dir(&at).expect("the scratch directory is writable");
        let disk = Self { at, image, _home: home };
        disk.mount();
        disk
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.at
    }

    fn mount(&self) {
        // No commit by time alone: it would be another thing in each run.
        run("mount", &["-o", "loop,commit=600", text(&self.image), text(&self.at)]);
    }

    /// Ends it in order; gives its image.
    ///
    /// # Panics
    /// Something still uses it.
    #[must_use]
    pub fn unmounted(&self) -> &Path {
        until("nobody uses the disk", || {
            let done = Command::new("umount").arg(&self.at).output().expect("umount(8) is there");
            done.status.success().then_some(())
        });
        // A container of another test that is just being made has its mounts for a moment: mounted again meanwhile, it would be
        // the file system that was shut down.
        until("its loop device is free", || {
            let users =
                Command::new("losetup").arg("-j").arg(&self.image).output().expect("losetup(8) is there");
            (users.status.success() && users.stdout.is_empty()).then_some(())
        });
        &self.image
    }

    /// Cuts its power, and turns it on again.
    ///
    /// # Panics
    /// It does not come back.
    pub fn cut(&self, luck: Luck) {
        match luck {
            Luck::None => {}
            Luck::Names => {
                let path = self.at.join("witness");
                let file = fs::File::create(&path).expect("the disk is writable");
                file.sync_all().expect("a file of the test's own is synced");
            }
            Luck::Contents => {
                run("python3", &["-c", WRITE_BACK, text(&self.at)]);
            }
        }
        run("python3", &["-c", SHUTDOWN, text(&self.at)]);
        let _ = self.unmounted();
        self.mount();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.at).output());
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the test's own paths are UTF-8")
}

fn run(program: &str, args: &[&str]) {
    let done =
        Command::new(program).args(args).output().unwrap_or_else(|e| panic!("starting {program}: {e}"));
    assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}
