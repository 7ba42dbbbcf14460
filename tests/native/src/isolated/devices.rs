//! `/dev`: what is needed, and nothing else can be had.

use probe::report::{Device, Report};

/// Nodes that everybody gets: major and minor number (Linux's admin-guide/devices).
const NODES: [(&str, [u32; 2]); 6] = [
    ("/dev/full", [1, 7]),
    ("/dev/null", [1, 3]),
    ("/dev/random", [1, 8]),
    ("/dev/tty", [5, 0]),
    ("/dev/urandom", [1, 9]),
    ("/dev/zero", [1, 5]),
];
const LINKS: [(&str, &str); 4] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
];
/// What may be there besides.
const ALSO: [&str; 7] =
    ["/dev/console", "/dev/core", "/dev/mqueue", "/dev/ptmx", "/dev/pts", "/dev/pts/ptmx", "/dev/shm"];

/// # Panics
/// A standard node or link is missing, wrong or unusable.
#[track_caller]
pub fn assert_standard(report: &Report) {
    for (path, number) in NODES {
        let device = report.device(path).unwrap_or_else(|| panic!("no {path}"));
        assert_eq!(
            (device.kind.as_str(), device.number, device.mode),
            ("char", Some(number), 0o666),
            "{device:?}"
        );
        // Without a terminal there is none to open.
        let wanted = if path == "/dev/tty" { "ENXIO" } else { "ok" };
        assert_eq!(device.open.as_deref(), Some(wanted), "opening {path}");
    }
    for (path, target) in LINKS {
        let device = report.device(path).unwrap_or_else(|| panic!("no {path}"));
        assert_eq!(device.target.as_deref(), Some(target), "{path}");
    }
    let ptmx = report.device("/dev/ptmx").unwrap_or_else(|| panic!("no /dev/ptmx"));
    assert!(ptmx.target.as_deref().is_none_or(|t| t == "pts/ptmx" || t == "/dev/pts/ptmx"), "{ptmx:?}");
    assert_eq!(
        report.device("/dev/pts/ptmx").and_then(|d| d.open.as_deref()),
        Some("ok"),
        "opening /dev/pts/ptmx"
    );
}

/// # Panics
/// There is something else in `/dev`.
#[track_caller]
pub fn assert_no_others(report: &Report, given: &[&str]) {
    let known = |device: &&Device| {
        let path = device.path.as_str();
        let standard = NODES.iter().any(|(p, _)| *p == path) || LINKS.iter().any(|(p, _)| *p == path);
        standard || ALSO.contains(&path) || given.contains(&path)
    };
    let others: Vec<_> = report.devices.iter().filter(|device| !known(device)).collect();
    assert!(others.is_empty(), "other things in /dev: {others:#?}");
}

/// # Panics
/// The device of somebody else could be opened through a node of one's own.
#[track_caller]
pub fn assert_foreign_refused(report: &Report) {
    assert!(!report.foreign_devices.is_empty(), "nothing was tried");
    for device in &report.foreign_devices {
        assert_ne!(device.open.as_deref(), Some("ok"), "{device:?}");
        // ENXIO comes from the driver: the filter let it pass.
        assert_ne!(device.open.as_deref(), Some("ENXIO"), "{device:?}");
    }
}
