use super::*;

/// What the kernel says of this thread. It takes root, as `./x test` does.
#[test]
fn nobody_has_nothing_and_can_get_nothing() {
    let status = std::thread::spawn(|| {
        // All of it is about the calling thread alone.
        become_nobody(65_534).expect("root");
        std::fs::read_to_string("/proc/thread-self/status").expect("procfs")
    });
    let status = status.join().expect("no panic");
    let line = |word: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(word)).expect("a line");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for word in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(line(word), "0000000000000000", "{word}");
    }
    assert_eq!((&*line("Uid:"), &*line("Gid:")), ("65534 65534 65534 65534", "65534 65534 65534 65534"));
    assert_eq!((&*line("Groups:"), &*line("NoNewPrivs:")), ("", "1"));
}
