//! Devices, right and wrong.

use super::parse;
use crate::launch::DeviceAccess;

#[test]
fn each_part_may_be_left_out() {
    let all = DeviceAccess { read: true, write: true, mknod: true };
    let read = DeviceAccess { read: true, ..DeviceAccess::default() };
    for (text, target, access) in [
        ("/dev/sda", "/dev/sda", all),
        ("/dev/sda:/dev/disk", "/dev/disk", all),
        ("/dev/sda:/dev/disk:r", "/dev/disk", read),
        ("/dev/sda:r", "/dev/sda", read),
    ] {
        let device = parse(text).expect(text);
        assert_eq!(
            (device.source.as_str(), device.target.as_str(), device.access),
            ("/dev/sda", target, access),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_device_is_refused() {
    for text in [
        "",
        "sda",
        "/etc/passwd",
        "/dev/sda:/x",
        "/dev/sda:rx",
        "/dev/sda:/dev/a:",
        "/dev/sda:/dev/a:rr",
        "/dev/a:/dev/b:r:w",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
