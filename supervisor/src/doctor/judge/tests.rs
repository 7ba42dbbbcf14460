use super::*;
use limpet_protocol::disk::Room;
use limpet_protocol::scrub::Scrub;

/// A board with which all is well.
fn good() -> Facts {
    Facts {
        kernel: (6, 12),
        release: "6.12.8".to_owned(),
        page_bytes: 4096,
        cgroup: Ok("v2".to_owned()),
        missing_controllers: Vec::new(),
        command_line: String::new(),
        swap_unlimited: false,
        overlayfs: true,
        seccomp: true,
        user_namespaces: true,
        id_mapped_overlay: true,
        room: Some(Room::new(8 << 30, 16 << 30, None)),
        kept_bytes: 256 << 20,
        state_in_memory: true,
        clock_s: 1_800_000_000,
        clock_synchronised: true,
        built_s: 1_795_000_000,
        watchdog: true,
        systemd: true,
        unit: true,
        supervisor: Ok(true),
        troubles: Vec::new(),
        lock: None,
        group: true,
        unfinished: 0,
        scrub: None,
        damaged: Vec::new(),
    }
}

#[test]
fn a_good_board_is_well_in_everything() {
    let findings = judge(&good());
    assert!(
        findings.iter().all(|finding| finding.level == Level::Well && finding.advice.is_none()),
        "{findings:?}"
    );
}

#[test]
fn each_fault_is_found_with_its_level_and_what_to_do() {
    let memory = ("memory".to_owned(), "boot with cgroup_enable=memory".to_owned());
    let faults: Vec<(Facts, &str, Level, &str)> = vec![
        (
            Facts { lock: Some("limpet lock: x".to_owned()), ..good() },
            "lock",
            Level::Warning,
            "limpet unlock",
        ),
        (Facts { kernel: (4, 19), ..good() }, "kernel", Level::Error, "Limpet needs Linux 5.10"),
        (
            Facts {
                scrub: Some(Scrub { images: 2, damage: vec!["layer ab: /x".to_owned()], ..Scrub::default() }),
                ..good()
            },
            "images",
            Level::Error,
            "image verify --repair",
        ),
        (Facts { cgroup: Err("none is mounted".to_owned()), ..good() }, "cgroup", Level::Error, "mount it"),
        (
            Facts { missing_controllers: vec![memory], ..good() },
            "limits",
            Level::Error,
            "boot with cgroup_enable=memory",
        ),
        (
            Facts { missing_controllers: vec![("io".to_owned(), "x".to_owned())], ..good() },
            "limits",
            Level::Warning,
            "x",
        ),
        (
            Facts { missing_controllers: vec![("pids".to_owned(), "x".to_owned())], ..good() },
            "limits",
            Level::Error,
            "x",
        ),
        (Facts { swap_unlimited: true, ..good() }, "swap", Level::Error, "swapaccount=1"),
        (Facts { unfinished: 1, ..good() }, "leftovers", Level::Warning, "system prune"),
        (Facts { overlayfs: false, ..good() }, "overlayfs", Level::Error, "CONFIG_OVERLAY_FS"),
        (Facts { seccomp: false, ..good() }, "seccomp", Level::Error, "CONFIG_SECCOMP_FILTER"),
        (Facts { user_namespaces: false, ..good() }, "user namespaces", Level::Warning, "CONFIG_USER_NS"),
        (Facts { id_mapped_overlay: false, ..good() }, "user namespaces", Level::Warning, "Linux 5.19"),
        (Facts { page_bytes: 16384, ..good() }, "pages", Level::Warning, "kernel8.img"),
        (
            Facts { room: Some(Room::new(1 << 20, 16 << 30, None)), ..good() },
            "disk",
            Level::Error,
            "system prune",
        ),
        (Facts { state_in_memory: false, ..good() }, "state", Level::Warning, "--state"),
        (Facts { kept_bytes: (256 << 20) - 1, ..good() }, "disk reserve", Level::Warning, "tune2fs -m 2"),
        (Facts { room: None, ..good() }, "disk", Level::Warning, "limpet info"),
        (Facts { clock_s: 0, ..good() }, "clock", Level::Warning, "set it"),
        (Facts { clock_s: 1 << 31, ..good() }, "clock", Level::Warning, "set it"),
        (Facts { clock_synchronised: false, ..good() }, "clock", Level::Warning, "time service"),
        (Facts { watchdog: false, ..good() }, "watchdog", Level::Warning, "bcm2835_wdt"),
        (Facts { supervisor: Ok(false), ..good() }, "supervisor", Level::Warning, "systemctl start limpet"),
        (Facts { supervisor: Err("silent".to_owned()), ..good() }, "supervisor", Level::Error, "restart it"),
        (Facts { unit: false, ..good() }, "start at boot", Level::Warning, "limpet install"),
        (Facts { damaged: vec!["a record".to_owned()], ..good() }, "records", Level::Error, "limpet rm -f"),
        (
            Facts { troubles: vec!["trouble".to_owned()], ..good() },
            "supervisor",
            Level::Warning,
            "limpet events",
        ),
    ];
    for (facts, subject, level, advice) in faults {
        let findings = judge(&facts);
        let bad: Vec<&Finding> = findings.iter().filter(|finding| finding.level != Level::Well).collect();
        let [finding] = bad.as_slice() else { panic!("{subject}: {bad:?}") };
        assert_eq!((finding.subject, finding.level), (subject, level));
        assert!(finding.advice.as_ref().is_some_and(|own| own.contains(advice)), "{finding:?}");
    }
}

#[test]
fn what_a_board_may_do_without_is_no_fault() {
    let facts = Facts { systemd: false, unit: false, group: false, ..good() };
    assert!(judge(&facts).iter().all(|finding| finding.level == Level::Well));
}

/// The last of such words on the kernel's command line counts.
#[test]
fn a_memory_controller_that_is_switched_off_again_is_seen() {
    let advice = |command_line: &str| {
        let memory = ("memory".to_owned(), "add it".to_owned());
        let facts =
            Facts { missing_controllers: vec![memory], command_line: command_line.to_owned(), ..good() };
        judge(&facts).into_iter().find(|finding| finding.subject == "limits").and_then(|found| found.advice)
    };
    assert_eq!(advice("cgroup_enable=cpuset,memory quiet cgroup_disable=memory").as_deref(), Some(MOVE));
    for command_line in ["quiet", "cgroup_disable=memory", "cgroup_disable=memory cgroup_enable=memory"] {
        assert_eq!(advice(command_line).as_deref(), Some("add it"), "{command_line}");
    }
}
