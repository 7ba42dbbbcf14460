//! Nobody inside gets at the runtime's own file through `/proc/PID/exe`.

use native_tests::{Ask, Limpet, Runtime, places};
use std::fs;

on_each_runtime! {
    its_own_program_is_the_images
    an_exec_cannot_be_lain_in_wait_for
}

fn its_own_program_is_the_images(runtime: &impl Runtime) {
    let shown = runtime.run(&Ask::probe(&["write-exe"])).ok();
    for line in shown.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        assert!(fields[0] == "exe" && (fields[2] == "/probe" || fields[2].is_empty()), "{line}");
    }
}

/// While the probe watches `/proc`, others are executed in its container again and again.
fn an_exec_cannot_be_lain_in_wait_for(runtime: &impl Runtime) {
    let mut live = runtime.start(&Ask::probe(&["write-exe", "4"]));
    live.hear("ready");
    for _ in 0..20 {
        drop(runtime.exec(live.name(), &["/probe", "true"]).output());
    }
    let outcome = live.wait().ok();
    let written: Vec<&str> =
        outcome.lines().filter(|line| line.starts_with("seen ") && line.ends_with(" ok")).collect();
    assert!(written.is_empty(), "programs that could be opened for writing: {written:?}");
}

#[test]
fn a_container_that_executes_the_runtime_cannot_change_it() {
    let limpet = Limpet::with(&["busybox"]);
    let before = fs::read(places::limpet()).expect("it is there");
    drop(limpet.try_to(&["run", "--rm", "busybox", "/proc/self/exe", "--version"]));
    let script = "ln -s /proc/self/exe /evil; sleep 1000";
    let id = limpet.detached(&["busybox", "sh", "-c", script]);
    drop(limpet.try_to(&["exec", &id, "/evil", "--version"]));
    assert!(fs::read(places::limpet()).expect("it is there") == before, "the file has changed");
}
