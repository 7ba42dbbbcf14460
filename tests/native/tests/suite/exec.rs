//! exec and attach.

use native_tests::isolated::{capabilities, process};
use native_tests::{Limpet, until};

fn sleeping(image: &str) -> Limpet {
    let limpet = Limpet::with(&[image]);
    let command = ["sleep", "1000"];
    limpet.detached(&["--name", "cc", image, command[0], command[1]]);
    limpet
}

#[test]
fn exec_joins_the_container() {
    let limpet = sleeping("probe");
    let report = limpet.ok(&["exec", "cc", "/probe", "report"]).report();
    let pid = limpet.field("cc", "/State/Pid");
    for kind in ["mnt", "pid", "net", "ipc", "uts", "cgroup", "user"] {
        let link = std::fs::read_link(format!("/proc/{pid}/ns/{kind}")).expect("it runs");
        assert_eq!(report.namespaces.get(kind).map(String::as_str), link.to_str(), "{kind}");
    }
    assert!(report.processes.iter().any(|process| process.pid == 1), "{:?}", report.processes);
}

#[test]
fn exec_is_as_confined_as_the_container() {
    let limpet = sleeping("probe");
    let report = limpet.ok(&["exec", "cc", "/probe", "report"]).report();
    capabilities::assert_root_has(&report, capabilities::default());
    process::assert_no_leaked_fds(&report);
    native_tests::isolated::seccomp::assert_filtered_strictly(&report);
    let limit = native_tests::Cgroup::of(
        limpet.field("cc", "/State/Pid").as_i64().expect("a pid").try_into().expect("small"),
    );
    assert!(limit.memory_limit_bytes().is_some());
}

#[test]
fn an_executed_process_is_in_the_cgroup() {
    let limpet = sleeping("busybox");
    limpet.ok(&["exec", "-d", "cc", "sleep", "3000"]);
    until("it is seen", || limpet.ok(&["top", "cc"]).stdout.contains("sleep 3000").then_some(()));
}

#[test]
fn exec_takes_environment_directory_and_user() {
    let limpet = sleeping("busybox");
    let script = "echo $TIDE $(pwd) $(id -u):$(id -g)";
    let shown = limpet.ok(&["exec", "-e", "TIDE=low", "-w", "/tmp", "-u", "1:2", "cc", "sh", "-c", script]);
    assert_eq!(shown.text(), "low /tmp 1:2");
}

#[test]
fn exec_i_passes_stdin_on() {
    let limpet = sleeping("busybox");
    let big = vec![b'x'; 1 << 20];
    let shown = limpet.fed(&big, &["exec", "-i", "cc", "wc", "-c"]).ok();
    assert_eq!(shown.text(), "1048576");
}

#[test]
fn run_i_passes_stdin_on_and_stdout_back() {
    let limpet = Limpet::with(&["probe"]);
    let text = "tide\n".repeat(100_000);
    let shown = limpet.fed(text.as_bytes(), &["run", "--rm", "-i", "probe", "echo"]).ok();
    assert_eq!(shown.stdout.len(), text.len());
    assert!(shown.stdout == text, "the bytes are others");
}

#[test]
fn exec_in_what_does_not_run_is_refused() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "busybox", "true"]);
    limpet.try_to(&["exec", "cc", "true"]).refused(1, &["cc", "not running"]);
    limpet.try_to(&["exec", "nobody", "true"]).refused(1, &["no such container", "nobody"]);
}

#[test]
fn attach_shows_what_comes_and_gives_the_exit_code() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "while [ ! -e /go ]; do sleep 0.05; done; echo tide; exit 6";
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", script]);
    let attached = limpet.command(&["attach", "cc"]);
    let live = native_tests::Live::start(attached, "cc".to_owned());
    // The file only appears after somebody is attached: exec comes later than attach's own start.
    std::thread::sleep(std::time::Duration::from_millis(300));
    limpet.ok(&["exec", "cc", "touch", "/go"]);
    let outcome = live.wait();
    assert_eq!((outcome.code, outcome.text()), (6, "tide"), "{outcome:?}");
}

#[test]
fn attach_to_what_does_not_run_is_refused() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "busybox", "true"]);
    limpet.try_to(&["attach", "cc"]).refused(1, &["cc", "not running"]);
}
