//! A container with docker's defaults, seen from inside; on limpet and on the independent runtime.

use native_tests::isolated::{capabilities, devices, files, mounts, namespaces, process, seccomp};
use native_tests::{Ask, Runtime};

on_each_runtime! {
    namespaces_are_its_own
    it_sees_no_other_process
    it_sees_no_interface_but_loopback
    the_boards_cgroup_paths_are_hidden
    the_standard_mounts_are_there_and_no_others
    mounts_do_not_propagate
    a_readonly_root_is_readonly
    the_standard_devices_are_there_and_no_others
    other_devices_cannot_be_opened
    the_kernel_cannot_be_written
    its_own_files_can_be_written
    masked_files_tell_nothing
    capabilities_are_the_default_ones
    capabilities_can_be_added_and_dropped
    another_user_has_no_capabilities
    dangerous_calls_are_filtered
    no_descriptor_leaks
    the_process_is_fresh
    the_process_gets_what_was_asked
}

fn plain(runtime: &impl Runtime) -> probe::report::Report {
    runtime.report(&Ask::default())
}

fn namespaces_are_its_own(runtime: &impl Runtime) {
    namespaces::assert_own(&plain(runtime), &["mnt", "pid", "net", "ipc", "uts", "cgroup"]);
}

fn it_sees_no_other_process(runtime: &impl Runtime) {
    namespaces::assert_alone(&plain(runtime));
}

fn it_sees_no_interface_but_loopback(runtime: &impl Runtime) {
    namespaces::assert_loopback_only(&plain(runtime));
}

fn the_boards_cgroup_paths_are_hidden(runtime: &impl Runtime) {
    namespaces::assert_cgroup_hidden(&plain(runtime));
}

fn the_standard_mounts_are_there_and_no_others(runtime: &impl Runtime) {
    let report = plain(runtime);
    mounts::assert_standard(&report);
    mounts::assert_no_others(&report, &[]);
}

fn mounts_do_not_propagate(runtime: &impl Runtime) {
    mounts::assert_not_shared(&plain(runtime));
}

fn a_readonly_root_is_readonly(runtime: &impl Runtime) {
    mounts::assert_readonly_root(&runtime.report(&Ask { readonly: true, ..Ask::default() }));
}

fn the_standard_devices_are_there_and_no_others(runtime: &impl Runtime) {
    let report = plain(runtime);
    devices::assert_standard(&report);
    devices::assert_no_others(&report, &[]);
}

fn other_devices_cannot_be_opened(runtime: &impl Runtime) {
    devices::assert_foreign_refused(&plain(runtime));
}

fn the_kernel_cannot_be_written(runtime: &impl Runtime) {
    let report = plain(runtime);
    files::assert_board_unwritable(&report);
    if runtime.name() == "limpet" {
        files::assert_cgroup_root_unwritable_strictly(&report);
    }
}

fn its_own_files_can_be_written(runtime: &impl Runtime) {
    files::assert_own_writable(&plain(runtime));
}

fn masked_files_tell_nothing(runtime: &impl Runtime) {
    files::assert_masked(&plain(runtime));
}

fn capabilities_are_the_default_ones(runtime: &impl Runtime) {
    capabilities::assert_root_has(&plain(runtime), capabilities::default());
}

fn capabilities_can_be_added_and_dropped(runtime: &impl Runtime) {
    let ask = Ask { cap_add: vec!["SYS_TIME".into()], cap_drop: vec!["CHOWN".into()], ..Ask::default() };
    let wanted =
        (capabilities::default() | capabilities::set(&["SYS_TIME"])) & !capabilities::set(&["CHOWN"]);
    capabilities::assert_root_has(&runtime.report(&ask), wanted);
}

fn another_user_has_no_capabilities(runtime: &impl Runtime) {
    let report = runtime.report(&Ask { user: Some((1000, 1000)), ..Ask::default() });
    process::assert_is(&report, 1000, 1000, &[]);
    capabilities::assert_user_has_none(&report, capabilities::default());
}

fn dangerous_calls_are_filtered(runtime: &impl Runtime) {
    let report = plain(runtime);
    seccomp::assert_filtered(&report);
    if runtime.name() == "limpet" {
        seccomp::assert_filtered_strictly(&report);
    }
}

fn no_descriptor_leaks(runtime: &impl Runtime) {
    process::assert_no_leaked_fds(&plain(runtime));
}

fn the_process_is_fresh(runtime: &impl Runtime) {
    let report = plain(runtime);
    process::assert_fresh(&report);
    process::assert_is(&report, 0, 0, &[]);
}

fn the_process_gets_what_was_asked(runtime: &impl Runtime) {
    let report = runtime.report(&Ask {
        hostname: Some("rock".into()),
        env: vec!["TIDE=low".into(), "EMPTY=".into()],
        cwd: Some("/tmp".into()),
        open_files: Some((512, 1024)),
        oom_score_adj: Some(321),
        ..Ask::default()
    });
    assert_eq!(report.process.hostname, "rock");
    for entry in ["TIDE=low", "EMPTY="] {
        assert!(report.process.env.iter().any(|e| e == entry), "{:?}", report.process.env);
    }
    assert_eq!(report.process.cwd, "/tmp");
    assert_eq!(report.limits.rlimits.get("Max open files"), Some(&[Some(512), Some(1024)]));
    assert_eq!(report.limits.oom_score_adj, 321);
    assert_eq!(report.process.args, ["/probe", "report"]);
}
