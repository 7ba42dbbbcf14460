use super::*;

const DIFF: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn read(text: &str) -> Result<ImageConfig, JsonError> {
    ImageConfig::read(text.as_bytes())
}

#[test]
fn a_whole_one() {
    let text = format!(
        r#"{{"architecture":"arm64","os":"linux","variant":"v8","created":"2024-02-29T12:00:00.5Z","unknown":[1],
        "config":{{"User":"1:2","Env":["A=b"],"Entrypoint":null,"Cmd":["x"],"Labels":{{"k":"v"}},"Volumes":{{"/data":{{}}}},
        "ExposedPorts":{{"80/tcp":{{}}}},"StopSignal":"SIGINT","Healthcheck":{{"Test":["NONE"]}}}},
        "history":[{{"created_by":"x","empty_layer":true}}],"rootfs":{{"type":"layers","diff_ids":["{DIFF}"]}}}}"#
    );
    let config = read(&text).unwrap();
    assert_eq!(config.platform.to_string(), "linux/arm64/v8");
    assert_eq!((config.entrypoint.clone(), config.cmd.clone()), (None, Some(vec!["x".to_owned()])));
    assert_eq!((&*config.volumes[0], &*config.exposed_ports[0]), ("/data", "80/tcp"));
    assert_eq!(config.created_s(), Some(1_709_208_000));
    assert!(config.history[0].empty_layer && config.healthcheck.is_some());
    assert_eq!(config.diff_ids[0].to_string(), DIFF);
}

#[test]
fn wrong_types_name_the_field() {
    let error = |text: &str| read(text).unwrap_err().to_string();
    assert!(error(r#"{"rootfs":{"diff_ids":[]},"config":{"Env":"A"}}"#).contains("config.Env"));
    assert!(error(r#"{"rootfs":{"diff_ids":[1]}}"#).contains("rootfs.diff_ids"));
    assert!(error(r#"{"rootfs":{"diff_ids":["sha256:../x"]}}"#).contains("rootfs.diff_ids"));
    assert!(error(r#"{"rootfs":{"diff_ids":[]},"config":{"Labels":{"a":1}}}"#).contains("config.Labels.a"));
    assert!(error("{}").contains("rootfs"));
    assert!(error("[]").contains("object"));
    assert!(error(&"[".repeat(1000)).contains("JSON"));
}

#[test]
fn times() {
    assert_eq!(rfc3339_s("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(rfc3339_s("0001-01-01T00:00:00Z"), Some(-62_135_596_800));
    assert_eq!(rfc3339_s("2000-03-01T01:30:00+01:30"), Some(951_868_800));
    for text in [
        "",
        "2000-03-01",
        "2000-13-01T00:00:00Z",
        "2000-03-01T00:00:00",
        "x000-03-01T00:00:00Z",
        "2000-03-01T00:00:00é",
    ] {
        assert_eq!(rfc3339_s(text), None, "{text}");
    }
}
