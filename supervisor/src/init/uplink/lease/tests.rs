use super::*;

fn used(router: Option<Ipv4Addr>, name_servers: Vec<Ipv4Addr>) -> Line {
    Line::Use(Settings { address: Ipv4Addr::new(10, 0, 2, 15), prefix: 24, router, name_servers })
}

#[test]
fn what_is_written_is_read() {
    let near = Ipv4Addr::new(10, 0, 2, 2);
    for (line, text) in [
        (Line::Lose, "lose"),
        (used(None, vec![]), "use 10.0.2.15/24"),
        (used(Some(near), vec![near, near]), "use 10.0.2.15/24 via 10.0.2.2 dns 10.0.2.2,10.0.2.2"),
    ] {
        assert_eq!(line.write(), text);
        assert_eq!(Line::read(text), Some(line));
    }
}

#[test]
fn nothing_else_is_read() {
    for text in [
        "",
        "lose it",
        "use",
        "use 10.0.2.15",
        "use 10.0.2.15/0",
        "use 10.0.2.15/33",
        "use 10.0.2.15/24 via",
        "use 10.0.2.15/24 dns 1.1.1.1,x",
        "use 10.0.2.15/24 dns 1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
        "use 10.0.2.15/24  ",
        "use ::1/24",
    ] {
        assert_eq!(Line::read(text), None, "{text:?}");
    }
}
