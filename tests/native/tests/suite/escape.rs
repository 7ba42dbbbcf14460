//! Ways out of a container that others left open once.

use native_tests::Limpet;

/// CVE-2024-21626: a descriptor of the board's that the first process still holds is a way to the board's files.
#[test]
fn a_working_directory_does_not_lead_out_through_a_descriptor() {
    let limpet = Limpet::with(&["busybox"]);
    for number in 3..24 {
        let path = format!("/proc/self/fd/{number}");
        drop(limpet.try_to(&["run", "--rm", "--userns", "host", "-w", &path, "busybox", "pwd"]).code(125));
        let behind = format!("{path}/../../../../../../tmp/limpet-was-here");
        drop(limpet.try_to(&["run", "--rm", "--userns", "host", "-w", &behind, "busybox", "pwd"]).code(125));
    }
    assert!(!std::path::Path::new("/tmp/limpet-was-here").exists());
}

/// -1 means "no change" to setresuid(2): it would stay root, with everything.
#[test]
fn the_id_that_changes_nothing_is_refused() {
    let limpet = Limpet::with(&["busybox"]);
    for user in ["4294967295", "4294967295:0", "0:4294967295"] {
        drop(limpet.try_to(&["run", "--rm", "--userns", "host", "-u", user, "busybox", "id"]).code(125));
    }
}

/// CVE-2021-41091: a set-user-ID file of a container's root is one of the board's root.
#[test]
fn nobody_but_root_reaches_what_containers_write() {
    use std::os::unix::fs::MetadataExt;
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "writer", "-v", "kept:/kept", "busybox", "true"]);
    for name in ["volumes", "layers", "names"] {
        let mode = std::fs::metadata(limpet.root().join(name)).expect("it was made").mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

/// A caller that ignores SIGCHLD makes the kernel reap children unseen.
#[test]
fn a_caller_that_ignores_its_children_hangs_nobody() {
    let limpet = Limpet::with(&["busybox"]);
    let command = limpet.command(&["run", "--rm", "busybox", "sh", "-c", "exit 7"]);
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' CHLD; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .status();
    assert_eq!(status.expect("sh(1) is there").code(), Some(7));
}

/// The kernel looks a command up before it closes what is close-on-exec: a directory of the board that is open then leads out
/// (CVE-2024-21626). Of the descriptors there are none but the channel, which is no directory.
#[test]
fn the_path_of_a_command_finds_no_open_directory() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["busybox", "sleep", "1000"]);
    for number in 3..16 {
        let path = format!("/proc/self/fd/{number}/.");
        for before in [&["exec", &id][..], &["run", "--rm", "busybox"]] {
            let said = limpet.try_to(&[before, &[&path]].concat());
            // What is found there is refused as a directory: "permission denied", 126.
            let is_no_directory =
                ["not found", "Not a directory"].iter().any(|why| said.stderr.contains(why));
            assert!(is_no_directory, "{said:#?}");
        }
    }
}
