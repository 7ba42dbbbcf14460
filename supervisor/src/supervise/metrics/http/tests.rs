use super::*;

#[test]
fn metrics_are_asked_for_in_these_ways() {
    for (request, head) in [
        ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET /metrics?name=x HTTP/1.1\r\n\r\n", false),
        ("HEAD /metrics HTTP/1.1\n\n", true),
    ] {
        assert_eq!(understand(request.as_bytes()), Asked::Metrics { head }, "{request}");
    }
}

#[test]
fn anything_else_has_its_status() {
    for (request, status) in [
        ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
        ("GET /metricsx HTTP/1.1\r\n\r\n", "404"),
        ("GET /metrics HTTP/2\r\n\r\n", "505"),
        ("GET /metrics\r\n\r\n", "400"),
        ("GET  /metrics HTTP/1.1\r\n\r\n", "400"),
        ("\r\n\r\n", "400"),
        ("\n\n", "400"),
        ("\u{0}\u{1}\n\n", "400"),
    ] {
        match understand(request.as_bytes()) {
            Asked::Other(text) => assert!(text.starts_with(status), "{request:?}: {text}"),
            asked => panic!("{request:?}: {asked:?}"),
        }
    }
}

#[test]
fn every_beginning_of_a_request_is_waited_for_up_to_a_length() {
    let request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    for length in 0..request.len() {
        assert_eq!(understand(&request[..length]), Asked::More, "{length}");
    }
    assert_eq!(understand(&vec![b'x'; REQUEST_BYTES_MAX - 1]), Asked::More);
    assert!(matches!(understand(&vec![b'x'; REQUEST_BYTES_MAX]), Asked::Other(_)));
}

#[test]
fn an_answer_says_how_long_it_is() {
    let text = String::from_utf8(answer("200 OK", "a 1\n", false)).expect("text");
    assert!(text.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{text}");
    assert!(text.contains("\r\nContent-Length: 4\r\n") && text.ends_with("\r\n\r\na 1\n"), "{text}");
    let head = String::from_utf8(answer("200 OK", "a 1\n", true)).expect("text");
    assert!(head.contains("\r\nContent-Length: 4\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(
        String::from_utf8_lossy(&answer("405 Method Not Allowed", "", false)).contains("Allow: GET, HEAD")
    );
}
