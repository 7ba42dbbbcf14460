//! Through a proxy, which sees a name and a tunnel.

use super::Case;
use super::fake::Fake;
use super::parent::{Heard, Parent};
use super::usual::{deliver, prove};
use limpet_fetcher::proxy::ProxyVariables;
use limpet_sync::wire::{Purpose, Told};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

pub(crate) const CASES: &[Case] = &[
    ("through a proxy a change comes while a poll waits", tunnelled),
    ("a proxy that cuts silent connections off is asked again", impatient),
    ("a proxy that wants a password says so", closed),
];

/// A proxy that says yes to everybody, and what it was asked.
struct Proxy {
    at: String,
    asked: Receiver<String>,
    /// Both ends of each tunnel.
    open: Receiver<[TcpStream; 2]>,
}

impl Proxy {
    /// Every tunnel leads to `url`, whatever is asked for.
    fn new(url: &str, answer: &'static str) -> Self {
        let behind = url.trim_start_matches("https://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = format!("http://user:secret@{}", listener.local_addr().unwrap());
        let (said, asked) = channel();
        let (opened, open) = channel();
        std::thread::spawn(move || {
            for mut near in listener.incoming().map_while(Result::ok) {
                said.send(head(&mut near)).unwrap();
                near.write_all(answer.as_bytes()).unwrap();
                if !answer.contains(" 200 ") {
                    continue;
                }
                let far = TcpStream::connect(&behind).unwrap();
                carry(&near, &far);
                carry(&far, &near);
                opened.send([near, far]).unwrap();
            }
        });
        Self { at, asked, open }
    }

    fn follow(&self, fake: &Fake) -> Parent {
        let proxies = ProxyVariables { secure: self.at.clone(), ..ProxyVariables::default() };
        let purpose = Purpose::Follow { wait_s: 900, etag: None, backoff_ms: 0 };
        // A name that nobody can look up but the proxy.
        Parent::start_by("https://controller.invalid:8443", fake.pin, purpose, proxies)
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Until one of them ends.
fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut to).ok());
}

const YES: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

fn tunnelled() {
    let fake = Fake::new();
    let proxy = Proxy::new(&fake.url, YES);
    let mut parent = proxy.follow(&fake);
    prove(&fake, &mut parent).unchanged();
    let asked = proxy.asked.recv_timeout(super::HANG).unwrap();
    assert!(asked.starts_with("CONNECT controller.invalid:8443 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("proxy-authorization: basic dxnlcjpzzwnyzxq="), "{asked}");
    assert_eq!(parent.hear(), Heard::Connected);
    deliver(&fake.asked(), "\"b\"", b"state");
    assert_eq!(parent.hear_but(&Heard::Root(vec![1; 9])), Heard::Root(vec![2; 9]));
    assert_eq!(parent.hear(), Heard::Desired(b"state".to_vec()));
}

fn impatient() {
    let fake = Fake::new();
    let proxy = Proxy::new(&fake.url, YES);
    let mut parent = proxy.follow(&fake);
    prove(&fake, &mut parent).unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
    let _waits = fake.asked();
    for end in proxy.open.recv_timeout(super::HANG).unwrap() {
        end.shutdown(std::net::Shutdown::Both).unwrap();
    }
    parent.failing();
    parent.tell(&Told::Hurry);
    prove(&fake, &mut parent).unchanged();
    assert_eq!(parent.hear(), Heard::Connected);
}

fn closed() {
    let fake = Fake::new();
    let proxy =
        Proxy::new(&fake.url, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    let why = proxy.follow(&fake).failing();
    assert!(why.contains("the proxy wants a user and a password"), "{why}");
    assert!(fake.is_idle());
}
