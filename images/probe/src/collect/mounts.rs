//! `/proc/self/mountinfo` (proc(5)), line by line.

use super::text;
use crate::report::MountPoint;

pub(super) fn mounts() -> Vec<MountPoint> {
    text("/proc/self/mountinfo").lines().filter_map(parse).collect()
}

/// `36 35 98:0 /root /target rw,noatime shared:1 - ext3 /dev/root rw,errors=continue`
fn parse(line: &str) -> Option<MountPoint> {
    let (mount, filesystem) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(3);
    let (root, target, options) = (mount.next()?, mount.next()?, mount.next()?);
    let mut filesystem = filesystem.splitn(3, ' ');
    Some(MountPoint {
        target: target.to_owned(),
        root: root.to_owned(),
        fstype: filesystem.next()?.to_owned(),
        source: filesystem.next()?.to_owned(),
        options: list(options),
        super_options: list(filesystem.next().unwrap_or_default()),
        propagation: mount.map(str::to_owned).collect(),
    })
}

fn list(options: &str) -> Vec<String> {
    options.split(',').map(str::to_owned).collect()
}
