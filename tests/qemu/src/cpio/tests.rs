use super::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What cpio(1), which knows nothing of us, finds in an archive.
fn listed(archive: &[u8]) -> String {
    let mut cpio = Command::new("cpio")
        .args(["--list", "--verbose", "--numeric-uid-gid", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cpio(1) is installed");
    cpio.stdin.take().expect("stdin is a pipe").write_all(archive).expect("it reads all");
    let output = cpio.wait_with_output().expect("it ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn an_independent_tool_reads_every_kind_of_entry() {
    let mut archive = Archive::default();
    archive.file("/bin/a", b"abcde");
    archive.file("/bin/b", b"");
    archive.link("/init", "bin/a");
    archive.device("/dev/console", (5, 1));
    let text = listed(&archive.finish());
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let kinds: Vec<(&str, &str)> = lines.iter().map(|line| (line[0], line[line.len() - 1])).collect();
    assert_eq!(
        kinds,
        [
            ("drwxr-xr-x", "bin"),
            ("-rwxr-xr-x", "bin/a"),
            ("-rwxr-xr-x", "bin/b"),
            ("lrwxrwxrwx", "bin/a"),
            ("drwxr-xr-x", "dev"),
            ("crw-------", "dev/console"),
        ]
    );
    assert_eq!(lines[1][4], "5", "the length of the first file");
    assert!(text.contains("5,   1"), "{text}");
}
