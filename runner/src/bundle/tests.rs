use super::*;
use limpet_protocol::launch::{MountFlags, Seccomp};
use limpet_protocol::limits::{Memory, Pids, Swap};
use serde_json::{Value, json};

/// What `runc spec` and `crun spec` have in common, in a bundle whose root is a directory that every machine has.
fn config() -> Value {
    let named = |kind: &str| json!({"type": kind});
    json!({
        "ociVersion": "1.0.2-dev",
        "process": {
            "terminal": true,
            "user": {"uid": 0, "gid": 0},
            "args": ["sh"],
            "env": ["PATH=/bin", "TERM=xterm"],
            "cwd": "/",
            "capabilities": {
                "bounding": ["CAP_KILL", "CAP_AUDIT_WRITE"],
                "effective": ["CAP_KILL"],
                "permitted": ["CAP_KILL"],
                "ambient": ["CAP_KILL"]
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 512}],
            "noNewPrivileges": true
        },
        "root": {"path": "/usr", "readonly": true},
        "hostname": "runc",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]}
        ],
        "linux": {
            "resources": {"devices": [{"allow": false, "access": "rwm"}]},
            "namespaces": [named("pid"), named("network"), named("ipc"), named("uts"), named("mount")],
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"]
        }
    })
}

fn understand(config: &Value) -> Result<Bundle, BundleError> {
    let features = Features::of((6, 12), true, true);
    let circumstances = Circumstances {
        id: ContainerId::from_bytes([7; 32]),
        features: &features,
        last_capability: 40,
        board: "board".to_owned(),
        cgroup: "limpet/x".to_owned(),
        window: None,
    };
    parse(&serde_json::to_vec(config).unwrap(), Path::new("/bundle"), circumstances)
}

/// The configuration with `value` at `pointer`, whose parent exists.
fn with(pointer: &str, value: Value) -> Value {
    let mut config = config();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match config.pointer_mut(parent).unwrap() {
        Value::Array(items) => items.push(value),
        parent => parent[name] = value,
    }
    config
}

fn launch_with(pointer: &str, value: Value) -> Launch {
    understand(&with(pointer, value)).unwrap().launch
}

/// What is said of the configuration with `value` at `pointer`.
fn said(pointer: &str, value: Value) -> String {
    understand(&with(pointer, value)).unwrap_err().to_string()
}

#[test]
fn the_example_of_runc_and_crun_is_understood() {
    let launch = understand(&config()).unwrap().launch;
    assert_eq!(launch.root, Root::Directory("/usr".to_owned()));
    assert!(launch.root_readonly && launch.process.no_new_privileges && !launch.all_devices);
    assert_eq!(launch.process.args, ["sh"]);
    assert_eq!(launch.process.user, "0:0");
    assert_eq!(launch.process.terminal, Some(WindowSize { rows: 24, columns: 80 }));
    assert_eq!((launch.process.capabilities.effective, launch.process.capabilities.ambient), (1 << 5, 0));
    assert_eq!(launch.process.rlimits[0].resource, 7);
    assert_eq!(launch.process.seccomp, Seccomp::Unconfined);
    assert_eq!((launch.network, launch.user_namespace), (Network::None, UserNamespace::Host));
    assert_eq!((launch.hostname.as_deref(), launch.cgroup.as_str()), (Some("runc"), "limpet/x"));
    let kinds: Vec<_> = launch.mounts.iter().map(|mount| mount.kind.clone()).collect();
    let shm = MountKind::Tmpfs { size_bytes: Some(64 << 20), mode: 0o1777 };
    assert_eq!(kinds, [MountKind::Proc, MountKind::Dev, MountKind::Devpts, shm]);
    assert_eq!(
        launch.mounts[3].flags,
        MountFlags { readonly: false, nosuid: true, nodev: true, noexec: true }
    );
}

#[test]
fn what_cannot_be_honoured_is_named() {
    for (pointer, value, field) in [
        ("/hooks", json!({"prestart": [{"path": "/bin/true"}]}), "hooks"),
        ("/domainname", json!("example"), "domainname"),
        ("/linux/intelRdt", json!({"closID": "a"}), "linux.intelRdt"),
        ("/linux/uidMappings", json!([{"containerID": 0, "hostID": 1, "size": 1}]), "linux.uidMappings"),
        ("/linux/timeOffsets", json!({"boottime": {"secs": 1}}), "linux.timeOffsets"),
        ("/linux/rootfsPropagation", json!("rshared"), "linux.rootfsPropagation"),
        ("/linux/cgroupsPath", json!("a.slice:limpet:x"), "linux.cgroupsPath"),
        ("/linux/cgroupsPath", json!("/../up"), "linux.cgroupsPath"),
        ("/linux/namespaces/-", json!({"type": "ipc", "path": "/proc/1/ns/ipc"}), "linux.namespaces"),
        ("/linux/resources/unified", json!({"memory.high": "1"}), "linux.resources.unified"),
        ("/linux/resources/memory", json!({"swappiness": 3}), "linux.resources.memory.swappiness"),
        ("/linux/resources/blockIO", json!({"weight": 10}), "linux.resources.blockIO.weight"),
        ("/linux/resources/cpu", json!({"realtimeRuntime": 10}), "linux.resources.cpu.realtimeRuntime"),
        ("/linux/devices", json!([{"path": "/etc/x", "type": "c"}]), "linux.devices (/etc/x)"),
        ("/process/apparmorProfile", json!("x"), "process.apparmorProfile"),
        ("/process/cwd", json!("relative"), "process.cwd"),
        ("/process/args", json!([]), "process.args"),
        ("/process/oomScoreAdj", json!(1001), "process.oomScoreAdj"),
        ("/process/rlimits/-", json!({"type": "RLIMIT_FLY", "soft": 1, "hard": 1}), "process.rlimits"),
        ("/mounts/-", json!({"destination": "/x", "type": "nfs"}), "mounts[4] (/x)"),
        (
            "/mounts/-",
            json!({"destination": "/x", "type": "tmpfs", "options": ["noatime"]}),
            "mounts[4] (/x)",
        ),
        ("/mounts/-", json!({"destination": "/a/../..", "type": "tmpfs"}), "mounts[4] (/a/../..)"),
        ("/root/path", json!("/nowhere-at-all"), "root.path"),
        ("/ociVersion", json!("2.0.0"), "ociVersion"),
    ] {
        let said = said(pointer, value);
        assert!(said.starts_with(&format!("config.json: {field}: ")), "{pointer}: {said}");
    }
}

#[test]
fn what_asks_for_nothing_and_what_is_not_the_specifications_is_passed_over() {
    for (pointer, value) in [
        ("/hooks", json!({"prestart": [], "poststop": null})),
        ("/process/apparmorProfile", json!("")),
        ("/linux/uidMappings", json!([])),
        ("/linux/resources/hugepageLimits", json!([])),
        ("/linux/resources/memory", json!({"disableOOMKiller": false})),
        ("/org.example.extension", json!({"a": 1})),
    ] {
        understand(&with(pointer, value)).unwrap();
    }
}

#[test]
fn resources_become_limits() {
    let wanted = json!({
        "memory": {"limit": 67_108_864, "swap": 100_000_000, "reservation": 1_048_576},
        "cpu": {"shares": 512, "quota": 25_000, "period": 50_000, "cpus": "0-1", "mems": ""},
        "pids": {"limit": 32},
        "blockIO": {"throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 5}]}
    });
    let limits = launch_with("/linux/resources", wanted).limits;
    assert_eq!((limits.memory, limits.swap), (Memory::MaxBytes(64 << 20), Swap::TotalBytes(100_000_000)));
    assert_eq!((limits.cpu_millis, limits.cpu_shares, limits.pids), (Some(500), Some(512), Pids::Max(32)));
    assert_eq!((limits.cpuset_cpus.as_deref(), limits.cpuset_mems), (Some("0-1"), None));
    assert_eq!((limits.throttles[0].path.as_str(), limits.throttles[0].rate), ("8:0", 5));
    let unlimited =
        launch_with("/linux/resources", json!({"memory": {"limit": -1, "swap": -1}, "pids": {"limit": -1}}))
            .limits;
    assert_eq!(
        (unlimited.memory, unlimited.swap, unlimited.pids),
        (Memory::Unlimited, Swap::Unlimited, Pids::Unlimited)
    );
}

#[test]
fn device_rules_give_access_to_listed_devices_only() {
    let mut config =
        with("/linux/devices", json!([{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229}]));
    let closed = understand(&config).unwrap().launch.devices;
    assert_eq!((closed[0].access.read, closed[0].mode), (false, 0o666));
    let allow =
        |major: i64| json!({"allow": true, "type": "c", "major": major, "minor": 229, "access": "rw"});
    config["linux"]["resources"]["devices"] = json!([{"allow": false, "access": "rwm"}, allow(10)]);
    let open = understand(&config).unwrap().launch.devices;
    assert!(open[0].access.read && open[0].access.write && !open[0].access.mknod);
    config["linux"]["resources"]["devices"] = json!([{"allow": false}, allow(11)]);
    assert!(understand(&config).unwrap_err().to_string().contains("devices[1]"));
    // docker's own list: making any node, and a standard device.
    let standard = json!([{"allow": false}, {"allow": true, "type": "c", "major": -1, "minor": -1, "access": "m"},
        {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}]);
    assert!(!launch_with("/linux/resources", json!({"devices": standard})).all_devices);
    assert!(
        launch_with("/linux/resources", json!({"devices": [{"allow": true, "access": "rwm"}]})).all_devices
    );
}

#[test]
fn namespaces_decide_what_is_shared() {
    let user = launch_with("/linux/namespaces/-", json!({"type": "user"}));
    assert_eq!(user.user_namespace, UserNamespace::Own);
    let mut config = config();
    config["linux"]["namespaces"] = json!([{"type": "pid"}, {"type": "ipc"}, {"type": "mount"}]);
    assert!(understand(&config).unwrap_err().to_string().contains("hostname: it needs a uts namespace"));
    config["hostname"] = Value::Null;
    let shared = understand(&config).unwrap().launch;
    assert_eq!((shared.network, shared.hostname), (Network::Host, None));
    let mounted = launch_with("/mounts/-", json!({"destination": "/sys/fs/cgroup", "type": "cgroup"}));
    assert!(mounted.cgroup_namespace && !shared.cgroup_namespace);
}

#[test]
fn binds_are_found_from_the_bundle() {
    let bind = json!({"destination": "/mnt/", "source": "/usr", "options": ["rbind", "ro", "rprivate"]});
    let mount = launch_with("/mounts/-", bind).mounts.pop().unwrap();
    assert_eq!(mount.kind, MountKind::Bind { source: "/usr".to_owned(), recursive: true, id_mapped: false });
    assert!(mount.flags.readonly && mount.target == "/mnt");
    assert!(
        said("/mounts/-", json!({"destination": "/x", "type": "bind", "source": "gone"}))
            .contains("/bundle/gone")
    );
}

#[test]
fn damaged_and_endless_files_are_refused() {
    let form = "config.json is not in the form of the runtime specification";
    assert_eq!(understand(&json!({"ociVersion": "1.0.0"})).unwrap_err().to_string(), form);
    assert_eq!(understand(&Value::Null).unwrap_err().to_string(), form);
    let long = with("/process/env", json!(["x".repeat(1024 * 1024)]));
    assert!(understand(&long).unwrap_err().to_string().contains("has more than the"));
    let many = with("/linux/maskedPaths", json!(vec!["/a"; ENTRIES_MAX + 1]));
    assert!(understand(&many).unwrap_err().to_string().contains("linux.maskedPaths"));
}
