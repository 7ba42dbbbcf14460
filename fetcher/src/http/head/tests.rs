use super::*;

fn head(text: &str) -> Head {
    parse(text.as_bytes()).unwrap().unwrap().0
}

#[test]
fn a_request_is_written() {
    let fields = [("Accept", "a/b".to_owned()), ("X", "one\r\nEvil: two".to_owned())];
    let request = Request { method: "GET", target: "/v2/", host: "h:5000", fields: &fields };
    assert_eq!(request.text(), "GET /v2/ HTTP/1.1\r\nHost: h:5000\r\nAccept: a/b\r\nX: one\r\n\r\n");
}

#[test]
fn a_head_is_read_when_it_is_whole() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b \r\n\r\nhello";
    for length in 0..text.len() - 5 {
        assert_eq!(parse(&text.as_bytes()[..length]), Ok(None));
    }
    let (head, taken) = parse(text.as_bytes()).unwrap().unwrap();
    assert_eq!((head.status, head.field("x-a"), &text[taken..]), (200, Some("b"), "hello"));
    assert_eq!(head.framing(), Ok(Framing::Length(5)));
    assert!(head.keeps_open());
}

#[test]
fn connections_that_close() {
    assert!(!head("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n").keeps_open());
    assert!(!head("HTTP/1.0 200 OK\r\n\r\n").keeps_open());
    assert!(head("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").keeps_open());
}

#[test]
fn lengths_that_are_ambiguous_are_refused() {
    for fields in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
    ] {
        assert_eq!(
            head(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")).framing(),
            Err(HeadError::Length),
            "{fields}"
        );
    }
    assert_eq!(head("HTTP/1.1 204 No\r\n\r\n").framing(), Ok(Framing::Length(0)));
}

#[test]
fn endless_heads_are_refused() {
    let fields = "A: b\r\n".repeat(HEAD_FIELDS_MAX + 1);
    assert_eq!(parse(format!("HTTP/1.1 200 OK\r\n{fields}").as_bytes()), Err(HeadError::TooLong));
    let long = format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(HEAD_BYTES_MAX));
    assert_eq!(parse(long.as_bytes()), Err(HeadError::TooLong));
    assert_eq!(parse(b"SSH-2.0-OpenSSH\r\n"), Err(HeadError::Malformed));
}
