use super::*;

#[test]
fn tls_everywhere_but_where_it_is_named() {
    let plain = ["10.0.0.2:5000".to_owned()];
    for (server, url, name, may_be_plain) in [
        ("docker.io", "https://registry-1.docker.io/", "docker.io", false),
        ("ghcr.io", "https://ghcr.io/", "ghcr.io", false),
        ("10.0.0.2:5000", "http://10.0.0.2:5000/", "10.0.0.2:5000", false),
        ("10.0.0.2:5001", "https://10.0.0.2:5001/", "10.0.0.2:5001", false),
        ("localhost:5000", "https://localhost:5000/", "localhost:5000", true),
        ("[::1]:5000", "https://[::1]:5000/", "[::1]:5000", true),
        ("127.0.0.1:5000", "https://127.0.0.1:5000/", "127.0.0.1:5000", true),
        ("http://mirror.example:80", "http://mirror.example/", "mirror.example", false),
    ] {
        assert_eq!(address(server, &plain), (url.to_owned(), name.to_owned(), may_be_plain), "{server}");
    }
}
