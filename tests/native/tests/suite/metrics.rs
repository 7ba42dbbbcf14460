//! Metrics over HTTP, by clients that are written by hand: quick, slow and hostile ones.

use native_tests::{Limpet, Supervisor};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A client that gets nothing for so long has been stalled.
const PATIENCE: Duration = Duration::from_secs(30);
const GET: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: board\r\nUser-Agent: test\r\n\r\n";

fn unix(limpet: &Limpet) -> UnixStream {
    let stream = UnixStream::connect(limpet.home().join("metrics.sock")).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// All that comes up to the end.
fn fetch(mut stream: impl Read + Write, request: &[u8]) -> String {
    stream.write_all(request).expect("it is read");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).expect("an answer that ends in time");
    heard
}

#[test]
fn they_are_served_at_a_socket() {
    let limpet = Limpet::with(&["busybox"]);
    let place = format!("unix:{}", limpet.home().join("metrics.sock").display());
    let supervisor = Supervisor::start_with(&limpet, &["--metrics", &place], &[]);
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    let answer = fetch(unix(&limpet), GET);
    let (head, text) = answer.split_once("\r\n\r\n").expect("a head and a text");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", text.len())), "{head}");
    assert!(text.contains("limpet_container_running{name=\"cc\"} 1\n"), "{text}");
    assert!(text.contains("limpet_container_state{name=\"cc\",state=\"running\"} 1\n"), "{text}");
    for used in ["memory_usage_bytes", "cpu_seconds_total"] {
        let line =
            text.lines().find(|line| line.starts_with(&format!("limpet_container_{used}{{name=\"cc\"}} ")));
        let value = line.and_then(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        assert!(value.is_some_and(|value| value > 0.0), "{used}: {text}");
    }
    assert!(text.contains("limpet_container_oom_kills_total{name=\"cc\"} 0\n"), "{text}");
    let series = |text: &str| {
        let lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        lines.map(|(series, _)| series.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(series(text), series(&limpet.ok(&["metrics"]).stdout));
    assert!(fetch(unix(&limpet), b"GET /else HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    let mode = limpet.home().join("metrics.sock").metadata().expect("the socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    // The next one takes the place of a socket that nobody listens on.
    supervisor.crash();
    let supervisor = Supervisor::start_with(&limpet, &["--metrics", &place], &[]);
    assert!(fetch(unix(&limpet), GET).contains("limpet_container_running{name=\"cc\"} 1\n"));
    supervisor.leave();
}

#[test]
fn slow_clients_hold_up_neither_others_nor_the_supervisor() {
    let limpet = Limpet::with(&["busybox"]);
    let place = format!("unix:{}", limpet.home().join("metrics.sock").display());
    let mut supervisor =
        Supervisor::start_with(&limpet, &["--metrics", &place], &[("WATCHDOG_USEC", "200000")]);
    // Silent ones, ones that stop in the middle, and ones that never read.
    let crowd: Vec<UnixStream> = (0..30)
        .map(|number| {
            let mut client = unix(&limpet);
            let said: &[u8] = [&b""[..], &GET[..20], GET][number % 3];
            // It may have been let go already.
            client.write_all(said).ok();
            client
        })
        .collect();
    assert!(fetch(unix(&limpet), GET).starts_with("HTTP/1.1 200 OK\r\n"));
    supervisor.told();
    supervisor.until_told("WATCHDOG=1");
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    let pid = limpet.pid_of("cc").expect("it runs");
    let process = Pid::from_raw(pid).expect("a pid is positive");
    kill_process(process, Signal::KILL).expect("it runs");
    limpet.until_runs_anew("cc", pid);
    // Each is let go in the end.
    for mut client in crowd {
        client.read_to_end(&mut Vec::new()).expect("an end in time");
    }
    supervisor.leave();
}

#[test]
fn a_loopback_port_serves_them_and_others_are_refused() {
    let limpet = Limpet::new();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let supervisor = Supervisor::start_with(&limpet, &["--metrics", &free.to_string()], &[]);
    let stream = TcpStream::connect(free).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    assert!(fetch(stream, GET).contains("\nlimpet_disk_reserve_reached 0\n"));
    supervisor.leave();
    for place in ["0.0.0.0:9100", "[::]:9100", "192.0.2.1:9100"] {
        let refused = limpet.try_to(&["supervise", "--metrics", place]);
        assert_eq!(refused.code, 125);
        assert!(refused.stderr.contains("other boards could read them"), "{}", refused.stderr);
    }
}

#[test]
fn a_place_that_is_taken_is_complained_of_and_stops_nothing_else() {
    let limpet = Limpet::with(&["busybox"]);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = taken.local_addr().expect("its address").to_string();
    let supervisor = Supervisor::start_with(&limpet, &["--metrics", &place], &[]);
    assert!(supervisor.log().contains("serve metrics at "), "{}", supervisor.log());
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    limpet.until_status("cc", "running");
    supervisor.leave();
}
