//! The unpacking process, looked at from outside while it waits for its first byte.

use crate::overlay::Scratch;
use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// CAP_CHOWN, DAC_OVERRIDE, FOWNER, FSETID, MKNOD, SETFCAP (capabilities(7)).
const CAPABILITIES: &str = "000000008800001b";
const SECONDS_MAX: u64 = 10;

pub(crate) fn process() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("own"), "").unwrap();
    let mut child = Command::new("/proc/self/exe")
        .args([limpet_store::unpack::VERB, "fill", "512", "1000000", "0"])
        .current_dir(scratch.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let good = std::panic::catch_unwind(|| look(child.id()));
    // Without a byte of what was announced it must say so, and end.
    let said = end(&mut child);
    assert!(good.is_ok() && said.contains("cut short"), "{said}");
}

fn look(pid: u32) {
    let status = wait(pid);
    for name in ["CapPrm", "CapEff", "CapBnd"] {
        assert_eq!(field(&status, name), CAPABILITIES, "{name}");
    }
    assert_eq!(field(&status, "CapInh"), "0000000000000000");
    assert_eq!(field(&status, "CapAmb"), "0000000000000000");
    for name in ["mnt", "net", "ipc", "uts"] {
        let of = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/{name}")).unwrap();
        assert_ne!(of(&pid.to_string()), of("self"), "{name}");
    }
    let names: Vec<_> =
        fs::read_dir(format!("/proc/{pid}/root")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["own"]);
    assert_eq!(fs::read_to_string(format!("/proc/{pid}/mounts")).unwrap().lines().count(), 1);
    let links = fs::read_to_string(format!("/proc/{pid}/net/dev")).unwrap();
    assert_eq!(links.lines().count(), 3, "only a loopback: {links}");
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert_eq!(descriptors, 3, "only stdio");
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    assert!(
        limits.lines().any(|line| line.starts_with("Max file size") && line.contains("1000000")),
        "{limits}"
    );
}

/// The status once its calls are filtered, which is the last step.
fn wait(pid: u32) -> String {
    let begun = Instant::now();
    loop {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        if field(&status, "Seccomp") == "2" {
            assert_eq!(field(&status, "NoNewPrivs"), "1");
            return status;
        }
        assert!(begun.elapsed() < Duration::from_secs(SECONDS_MAX), "never confined: {status}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().to_owned()
}

fn end(child: &mut Child) -> String {
    let mut input = child.stdin.take().unwrap();
    input.write_all(&[0; 100]).unwrap();
    drop(input);
    let mut said = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert!(!child.wait().unwrap().success());
    String::from_utf8_lossy(&said).into_owned()
}
