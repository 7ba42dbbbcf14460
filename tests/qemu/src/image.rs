//! What a virtual board boots into: `limpet` as `/init`, the modules of its kernel, and the tests' own payload, which is
//! busybox, the agent and the probe. Or what hands over to systemd on a disk.

mod systemd;

use crate::cpio::Archive;
use crate::kernel::Kernel;
use crate::paths;
use crate::spec::{Init, Spec};
use crate::target::Target;
use std::fs;
use std::path::Path;

/// What a board needs to find its disks, network and channel, and to run containers.
const MODULES: [&str; 8] =
    ["virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_rng", "overlay", "ext4", "softdog"];

/// Commands that the suites call, and that a person at a board's shell expects.
const COMMANDS: &str = "sh ash basename cat chmod cp cut date dd df dirname dmesg du echo env false find free grep head hostname insmod ip kill killall ln losetup ls \
mkdir mknod mount mv nsenter nslookup pgrep ping ps pwd readlink reboot rm rmdir sed seq setsid sha256sum sleep sort stat stty switch_root sync tail tar \
test timeout top touch tr true udhcpc umount uname unshare vi wc wget which xargs";

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUP: &str = "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n";

/// Writes the initramfs of a board to `path`.
pub(crate) fn write(path: &Path, spec: &Spec, kernel: &Kernel) {
    let target = &spec.target;
    let mut archive = Archive::default();
    for directory in ["dev", "proc", "sys", "run", "tmp", "root", "mnt", "var/lib"] {
        archive.directory(directory);
    }
    // Before devtmpfs is mounted, the kernel opens the one for PID 1, and Rust's start-up code wants the other.
    archive.device("dev/console", (5, 1));
    archive.device("dev/null", (1, 3));
    match spec.init {
        Init::Systemd => systemd::add(&mut archive, target),
        Init::Limpet => {
            archive.file("bin/limpet", &content(&paths::program(&target.arch, "limpet")));
            archive.link("init", "bin/limpet");
            add_programs(&mut archive, target);
            archive.file("etc/passwd", PASSWD.as_bytes());
            archive.file("etc/group", GROUP.as_bytes());
        }
    }
    add_modules(&mut archive, kernel, &spec.modules);
    fs::write(path, archive.finish()).unwrap_or_else(|e| panic!("writing {}: {e}", path.display()));
}

fn add_modules(archive: &mut Archive, kernel: &Kernel, first: &[String]) {
    let mut list = String::new();
    let wanted: Vec<&str> = first.iter().map(String::as_str).chain(MODULES).collect();
    for (name, bytes) in kernel.modules(&wanted) {
        let path = format!("/lib/modules/{name}");
        archive.file(&path, &bytes);
        list.push_str(&path);
        list.push('\n');
    }
    archive.file("etc/limpet/modules", list.as_bytes());
}

fn add_programs(archive: &mut Archive, target: &Target) {
    let busybox = paths::made(&target.arch).join("busybox/bin/busybox");
    archive.file("bin/busybox", &content(&busybox));
    COMMANDS.split_whitespace().for_each(|name| archive.link(&format!("bin/{name}"), "busybox"));
    archive.file("bin/agent", &content(&paths::program(&target.arch, "agent")));
    archive.file("bin/probe", &content(&paths::program(&target.arch, "probe")));
}

fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()))
}
