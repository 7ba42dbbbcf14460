use super::*;

#[test]
fn the_status_of_an_answer_is_read_from_its_first_line() {
    for (answer, status) in [
        ("HTTP/1.1 200 OK\r\n", Some(200)),
        ("HTTP/1.0 404 Not Found\r\n", Some(404)),
        ("HTTP/1.1 301\r\n", Some(301)),
        ("HTTP/1.1 200", None),
        ("HTTP/1.1 20", None),
        ("HTTP/1.1 2000 OK\r\n", None),
        ("HTTP/1.1 099 Low\r\n", None),
        ("HTTP/1.1 600 High\r\n", None),
        ("HTTP/1.1  200 OK\r\n", None),
        ("HTTP/2 200 OK\r\n", None),
        ("http/1.1 200 OK\r\n", None),
        ("", None),
        ("SSH-2.0-OpenSSH\r\n", None),
    ] {
        assert_eq!(status_of(answer.as_bytes()), status, "{answer:?}");
    }
}

#[test]
fn no_bytes_at_all_make_it_panic() {
    let mut seed = 1u64;
    for _ in 0..100_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut answer = *b"HTTP/1.1 200 OK\r\n";
        for at in 0..3 {
            let byte = (seed >> (at * 13)).to_le_bytes();
            answer[usize::from(byte[0]) % 17] = byte[1];
        }
        if let Some(status) = status_of(&answer) {
            assert!((100..600).contains(&status));
        }
    }
}

#[test]
fn a_server_is_asked_and_its_answer_counts() {
    use std::net::TcpListener;
    for (answer, healthy) in
        [("HTTP/1.1 204 No Content\r\n\r\n", true), ("HTTP/1.1 500 Oops\r\n\r\n", false), ("nothing", false)]
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("listen");
        let port = listener.local_addr().expect("address").port();
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("accept");
            let mut request = [0; 256];
            let length = client.read(&mut request).expect("read");
            client.write_all(answer.as_bytes()).expect("write");
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(http(port, "/up?x=1", Instant::now() + Duration::from_secs(10)), healthy, "{answer}");
        let request = server.join().expect("server");
        assert!(request.starts_with("GET /up?x=1 HTTP/1.1\r\n"), "{request}");
    }
}
