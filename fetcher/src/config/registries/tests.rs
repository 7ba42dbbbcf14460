use super::*;

#[test]
fn the_whole_of_it() {
    let text = r#"{
        "registry-mirrors": { "docker.io": ["https://m.example:5000"], "ghcr.io": ["http://10.0.0.2"] },
        "plain-http": ["10.0.0.2:5000"], "max-concurrent-downloads": 2, "max-bytes-per-second": 1000000
    }"#;
    let registries = Registries::parse(text.as_bytes()).unwrap();
    assert_eq!(registries.mirrors_of("ghcr.io"), ["http://10.0.0.2"]);
    assert!(registries.mirrors_of("quay.io").is_empty());
    assert_eq!((registries.lanes, registries.rate_bytes_per_s), (Some(2), Some(1_000_000)));
    assert_eq!(registries.plain, ["10.0.0.2:5000"]);
}

#[test]
fn a_list_of_mirrors_is_of_docker_hub() {
    let registries = Registries::parse(br#"{"registry-mirrors":["https://m.example"]}"#).unwrap();
    assert_eq!(registries.mirrors_of("docker.io"), ["https://m.example"]);
}

#[test]
fn what_is_not_understood_is_an_error() {
    for (text, said) in [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        (r#"{"insecure-registries":[]}"#, "plain-http"),
        (r#"{"plain-http":"x"}"#, "list of strings"),
        (r#"{"max-concurrent-downloads":0}"#, "above 0"),
        (r#"{"registry-mirrors":["m.example"]}"#, "https://"),
        (r#"{"registry-mirrors":["https://m.example/v2/x"]}"#, "path"),
    ] {
        let error = Registries::parse(text.as_bytes()).unwrap_err();
        assert!(error.contains(said), "{text}: {error}");
    }
}
