use super::*;

#[test]
fn parts_and_back() {
    for (text, authority, target) in [
        ("https://registry.example/v2/", "registry.example", "/v2/"),
        ("HTTP://Host.Example:5000", "host.example:5000", "/"),
        ("http://[::1]:80/a?b=c#d", "[::1]", "/a?b=c"),
        ("https://host?x", "host", "/?x"),
    ] {
        let url = Url::parse(text).unwrap();
        assert_eq!((url.authority().as_str(), url.target.as_str()), (authority, target), "{text}");
        assert_eq!(Url::parse(&url.to_string()).unwrap(), url);
    }
}

#[test]
fn what_is_refused() {
    for text in [
        "ftp://host/",
        "host/path",
        "https://",
        "https://user:secret@host/",
        "https://host:0/",
        "https://host:99999/",
        "https://ho st/",
        "https://host/\r\nX: y",
        "https://[::1/",
        "https://host:5000x/",
    ] {
        assert!(Url::parse(text).is_err(), "{text}");
    }
    assert!(Url::parse(&format!("https://host/{}", "a".repeat(URL_BYTES_MAX))).is_err());
}

#[test]
fn locations() {
    let base = Url::parse("https://a.example:5000/v2/x/blobs/y?z").unwrap();
    for (location, wanted) in [
        ("https://b.example/q", "https://b.example/q"),
        ("//b.example/q", "https://b.example/q"),
        ("/q?r=1", "https://a.example:5000/q?r=1"),
        ("q", "https://a.example:5000/v2/x/blobs/q"),
    ] {
        assert_eq!(base.join(location).unwrap().to_string(), wanted);
    }
    assert!(base.join("http://b.example/").unwrap().same_origin(&Url::parse("http://B.example").unwrap()));
    assert!(!base.same_origin(&Url::parse("https://a.example/").unwrap()));
    assert!(!base.same_origin(&Url::parse("http://a.example:5000/").unwrap()));
}

#[test]
fn queries() {
    assert_eq!(encoded("repository:a/b:pull"), "repository%3Aa%2Fb%3Apull");
}
