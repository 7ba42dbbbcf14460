//! Files between the board and a container: cp, diff, export, volumes and tmpfs.

use native_tests::{Limpet, Outcome};
use std::fs;
use std::process::Command;

fn path(limpet: &Limpet, name: &str) -> String {
    limpet.home().join(name).display().to_string()
}

#[test]
fn cp_goes_both_ways_running_or_not() {
    let limpet = Limpet::with(&["busybox"]);
    fs::write(limpet.home().join("in"), "tide").expect("the scratch directory is writable");
    for run in [false, true] {
        limpet.ok(&["create", "--name", "cc", "busybox", "sleep", "1000"]);
        if run {
            limpet.ok(&["start", "cc"]);
        }
        limpet.ok(&["cp", &path(&limpet, "in"), "cc:/tmp/there"]);
        limpet.ok(&["cp", "cc:/tmp/there", &path(&limpet, "out")]);
        assert_eq!(fs::read_to_string(limpet.home().join("out")).expect("it was written"), "tide");
        limpet.ok(&["rm", "-f", "cc"]);
    }
}

#[test]
fn cp_follows_no_link_out_of_the_container() {
    let limpet = Limpet::with(&["busybox"]);
    let secret = path(&limpet, "secret");
    fs::write(&secret, "mine").expect("the scratch directory is writable");
    let script = format!("ln -s {secret} /tmp/file; ln -s {} /tmp/dir; sleep 1000", limpet.home().display());
    limpet.detached(&["--name", "cc", "busybox", "sh", "-c", &script]);
    native_tests::until("the links are there", || {
        (limpet.try_to(&["exec", "cc", "readlink", "/tmp/dir"]).code == 0).then_some(())
    });
    limpet.try_to(&["cp", "-L", "cc:/tmp/file", &path(&limpet, "stolen")]).refused(1, &["/tmp/file"]);
    limpet.try_to(&["cp", "cc:/tmp/dir/secret", &path(&limpet, "stolen")]).refused(1, &["/tmp/dir"]);
    fs::write(limpet.home().join("new"), "theirs").expect("the scratch directory is writable");
    drop(limpet.try_to(&["cp", &path(&limpet, "new"), "cc:/tmp/dir/secret"]));
    assert_eq!(fs::read_to_string(&secret).expect("it is there"), "mine");
    assert!(!limpet.home().join("stolen").exists());
}

#[test]
fn diff_tells_what_changed() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&[
        "run",
        "--name",
        "cc",
        "busybox",
        "sh",
        "-c",
        "echo x > /new; rm /etc/group; echo x >> /etc/passwd",
    ]);
    let diff = limpet.ok(&["diff", "cc"]).stdout;
    for line in ["A /new", "D /etc/group", "C /etc/passwd", "C /etc"] {
        assert!(diff.lines().any(|l| l == line), "{line} is not in\n{diff}");
    }
}

#[test]
fn export_is_a_tar_of_the_root() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--name", "cc", "busybox", "sh", "-c", "echo tide > /new"]);
    let file = path(&limpet, "out.tar");
    limpet.ok(&["export", "-o", &file, "cc"]);
    let tar = |args: &[&str]| {
        let output = Command::new("tar").args(args).output().expect("tar(1) is there");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let list = tar(&["-tf", &file]);
    let name =
        list.lines().find(|name| name.trim_start_matches("./") == "new").unwrap_or_else(|| panic!("{list}"));
    assert_eq!(tar(&["-xOf", &file, name]), "tide\n");
    assert!(
        list.lines().any(|name| name.trim_start_matches("./").trim_end_matches('/') == "etc/passwd"),
        "{list}"
    );
}

#[test]
fn a_bind_shows_the_boards_files() {
    let limpet = Limpet::with(&["busybox"]);
    fs::create_dir(limpet.home().join("data")).expect("the scratch directory is writable");
    fs::write(limpet.home().join("data/in"), "tide").expect("the scratch directory is writable");
    let volume = format!("{}:/data", path(&limpet, "data"));
    let shown = limpet.ok(&[
        "run",
        "--rm",
        "-v",
        &volume,
        "busybox",
        "sh",
        "-c",
        "cat /data/in; echo low > /data/out",
    ]);
    assert_eq!(shown.text(), "tide");
    assert_eq!(fs::read_to_string(limpet.home().join("data/out")).expect("it was written"), "low\n");
    let readonly = format!("{volume}:ro");
    let refused = limpet.try_to(&["run", "--rm", "-v", &readonly, "busybox", "touch", "/data/x"]);
    assert!(refused.code == 1 && refused.stderr.contains("Read-only"), "{refused:?}");
}

/// Flags of a bind, on a directory below which something else is mounted; in a mount namespace of the command's own.
fn read_only_binds(limpet: &Limpet) {
    fs::create_dir_all(limpet.home().join("data/below")).expect("the scratch directory is writable");
    let data = path(limpet, "data");
    let volume = format!("{data}:/data:ro");
    let script = "touch /data/x; touch /data/below/x; grep ' /data' /proc/mounts";
    let run = limpet.command(&["run", "--rm", "-v", &volume, "busybox", "sh", "-c", script]);
    let mount = "mount -t tmpfs -o nosuid,noexec below \"$1/below\" && shift && exec \"$@\"";
    let mut inside = Command::new("unshare");
    inside.args(["-m", "sh", "-c", mount, "sh", &data]).arg(run.get_program()).args(run.get_args());
    inside.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let shown = Outcome::of(&mut inside);
    assert_eq!(shown.stderr.matches("Read-only file system").count(), 2, "{shown:?}");
    let below = shown.lines().find(|line| line.contains(" /data/below ")).expect("it is mounted");
    let options: Vec<&str> = below.split(' ').nth(3).unwrap_or_default().split(',').collect();
    for wanted in ["ro", "nosuid", "noexec"] {
        assert!(options.contains(&wanted), "{wanted} is not in {below}");
    }
}

#[test]
fn a_read_only_bind_is_so_below_too() {
    read_only_binds(&Limpet::with(&["busybox"]));
}

#[test]
fn a_read_only_bind_is_so_below_too_with_mount_alone() {
    read_only_binds(&Limpet::with(&["busybox"]).classic());
}

#[test]
fn volumes_and_a_terminal_work_with_mount_alone() {
    let limpet = Limpet::with(&["busybox"]).classic();
    fs::create_dir(limpet.home().join("data")).expect("the scratch directory is writable");
    fs::write(limpet.home().join("data/in"), "tide").expect("the scratch directory is writable");
    let bind = format!("{}:/data", path(&limpet, "data"));
    let flags =
        ["-v", &bind, "-v", "kept:/kept", "--tmpfs", "/scratch:size=1m", "--device", "/dev/kmsg", "-t"];
    let script = "cat /data/in; echo low > /kept/x; cat /kept/x; tty; grep -c size=1024k /proc/mounts; ls -1 /dev/kmsg /dev/console";
    let id = limpet
        .detached(&[&flags[..], &["busybox", "sh", "-c", &format!("{script}; exec sleep 1000")]].concat());
    limpet.until_logged(&id, "/dev/kmsg");
    let logs = limpet.ok(&["logs", &id]).stdout.replace('\r', "");
    assert_eq!(logs, "tidelow\n/dev/pts/0\n1\n/dev/console\n/dev/kmsg\n");
    assert_eq!(limpet.ok(&["exec", &id, "cat", "/kept/x"]).text(), "low");
}

#[test]
fn what_a_container_writes_to_a_bind_belongs_to_the_boards_root() {
    use std::os::unix::fs::MetadataExt as _;
    let limpet = Limpet::with(&["busybox"]);
    fs::create_dir(limpet.home().join("data")).expect("the scratch directory is writable");
    let mount = format!("type=bind,source={},target=/data", path(&limpet, "data"));
    limpet.ok(&["run", "--rm", "--mount", &mount, "busybox", "touch", "/data/x"]);
    let written = fs::metadata(limpet.home().join("data/x")).expect("it was written");
    assert_eq!((written.uid(), written.gid()), (0, 0));
}

#[test]
fn a_missing_bind_source_is_refused() {
    let limpet = Limpet::with(&["busybox"]);
    let mount = format!("type=bind,source={},target=/data", path(&limpet, "nothing"));
    limpet.try_to(&["run", "--rm", "--mount", &mount, "busybox", "true"]).refused(125, &["nothing"]);
}

#[test]
fn a_tmpfs_is_bounded_and_gone_afterwards() {
    let limpet = Limpet::with(&["busybox"]);
    let script = "dd if=/dev/zero of=/scratch/x bs=1M count=4 2>&1; mount | grep /scratch";
    let shown =
        limpet.try_to(&["run", "--rm", "--tmpfs", "/scratch:size=1m,noexec", "busybox", "sh", "-c", script]);
    assert!(shown.stdout.contains("No space left"), "{shown:?}");
    assert!(shown.stdout.contains("noexec") && shown.stdout.contains("size=1024k"), "{shown:?}");
}

#[test]
fn a_named_volume_that_is_empty_is_filled_from_the_image() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["run", "--rm", "-v", "vv:/nothing/there", "busybox", "true"]);
    let kept = limpet.ok(&["run", "--rm", "-v", "vv:/etc:nocopy", "busybox", "ls", "-A", "/etc"]);
    assert_eq!(kept.text(), "", "nocopy leaves it empty");
    let filled = limpet.ok(&["run", "--rm", "-v", "vv:/etc", "busybox", "cat", "/etc/passwd"]);
    assert!(filled.text().contains("root:"), "{}", filled.stdout);
    limpet.ok(&["run", "--rm", "-v", "vv:/etc", "busybox", "rm", "/etc/passwd"]);
    let changed = limpet.ok(&["run", "--rm", "-v", "vv:/etc", "busybox", "ls", "/etc"]);
    assert!(!changed.text().contains("passwd"), "it is filled once: {}", changed.stdout);
}

#[test]
fn inspect_tells_entrypoint_and_command_apart() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "cc", "--entrypoint", "echo", "busybox", "a", "b"]);
    assert_eq!(limpet.field("cc", "/Config/Entrypoint"), serde_json::json!(["echo"]));
    assert_eq!(limpet.field("cc", "/Config/Cmd"), serde_json::json!(["a", "b"]));
    assert_eq!(limpet.field("cc", "/Path"), "echo");
    assert_eq!(limpet.field("cc", "/Args"), serde_json::json!(["a", "b"]));
    limpet.ok(&["create", "--name", "dd", "busybox", "ls", "/"]);
    assert_eq!(limpet.field("dd", "/Config/Entrypoint"), serde_json::Value::Null);
    assert_eq!(limpet.field("dd", "/Config/Cmd"), serde_json::json!(["ls", "/"]));
}
