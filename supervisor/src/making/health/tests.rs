use super::*;

fn read(healthcheck: &str) -> Result<Option<Health>, MakeError> {
    let config = format!(
        r#"{{"architecture": "amd64", "os": "linux", "rootfs": {{"type": "layers", "diff_ids": []}},
            "config": {{"Healthcheck": {healthcheck}}}}}"#
    );
    of_image(&ImageConfig::read(config.as_bytes()).expect(healthcheck))
}

fn exec(words: &[&str]) -> Probe {
    Probe::Exec(words.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn an_images_check_is_understood_with_dockers_defaults() {
    for (json, probe) in [
        (r#"{"Test": ["CMD", "redis-cli", "ping"]}"#, exec(&["redis-cli", "ping"])),
        (
            r#"{"Test": ["CMD-SHELL", "exit 1"], "Interval": 0, "Retries": 0}"#,
            exec(&["/bin/sh", "-c", "exit 1"]),
        ),
    ] {
        assert_eq!(read(json).expect(json), Some(Health::of(probe)), "{json}");
    }
    let timed = r#"{"Test": ["CMD", "x"], "Interval": 1000000000, "Timeout": 2000000000, "StartPeriod": 3000000000,
                    "StartInterval": 4000000, "Retries": 9}"#;
    let pace =
        Pace { interval_ms: 1000, timeout_ms: 2000, start_period_ms: 3000, start_interval_ms: 4, retries: 9 };
    assert_eq!(read(timed).expect(timed), Some(Health { pace, ..Health::of(exec(&["x"])) }));
}

#[test]
fn an_image_may_say_nothing_or_none() {
    for json in ["null", "{}", r#"{"Test": []}"#, r#"{"Test": ["NONE"]}"#] {
        assert_eq!(read(json).expect(json), None, "{json}");
    }
}

#[test]
fn what_is_no_check_is_refused() {
    for json in [
        r#"{"Test": "true"}"#,
        r#"{"Test": ["CMD"]}"#,
        r#"{"Test": ["CMD-SHELL", "a", "b"]}"#,
        r#"{"Test": ["RUN", "a"]}"#,
        r#"{"Test": ["CMD", 1]}"#,
        r#"{"Test": ["CMD", "a"], "Interval": -1}"#,
        r#"{"Test": ["CMD", "a"], "Interval": 10000000000000000}"#,
        r#"{"Test": ["CMD", "a"], "Retries": 5000000000}"#,
    ] {
        assert!(matches!(read(json), Err(MakeError::Health(_))), "{json}");
    }
}
