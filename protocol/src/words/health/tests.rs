use super::*;
use alloc::vec;

#[test]
fn durations_are_milliseconds_and_zero_is_the_default() {
    for (text, ms) in
        [("30s", Some(30_000)), ("1m30s", Some(90_000)), ("500ms", Some(500)), ("0", None), ("0s", None)]
    {
        assert_eq!(milliseconds(text), Ok(ms), "{text}");
    }
    for text in ["", "30", "fast", "100us", "2000h", "-1s"] {
        assert!(milliseconds(text).is_err(), "{text}");
    }
}

#[test]
fn a_probe_names_a_port_and_a_path() {
    let probe = |port, path: &str| Ok(Probe::Http { port, path: path.to_owned() });
    assert_eq!(http("80"), probe(80, "/"));
    assert_eq!(http("8080/health?full=1"), probe(8080, "/health?full=1"));
    assert_eq!(tcp("6379"), Ok(Probe::Tcp { port: 6379 }));
    for text in ["", "0", "65536", "/health", "80/a b", "80/\r\n", "http://x"] {
        assert!(http(text).is_err(), "{text}");
    }
}

#[test]
fn a_command_is_a_line_for_the_shell() {
    assert_eq!(
        shell("test -f /ok"),
        Ok(Probe::Exec(vec!["/bin/sh".into(), "-c".into(), "test -f /ok".into()]))
    );
    assert!(shell(" ").is_err());
}
