use super::*;

fn config(value: &Value) -> DockerConfig {
    DockerConfig::parse(value.to_string().as_bytes()).unwrap()
}

fn basic(user: &str, password: &str) -> Found {
    Found::Here(Credentials::Basic { user: user.into(), password: password.into() })
}

#[test]
fn entries_by_any_of_their_names() {
    let config = config(&json!({ "auths": {
        "https://index.docker.io/v1/": { "auth": "bWU6cGFzcw==" },
        "ghcr.io": { "auth": "bWU6YTpi" },
        "https://old.example/v2/": { "username": "me", "password": "x" },
        "token.example:5000": { "auth": "", "identitytoken": "t" },
        "empty.example": {},
    }}));
    assert_eq!(config.look_up("docker.io"), Ok(basic("me", "pass")));
    assert_eq!(config.look_up("ghcr.io"), Ok(basic("me", "a:b")));
    assert_eq!(config.look_up("old.example"), Ok(basic("me", "x")));
    assert_eq!(config.look_up("token.example:5000"), Ok(Found::Here(Credentials::IdentityToken("t".into()))));
    assert_eq!(config.look_up("empty.example"), Ok(Found::Nothing));
    assert_eq!(config.look_up("token.example"), Ok(Found::Nothing));
    assert_eq!(config.look_up("example"), Ok(Found::Nothing));
}

#[test]
fn helpers_go_first() {
    let config = config(&json!({
        "credsStore": "all", "credHelpers": { "gcr.io": "gcloud" }, "auths": { "ghcr.io": { "auth": "bWU6eA==" } },
    }));
    assert_eq!(config.look_up("gcr.io"), Ok(Found::Helper("gcloud".into())));
    assert_eq!(config.look_up("ghcr.io"), Ok(Found::Helper("all".into())));
}

#[test]
fn a_helper_is_no_path() {
    let config = config(&json!({ "credsStore": "../../evil" }));
    assert!(config.look_up("x.example").is_err());
}

#[test]
fn a_login_comes_and_goes_and_the_rest_stays() {
    let before = config(&json!({ "psFormat": "x", "auths": { "ghcr.io": { "auth": "bWU6eA==" } } }));
    let credentials = Credentials::Basic { user: "me".into(), password: "pass".into() };
    let with = before.clone().with("docker.io", &credentials);
    assert_eq!(with.look_up("docker.io"), Ok(basic("me", "pass")));
    assert!(with.text().contains("psFormat") && with.text().contains("https://index.docker.io/v1/"));
    assert_eq!(with.without("docker.io"), (before.clone(), true));
    assert_eq!(before.clone().without("docker.io"), (before, false));
}

#[test]
fn what_makes_no_sense_is_told_without_the_secret() {
    for auth in ["!", "bWU=", "/w=="] {
        let error =
            config(&json!({ "auths": { "x.example": { "auth": auth } } })).look_up("x.example").unwrap_err();
        assert!(!error.contains(auth), "{error}");
    }
    assert!(DockerConfig::parse(b"[]").is_err() && DockerConfig::parse(b"{").is_err());
}
