use super::*;

fn bearer(realm: &str, service: &str, scope: &str) -> Option<Challenge> {
    Some(Challenge::Bearer { realm: realm.into(), service: service.into(), scope: scope.into() })
}

#[test]
fn tokens_of_real_registries() {
    let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/redis:pull""#;
    assert_eq!(
        best([hub].into_iter()),
        bearer("https://auth.docker.io/token", "registry.docker.io", "repository:library/redis:pull")
    );
    assert_eq!(
        best(["BEARER realm=https://x/y, scope=\"a,b\""].into_iter()),
        bearer("https://x/y", "", "a,b")
    );
    assert_eq!(best([r#"bearer realm="a\"b""#].into_iter()), bearer("a\"b", "", ""));
}

#[test]
fn a_token_goes_before_a_password() {
    let fields = [r#"Basic realm="x", charset="UTF-8""#, r#"Digest nonce="y", Bearer realm="https://z""#];
    assert_eq!(best(fields.into_iter()), bearer("https://z", "", ""));
    assert_eq!(best(fields[..1].iter().copied()), Some(Challenge::Basic));
}

#[test]
fn what_is_not_understood() {
    for field in ["", "Negotiate", "=,=", "Bearer", "Bearer service=x", "\"", "Bearer realm=\"", "a=b"] {
        assert_eq!(best([field].into_iter()), None, "{field}");
    }
}
