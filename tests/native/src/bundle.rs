//! The `config.json` of a bundle (OCI runtime specification 1.0) that says what `docker run` with these flags would.

mod filter;

use crate::places;
use crate::runtime::Ask;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// docker's default set.
const CAPABILITIES: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

/// A bundle of the probe, in a directory called `name` below `home`; its path.
///
/// # Panics
/// It cannot be written.
#[must_use]
pub fn make(home: &Path, name: &str, ask: &Ask) -> String {
    let directory = home.join(name);
    make_root(&directory.join("rootfs"));
    let written = fs::write(directory.join("config.json"), config(name, "/probe", ask).to_string());
    written.unwrap_or_else(|e| panic!("writing {}/config.json: {e}", directory.display()));
    directory.to_str().expect("the temporary directory's path is UTF-8").to_owned()
}

/// What the image of the probe holds (images/recipes/probe).
fn make_root(root: &Path) {
    let make = || -> std::io::Result<()> {
        for directory in ["etc", "dev", "proc", "sys", "run", "root", "tmp"] {
            fs::create_dir_all(root.join(directory))?;
        }
        fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
        fs::write(
            root.join("etc/passwd"),
            "root:x:0:0:root:/root:/probe\nguest:x:1000:1000:guest:/tmp:/probe\n",
        )?;
        fs::write(root.join("etc/group"), "root:x:0:\naudio:x:29:guest\nguest:x:1000:\n")?;
        fs::copy(places::probe(), root.join("probe")).map(drop)
    };
    make().unwrap_or_else(|e| panic!("making {}: {e}", root.display()));
}

/// The bundle's `config.json`, for `program` with the arguments of `ask`; its cgroup is `/NAME`.
#[must_use]
pub fn config(name: &str, program: &str, ask: &Ask) -> Value {
    let namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map(|kind| json!({ "type": kind }));
    json!({
        "ociVersion": "1.0.2",
        "root": { "path": "rootfs", "readonly": ask.readonly },
        "hostname": ask.hostname.as_deref().unwrap_or(name),
        "process": process(program, ask),
        "mounts": mounts(),
        "linux": {
            "namespaces": namespaces,
            "cgroupsPath": format!("/{name}"),
            "resources": resources(ask),
            "maskedPaths": [
                "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
                "/sys/devices/virtual/powercap",
            ],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            "seccomp": filter::filter(),
        },
    })
}

fn process(program: &str, ask: &Ask) -> Value {
    let (uid, gid) = ask.user.unwrap_or((0, 0));
    let args = [&[program.to_owned()], ask.command.as_slice()].concat();
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned();
    let env = [&[path], ask.env.as_slice()].concat();
    let limit = |(soft, hard)| json!({ "type": "RLIMIT_NOFILE", "soft": soft, "hard": hard });
    let rlimits: Vec<Value> = ask.open_files.map(limit).into_iter().collect();
    json!({
        "user": { "uid": uid, "gid": gid },
        "args": args,
        "env": env,
        "cwd": ask.cwd.as_deref().unwrap_or("/"),
        "capabilities": capabilities(ask, uid == 0),
        "rlimits": rlimits,
        "noNewPrivileges": false,
        "oomScoreAdj": ask.oom_score_adj.unwrap_or(0),
    })
}

/// Another user than root has none in force, and only what is in the bounding set can come back.
fn capabilities(ask: &Ask, root: bool) -> Value {
    let defaults = CAPABILITIES.iter().map(|&name| name.to_owned());
    let names = defaults.chain(ask.cap_add.iter().cloned()).filter(|name| !ask.cap_drop.contains(name));
    let set: Vec<String> = names.map(|name| format!("CAP_{name}")).collect();
    let in_force = if root { set.clone() } else { Vec::new() };
    json!({ "bounding": set, "effective": in_force, "permitted": in_force })
}

fn mounts() -> Value {
    let strict = ["nosuid", "noexec", "nodev"];
    let mount = |target: &str, fstype: &str, options: &[&str]| json!({ "destination": target, "type": fstype, "source": fstype, "options": options });
    json!([
        mount("/proc", "proc", &strict),
        mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
        ),
        mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
        mount("/sys/fs/cgroup", "cgroup", &["nosuid", "noexec", "nodev", "ro"]),
        mount("/dev/mqueue", "mqueue", &strict),
        mount("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
    ])
}

fn resources(ask: &Ask) -> Value {
    let mut resources = json!({ "devices": devices() });
    if let Some(bytes) = ask.memory_bytes {
        resources["memory"] = json!({ "limit": bytes, "swap": bytes });
    }
    if let Some(millis) = ask.cpu_millis {
        resources["cpu"] = json!({ "quota": u64::from(millis) * 100, "period": 100_000 });
    }
    if let Some(limit) = ask.pids {
        resources["pids"] = json!({ "limit": limit });
    }
    resources
}

/// Any node may be made, few may be opened.
fn devices() -> Value {
    let usable = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)];
    let rule = |(major, minor)| json!({ "allow": true, "type": "c", "major": major, "minor": minor, "access": "rwm" });
    let mut rules = vec![
        json!({ "allow": false, "access": "rwm" }),
        json!({ "allow": true, "type": "c", "access": "m" }),
        json!({ "allow": true, "type": "b", "access": "m" }),
        json!({ "allow": true, "type": "c", "major": 136, "access": "rwm" }),
    ];
    rules.extend(usable.map(rule));
    Value::Array(rules)
}
