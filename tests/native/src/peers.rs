//! Programs for images that no one here wrote: podman and buildah, with all that they keep in a directory of their own,
//! skopeo, and umoci as one who unpacks.

use crate::outcome::Outcome;
use crate::scratch::Scratch;
use crate::tree::{Tree, tree};
use crate::{Limpet, places};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What podman and buildah would otherwise share with the machine's own ones.
const CONFIGURATION: &str =
    "[engine]\nlock_type = \"file\"\nevents_logger = \"none\"\ncgroup_manager = \"cgroupfs\"\ntmp_dir = ";

/// They and their storage, which is gone when this is.
#[derive(Debug)]
pub struct Peers {
    next: AtomicU32,
    home: Scratch,
}

impl Peers {
    /// With nothing in their storage.
    ///
    /// # Panics
    /// The scratch directory is not writable.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes directories, and wants to be dropped")]
    pub fn new() -> Self {
        let home = Scratch::new();
        let text = format!("{CONFIGURATION}{:?}\n", home.path().join("tmp"));
        fs::write(home.path().join("containers.conf"), text).expect("the scratch directory is writable");
        Self { next: AtomicU32::new(0), home }
    }

    /// A directory for the test's own files.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// `podman ARGS`, or `buildah ARGS`.
    #[must_use]
    pub fn run(&self, program: &str, args: &[&str]) -> Outcome {
        let mut command = Command::new(program);
        // vfs needs nothing of the kernel, and leaves no mount behind.
        command.args(["--storage-driver", "vfs"]).arg("--root").arg(self.home().join("root"));
        command.arg("--runroot").arg(self.home().join("run")).args(args);
        Outcome::of(command.env("CONTAINERS_CONF", self.home().join("containers.conf")))
    }

    /// Puts a sample image into their storage.
    ///
    /// # Panics
    /// podman does not take it.
    pub fn have(&self, image: &str) {
        let archive = places::docker_archive(image);
        self.run("podman", &["load", "-q", "-i", archive.to_str().expect("UTF-8")]).ok();
    }

    /// What umoci makes of an image that skopeo knows; an error is umoci's.
    ///
    /// # Errors
    /// umoci does not take the image.
    pub fn by_umoci(&self, from: &[&str]) -> Result<Tree, String> {
        let at = self.home().join(format!("umoci-{}", self.next.fetch_add(1, Ordering::Relaxed)));
        let image = format!("{}:latest", at.join("layout").display());
        fs::create_dir(&at).expect("the scratch directory is writable");
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--quiet", "--src-tls-verify=false"]).args(from);
        Outcome::of(skopeo.arg(format!("oci:{image}"))).ok();
        let bundle = at.join("bundle");
        let unpacked = Outcome::of(Command::new("umoci").args(["unpack", "--image", &image]).arg(&bundle));
        if unpacked.code == 0 { Ok(tree(&bundle.join("rootfs"))) } else { Err(unpacked.stderr) }
    }

    /// What buildah makes of an image in a registry, without the top directory, which is buildah's own; an error is
    /// buildah's.
    ///
    /// # Errors
    /// buildah does not take the image.
    pub fn by_buildah(&self, reference: &str) -> Result<Tree, String> {
        let name = format!("peer-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let from = ["from", "-q", "--tls-verify=false", "--name", &name, reference];
        let made = self.run("buildah", &from);
        if made.code != 0 {
            return Err(made.stderr);
        }
        let at = self.run("buildah", &["mount", &name]).ok();
        let mut found = tree(Path::new(at.text()));
        found.remove(Path::new(""));
        self.run("buildah", &["umount", &name]).ok();
        self.run("buildah", &["rm", &name]).ok();
        Ok(found)
    }
}

impl Limpet {
    /// What a container would find of an image: its layers, one over the other.
    ///
    /// # Panics
    /// They cannot be mounted so.
    #[must_use]
    pub fn image_tree(&self, image: &str) -> Tree {
        let at = Scratch::new();
        let [root, empty, bottom] = ["root", "empty", "bottom"].map(|name| at.path().join(name));
        for path in [&root, &empty, &bottom] {
            fs::create_dir(path).expect("the scratch directory is writable");
        }
        let mut lower = self.layers(image);
        lower.reverse();
        // overlayfs wants two layers where there is no upper one; at the very bottom empty ones change nothing.
        lower.extend([empty, bottom]);
        let lower: Vec<_> = lower.iter().map(|path| path.display().to_string()).collect();
        let options = CString::new(format!("lowerdir={}", lower.join(":"))).expect("a path has no NUL");
        mount("overlay", &root, "overlay", MountFlags::RDONLY, &*options)
            .unwrap_or_else(|e| panic!("mounting {options:?}: {e}"));
        let found = std::panic::catch_unwind(|| tree(&root));
        unmount(&root, UnmountFlags::DETACH).expect("it was mounted");
        found.unwrap_or_else(|cause| std::panic::resume_unwind(cause))
    }

    /// Where the layers of an image lie, the bottom one first; one that is there twice counts once.
    ///
    /// # Panics
    /// The image is not there.
    #[must_use]
    pub fn layers(&self, image: &str) -> Vec<PathBuf> {
        let digests = self.ok(&["image", "inspect", "-f", "{{json .RootFS.Layers}}", image]).json();
        let digests = digests.as_array().expect("a list").iter().filter_map(|layer| layer.as_str());
        let directory = |hex: &str| self.root().join("layers").join(hex).join("tree");
        let mut layers = Vec::new();
        for layer in digests.map(|digest| directory(digest.strip_prefix("sha256:").expect("a digest"))) {
            layers.retain(|before| *before != layer);
            layers.push(layer);
        }
        layers
    }
}
