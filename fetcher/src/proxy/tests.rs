use super::*;

fn proxies(plain: &str, secure: &str, without: &str) -> Proxies {
    let variables = ProxyVariables { plain: plain.into(), secure: secure.into(), without: without.into() };
    variables.parse().ok().unwrap()
}

fn reached(proxies: &Proxies, url: &str) -> Option<String> {
    proxies.of(&Url::parse(url).unwrap()).map(|proxy| proxy.url.authority())
}

#[test]
fn each_scheme_has_its_own() {
    let proxies = proxies("p.example:3128", "http://s.example:8080", "");
    assert_eq!(reached(&proxies, "http://r.example").as_deref(), Some("p.example:3128"));
    assert_eq!(reached(&proxies, "https://r.example").as_deref(), Some("s.example:8080"));
    assert_eq!(reached(&proxies, "https://127.0.0.1:5000"), None);
    assert_eq!(reached(&proxies, "http://localhost"), None);
}

#[test]
fn some_hosts_are_reached_without() {
    assert_eq!(reached(&proxies("", "p:1", "*"), "https://any"), None);
    let proxies = proxies("", "p:1", "internal.example, .corp,10.0.0.0/8,[,exact.example:5000,fd00::/8");
    for direct in
        ["internal.example", "a.internal.example", "x.corp", "10.1.2.3", "exact.example:5000", "[fd00::1]"]
    {
        assert_eq!(reached(&proxies, &format!("https://{direct}")), None, "{direct}");
    }
    for by_proxy in ["notinternal.example", "11.0.0.1", "exact.example", "corp.example"] {
        assert!(reached(&proxies, &format!("https://{by_proxy}")).is_some(), "{by_proxy}");
    }
}

#[test]
fn a_user_is_told_to_the_proxy() {
    let proxies = proxies("", "http://me:p%40ss@p.example:1", "");
    let proxy = proxies.of(&Url::parse("https://x").unwrap()).unwrap();
    assert_eq!(proxy.authorization.as_deref(), Some("Basic bWU6cEBzcw=="));
    assert_eq!(proxy.url.authority(), "p.example:1");
}

#[test]
fn other_kinds_are_refused_without_telling_the_password() {
    let variables = ProxyVariables { plain: "socks5://me:secret@p:1".into(), ..ProxyVariables::default() };
    let error = variables.parse().err().unwrap().to_string();
    assert!(error.contains("HTTP_PROXY") && !error.contains("secret"), "{error}");
}

#[test]
fn lower_case_goes_first() {
    let variables = ProxyVariables::of(|name| match name {
        "https_proxy" => Some("low:1".to_owned()),
        "HTTPS_PROXY" => Some("high:1".to_owned()),
        "NO_PROXY" => Some("x".to_owned()),
        _ => None,
    });
    assert_eq!((variables.secure.as_str(), variables.without.as_str()), ("low:1", "x"));
}
