use super::*;

fn registry() -> Url {
    Url::parse("https://r.example/v2/").unwrap()
}

fn password() -> Credentials {
    Credentials::Basic { user: "me".into(), password: "pass".into() }
}

#[test]
fn anybody_asks_without_a_password() {
    let request =
        TokenRequest::new(&registry(), "https://auth/token", "s", "repository:a/b:pull", None, "limpet")
            .ok()
            .unwrap();
    assert_eq!(request.url.to_string(), "https://auth/token?service=s&scope=repository%3Aa%2Fb%3Apull");
    assert!(request.authorization.is_none() && request.form.is_none());
}

#[test]
fn a_password_is_sent_by_basic() {
    let request = TokenRequest::new(&registry(), "https://auth/t?x=y", "s", "q", Some(&password()), "limpet")
        .ok()
        .unwrap();
    assert_eq!(request.url.target, "/t?x=y&service=s&scope=q&account=me");
    assert_eq!(request.authorization.as_deref(), Some("Basic bWU6cGFzcw=="));
}

#[test]
fn a_refresh_token_is_sent_in_a_form() {
    let identity = Credentials::IdentityToken("r/t".into());
    let request =
        TokenRequest::new(&registry(), "https://auth/t", "s", "q", Some(&identity), "limpet").ok().unwrap();
    let form = request.form.unwrap();
    assert!(form.contains("grant_type=refresh_token") && form.contains("refresh_token=r%2Ft"), "{form}");
    assert!(!request.url.to_string().contains("r%2Ft"));
}

#[test]
fn no_password_goes_in_the_clear() {
    let refused = TokenRequest::new(&registry(), "http://auth/t", "s", "q", Some(&password()), "limpet");
    assert!(refused.err().unwrap().message.contains("not reached by TLS"));
}

#[test]
fn answers() {
    assert_eq!(read(br#"{"token":"a"}"#).unwrap(), "a");
    assert_eq!(read(br#"{"token":"","access_token":"b","expires_in":60}"#).unwrap(), "b");
    for answer in [&b"<html>"[..], b"{}", br#"{"token":"a\r\nb"}"#, br#"{"token":7}"#] {
        assert!(read(answer).is_err());
    }
}

#[test]
fn credentials_are_never_shown() {
    let shown = format!("{:?} {:?}", password(), Credentials::IdentityToken("secret".into()));
    assert!(!shown.contains("pass") && !shown.contains("secret") && !shown.contains("me"), "{shown}");
}
