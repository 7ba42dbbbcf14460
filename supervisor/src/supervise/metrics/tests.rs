use super::*;
use std::collections::BTreeSet;

fn instance(name: &str) -> Instance {
    Instance {
        container: None,
        name: name.to_owned(),
        member: Some(("shop".to_owned(), "we\"b".to_owned(), 1)),
        state: State::Running,
        health: Health::Unhealthy,
        held: false,
        restarts: 3,
        last_code: None,
        wait: None,
        trouble: None,
        failures: 0,
        course: limpet_protocol::control::Course::Settled,
    }
}

fn used(_: &Instance) -> Option<Usage> {
    Some(Usage { memory_bytes: 4096, memory_limit_bytes: Some(8192), cpu_ns: 2_000_000_030, oom_kills: 1 })
}

/// The samples, each as name and labels, of a text that is as a scraper wants it: a family is told before its samples, and
/// once; its name says its type; a value is a number; no sample is there twice.
fn parse(text: &str) -> BTreeSet<(String, String)> {
    let (mut told, mut seen) = (Vec::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("# TYPE ") {
            let (name, kind) = words.split_once(' ').expect("a name and a type");
            assert!(matches!(kind, "gauge" | "counter"), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(name.starts_with("limpet_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!(!told.contains(&name), "{line}");
            told.push(name);
        } else if let Some(words) = line.strip_prefix("# HELP ") {
            assert!(words.ends_with('.'), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a series and a value");
            let (name, labels) = series.split_at(series.find('{').unwrap_or(series.len()));
            assert_eq!(told.last(), Some(&name), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(labels.is_empty() || labels.ends_with("\"}"), "{line}");
            assert!(seen.insert((series.to_owned(), value.to_owned())), "{line}");
        }
    }
    seen
}

#[test]
fn every_container_has_a_line_of_each_metric() {
    let report = Report { instances: vec![instance("shop-web-1")], disk_is_low: true, ..Report::default() };
    let link =
        LinkLine { controller: String::new(), connected: true, since_ns: 3_000_000_000, why: String::new() };
    let samples = parse(&text(report, (Some(Room::new(7, 100, Some(9))), Some(link)), 5, used));
    let own = |more: &str| format!(r#"{{name="shop-web-1",app="shop",service="we\"b",replica="1"{more}}}"#);
    let expected = [
        ("limpet_disk_free_bytes".to_owned(), "7"),
        ("limpet_disk_size_bytes".to_owned(), "100"),
        ("limpet_disk_reserve_bytes".to_owned(), "9"),
        ("limpet_disk_reserve_reached".to_owned(), "1"),
        ("limpet_controller_connected".to_owned(), "1"),
        ("limpet_controller_since_seconds".to_owned(), "3"),
        ("limpet_containers_turned_away_total".to_owned(), "0"),
        ("limpet_supervisor_wakeups_total".to_owned(), "5"),
        (format!("limpet_container_state{}", own(",state=\"running\"")), "1"),
        (format!("limpet_container_running{}", own("")), "1"),
        (format!("limpet_container_health{}", own(",health=\"unhealthy\"")), "1"),
        (format!("limpet_container_unhealthy{}", own("")), "1"),
        (format!("limpet_container_restarts_total{}", own("")), "3"),
        (format!("limpet_container_memory_usage_bytes{}", own("")), "4096"),
        (format!("limpet_container_memory_limit_bytes{}", own("")), "8192"),
        (format!("limpet_container_cpu_seconds_total{}", own("")), "2.000000030"),
        (format!("limpet_container_oom_kills_total{}", own("")), "1"),
    ];
    assert_eq!(samples, expected.map(|(series, value)| (series, value.to_owned())).into());
}

#[test]
fn what_is_not_known_has_no_line() {
    let mut ended = instance("old");
    (ended.state, ended.health) = (State::Ended, Health::Unwatched);
    let report = Report { instances: vec![ended], ..Report::default() };
    let text = text(report, (None, None), 5, used);
    let names: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(names.len(), 7, "{names:#?}");
    assert!(text.contains(",state=\"exited\"} 1\n") && !text.contains("limpet_container_health{"));
}

#[test]
fn more_than_a_reply_holds_is_left_out() {
    let instances = (0..256).map(|number| instance(&format!("{number:0128}"))).collect();
    let text = text(Report { instances, ..Report::default() }, (None, None), 5, used);
    assert!((TEXT_BYTES_MAX / 2..=TEXT_BYTES_MAX).contains(&text.len()), "{}", text.len());
    assert!(parse(&text).len() > 500);
}
