use super::*;
use crate::output::apps::tests::instance;
use limpet_protocol::control::{Course, State};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::Running;
use limpet_runner::cgroup::Stats;
use std::time::Duration;

const S: u64 = 1_000_000_000;
const MIB: u64 = 1024 * 1024;

fn running(name: &str, cpu_percents: u64) -> Line {
    let id = ContainerId::from_bytes([1; 32]);
    let running = Running { id, keeper_pid: 2, pid: 3, started_ns: 100 * S, first_host_id: 0 };
    let now = Stats {
        cpu_usage_ns: cpu_percents * S / 100,
        memory_usage_bytes: 16 * MIB,
        memory_limit_bytes: Some(64 * MIB),
        pids: 3,
        ..Stats::default()
    };
    let usage = Usage { now, cpu_before_ns: Some(0), elapsed: Duration::from_secs(1), board_bytes: 1 << 30 };
    Line {
        name: name.to_owned(),
        word: "running",
        status: Status::Running(running),
        supervision: None,
        usage: Some(usage),
    }
}

fn ended(name: &str) -> Line {
    let exit = Exit {
        code: 137,
        oom_killed: true,
        started_ns: S,
        finished_ns: 60 * S,
        memory_peak_bytes: 0,
        error: None,
    };
    let status = Status::Exited(exit);
    Line { name: name.to_owned(), word: "exited", status, supervision: None, usage: None }
}

fn names(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.name.as_str()).collect()
}

#[test]
fn the_busiest_come_first_and_the_idle_keep_their_places() {
    let mut lines = vec![ended("a"), running("z", 0), running("busy", 50), running("y", 0)];
    table(&mut lines, 0);
    assert_eq!(names(&lines), ["busy", "y", "z", "a"]);
}

#[test]
fn a_line_says_what_a_container_does_and_uses() {
    let mut web = running("web", 25);
    let mut supervision = instance("web", State::Running, Course::Settled);
    supervision.health = Health::Unhealthy;
    supervision.restarts = 4;
    web.supervision = Some(supervision);
    let text = table(&mut [web, ended("db")], 220 * S);
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect())
        .collect();
    assert_eq!(
        rows[1],
        ["web", "running", "unhealthy", "25.00%", "16MiB / 64MiB", "25.00%", "3", "4", "2 minutes"]
    );
    assert_eq!(rows[2], ["db", "exited (137)", "-", "-", "-", "-", "-", "-", "2 minutes"]);
}

#[test]
fn the_heading_leaves_out_what_is_not_known() {
    let lines = [running("web", 0), ended("db")];
    let weather = Weather {
        load: "0.10 0.20 0.30 1/100 4242\n".to_owned(),
        memory: "MemTotal:        1048576 kB\nMemFree: 1 kB\nMemAvailable:     524288 kB\n".to_owned(),
        disk_free_bytes: Some(5 << 30),
    };
    let text = heading(&lines, &weather);
    assert_eq!(text, "1 of 2 running, memory 512MiB of 1GiB, disk 5GiB free, load 0.10 0.20 0.30");
    assert_eq!(
        heading(&[], &Weather { load: "0".to_owned(), ..Weather::default() }),
        "0 of 0 running, load 0"
    );
}

#[test]
fn a_frame_fits_its_window() {
    let mut lines: Vec<Line> = (0..30).map(|n| running(&format!("container-number-{n:02}"), 0)).collect();
    let table = table(&mut lines, 0);
    for (rows, columns) in [(24, 80), (5, 20), (2, 3), (0, 0), (100, 300)] {
        let text = frame("heading", &table, "note", WindowSize { rows, columns }, Style::Plain);
        let text = text.replace(HOME, "").replace("\x1b[K", "").replace(REST_OF_SCREEN, "");
        assert!(text.split("\r\n").all(|line| line.chars().count() <= usize::from(columns)), "{columns}");
        assert!(text.split("\r\n").count() <= usize::from(rows).max(4), "{rows}");
        let hidden = 30_usize.saturating_sub(usize::from(rows).saturating_sub(4));
        if hidden > 0 && columns > 20 {
            assert!(text.ends_with(&format!("{hidden} more; q quits")), "{text}");
        }
    }
}
