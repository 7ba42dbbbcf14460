use super::*;
use rustix::net::{RecvFlags, bind, recv, socket};

fn heard(socket: &OwnedFd) -> String {
    let mut bytes = [0; BYTES_MAX];
    let (_, length) = recv(socket, &mut bytes[..], RecvFlags::DONTWAIT).expect("a datagram");
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[test]
fn the_listener_hears_that_all_is_well_at_half_its_patience() {
    let name = format!("limpet-notify-{}", std::process::id());
    let listener = socket(AddressFamily::UNIX, SocketType::DGRAM, None).expect("socket");
    bind(&listener, &SocketAddrUnix::new_abstract_name(name.as_bytes()).expect("name")).expect("bind");
    let variable = |wanted: &str| match wanted {
        "NOTIFY_SOCKET" => Some(format!("@{name}")),
        "WATCHDOG_USEC" => Some("10000000".to_owned()),
        _ => None,
    };
    let mut notifier = Notifier::from_environment(variable, 7, Tick(1000)).expect("notifier");
    notifier.ready("2 containers\nREADY=0");
    assert_eq!(heard(&listener), "READY=1\nSTATUS=2 containers READY=0");
    assert_eq!(notifier.deadline(), Some(Tick(1000)));
    notifier.beat(Tick(1000));
    assert_eq!(heard(&listener), "WATCHDOG=1");
    notifier.beat(Tick(5999));
    assert_eq!(notifier.deadline(), Some(Tick(6000)));
    notifier.stopping(3000);
    assert_eq!(heard(&listener), "STOPPING=1\nEXTEND_TIMEOUT_USEC=3000000");
}

#[test]
fn without_a_listener_it_is_silent_and_never_due() {
    let mut notifier = Notifier::from_environment(|_| None, 7, Tick(0)).expect("notifier");
    notifier.ready("");
    notifier.beat(Tick(1));
    assert_eq!(notifier.deadline(), None);
}

#[test]
fn a_watchdog_of_another_process_or_a_strange_one_is_none() {
    for (usec, pid, interval) in [
        (Some("4000000"), None, Some(2000)),
        (Some("4000000"), Some("7"), Some(2000)),
        (Some("4000000"), Some("8"), None),
        (Some("4000000"), Some("x"), None),
        (Some("1"), None, Some(1)),
        (Some("0"), None, None),
        (Some("-1"), None, None),
        (Some(""), None, None),
        (None, None, None),
    ] {
        assert_eq!(interval_ms(usec, pid, 7), interval, "{usec:?} {pid:?}");
    }
}

#[test]
fn a_listener_that_cannot_be_reached_is_an_error() {
    for path in ["relative", "/nonexistent/notify"] {
        let variable = |name: &str| (name == "NOTIFY_SOCKET").then(|| path.to_owned());
        assert!(Notifier::from_environment(variable, 7, Tick(0)).is_err(), "{path}");
    }
}
