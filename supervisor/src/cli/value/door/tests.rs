use super::{Door, parse};

#[test]
fn a_door_is_a_socket_or_a_port_of_this_board() {
    assert_eq!(parse("unix:/run/limpet/metrics"), Ok(Door::Unix("/run/limpet/metrics".to_owned())));
    for (text, address) in [
        ("127.0.0.1:9100", "127.0.0.1:9100"),
        ("127.8.0.1:1", "127.8.0.1:1"),
        ("[::1]:9100", "[::1]:9100"),
        ("localhost:80", "127.0.0.1:80"),
    ] {
        assert_eq!(parse(text), Ok(Door::Port(address.parse().expect("an address"))), "{text}");
    }
}

#[test]
fn nothing_that_others_could_reach_is_a_door() {
    for text in ["0.0.0.0:9100", "192.168.1.2:9100", "[::]:9100", "[::ffff:127.0.0.1]:9100", "8.8.8.8:1"] {
        let why = parse(text).expect_err(text).to_string();
        assert!(why.contains("other boards"), "{text}: {why}");
    }
}

#[test]
fn what_is_no_place_is_refused() {
    let long = format!("unix:/{}", "x".repeat(107));
    for text in
        ["", ":9100", "9100", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "localhost:", "example.org:80"]
            .into_iter()
            .chain(["unix:", "unix:relative", "unix:/run/", &long, "/run/metrics"])
    {
        assert!(parse(text).is_err(), "{text}");
    }
}
