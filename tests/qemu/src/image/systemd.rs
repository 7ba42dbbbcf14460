//! What comes before systemd on a board that it starts: a shell script as `/init`, which loads modules, mounts the disks that
//! the command line names, puts the tests' own files on the root when it is new, for good, and hands over.

use super::{add_programs, content};
use crate::cpio::Archive;
use crate::paths;
use crate::target::Target;

/// Only commands of busybox; `set -e` ends PID 1, and so the board, at the first that fails.
const INIT: &str = r#"#!/bin/busybox sh
set -e
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "$module"; done </etc/limpet/modules
for word in $(cat /proc/cmdline); do
    case $word in limpet.mount=*) ;; *) continue ;; esac
    IFS=,= read -r _ _ serial place kind options <<END
$word
END
    disk=$(grep -lx "$serial" /sys/block/*/serial | cut -d / -f 4)
    mkdir -p "/root$place"
    mount -t "$kind" -o "${options:-rw}" "/dev/$disk" "/root$place"
done
if [ ! -e /root/etc/systemd/system/agent.service ]; then
    chmod 644 /graft/etc/systemd/system/*.service
    for command in $(ls /bin); do
        [ -e "/root/usr/bin/$command" ] || [ -e "/root/usr/sbin/$command" ] || cp -a "/bin/$command" /root/usr/bin
    done
    mkdir -p /root/dev /root/proc /root/sys /root/run /root/tmp /root/root
    cp -a /graft/. /root
    sync
fi
mount --move /dev /root/dev
umount /sys /proc
exec switch_root /root /lib/systemd/systemd
"#;

/// It is there early, and stays long: it says how the rest goes.
const AGENT: &str = "\
[Unit]
Description=The agent of the tests
[Service]
ExecStart=/usr/bin/agent
Environment=PATH=/usr/local/bin:/usr/bin:/usr/sbin HOME=/root
KillMode=process
";

/// No console to log in at; and what takes seconds for nothing that a test looks at.
const MASKED: [&str; 8] = [
    "getty.target",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
    "systemd-user-sessions.service",
    "systemd-tmpfiles-setup-dev.service",
    "systemd-journal-flush.service",
    "systemd-random-seed.service",
    "remote-fs.target",
];
/// Of no machine: 32 digits, or systemd takes each boot for the first one.
const MACHINE_ID: &str = "11111111111111111111111111111111\n";

/// Adds all of it but the modules.
pub(super) fn add(archive: &mut Archive, target: &Target) {
    archive.file("init", INIT.as_bytes());
    add_programs(archive, target);
    archive.file("bin/limpet", &content(&paths::program(&target.arch, "limpet")));
    let units = "graft/etc/systemd/system";
    archive.file(&format!("{units}/agent.service"), AGENT.as_bytes());
    archive.link(&format!("{units}/multi-user.target.wants/agent.service"), "../agent.service");
    archive.link(&format!("{units}/default.target"), "/lib/systemd/system/multi-user.target");
    MASKED.iter().for_each(|unit| archive.link(&format!("{units}/{unit}"), "/dev/null"));
    archive.file("graft/etc/machine-id", MACHINE_ID.as_bytes());
    archive.file("graft/etc/passwd", super::PASSWD.as_bytes());
    archive.file("graft/etc/group", super::GROUP.as_bytes());
}
