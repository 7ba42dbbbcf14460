//! Sessions against a fake keeper: in this process over a socket pair, and in a child with a terminal of its own.

use super::detach::Matcher;
use super::{Connection, DetachKeys, Error, Notice, Outcome, Session, request, wait};
use limpet_protocol::exit::Exit;
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply, Request, STDIO_BYTES_MAX};
use limpet_protocol::launch::WindowSize;
use nix::sys::signal::{SigSet, Signal, raise};
use rustix::fd::{AsFd, OwnedFd};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

mod children;

/// The keeper's end of one connection.
struct FakeKeeper(OwnedFd);

impl FakeKeeper {
    fn pair() -> (Self, Connection) {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        (Self(ours), Connection::from_socket(theirs))
    }

    /// Its next request, as text; empty when the client has gone. It must come within a while.
    fn next(&self) -> String {
        set_socket_timeout(&self.0, Timeout::Recv, Some(Duration::from_secs(20))).unwrap();
        let mut buffer = [0; PACKET_BYTES_MAX];
        let (_, count) = recv(&self.0, &mut buffer, RecvFlags::empty()).unwrap();
        if count == 0 {
            return String::new();
        }
        format!("{:?}", postcard::from_bytes::<Request<'_>>(&buffer[..count]).unwrap())
    }

    /// False if the client's queue is full.
    fn offer(&self, reply: &Reply<'_>) -> bool {
        let packet = postcard::to_allocvec(reply).unwrap();
        match send(&self.0, &packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::AGAIN) => false,
            result => result.unwrap() > 0,
        }
    }

    fn say(&self, reply: &Reply<'_>) {
        let packet = postcard::to_allocvec(reply).unwrap();
        send(&self.0, &packet, SendFlags::NOSIGNAL).unwrap();
    }
}

fn exit(code: u8) -> Exit {
    Exit { code, oom_killed: false, started_ns: 1, finished_ns: 2, memory_peak_bytes: 3, error: None }
}

fn pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    std::io::pipe().unwrap()
}

fn session(connection: Connection) -> Session<'static> {
    Session {
        connection,
        directory: None,
        ends_stdin: true,
        stdin: None,
        stdout: None,
        stderr: None,
        terminal: None,
        detach: DetachKeys::default(),
        proxy_signals: false,
    }
}

fn no_warning(text: &str) {
    panic!("warned: {text}");
}

fn no_notice(notice: Notice<'_>) {
    if let Notice::Warning(text) = notice {
        no_warning(text);
    }
}

fn warning(notice: Notice<'_>) -> Option<String> {
    match notice {
        Notice::Warning(text) => Some(text.to_owned()),
        Notice::Started => None,
    }
}

/// What reaches the container of keys typed one read at a time, and whether they detached.
fn typed(keys: &[u8], reads: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut matcher = Matcher::new(DetachKeys::from_bytes(keys));
    let mut out = Vec::new();
    let detached = reads.iter().any(|read| matcher.feed(read, &mut out));
    if !detached {
        matcher.end(&mut out);
    }
    (out, detached)
}

#[test]
fn detach_keys_are_found_in_any_pieces() {
    assert_eq!(typed(b"\x10\x11", &[b"ab\x10\x11rest"]), (b"ab".to_vec(), true));
    assert_eq!(typed(b"\x10\x11", &[b"ab\x10", b"\x11"]), (b"ab".to_vec(), true));
    assert_eq!(typed(b"\x10\x11", &[b"\x10", b"\x10", b"\x11"]), (b"\x10".to_vec(), true));
    assert_eq!(typed(b"\x10\x11", &[b"\x10", b"x\x11"]), (b"\x10x\x11".to_vec(), false));
    assert_eq!(typed(b"\x10\x11", &[b"x\x10"]), (b"x\x10".to_vec(), false));
    assert_eq!(typed(b"abac", &[b"ababac"]), (b"ab".to_vec(), true));
    assert_eq!(typed(b"aab", &[b"aaab"]), (b"a".to_vec(), true));
    let mut out = Vec::new();
    assert!(!Matcher::new(DetachKeys::none()).feed(b"\x10\x11", &mut out) && out == b"\x10\x11");
}

#[test]
fn output_is_relayed_to_its_stream_and_then_the_exit() {
    let (keeper, connection) = FakeKeeper::pair();
    let ((mut out, out_end), (mut err, err_end)) = (pipe(), pipe());
    let fake = thread::spawn(move || {
        assert_eq!(keeper.next(), "Attach { stdin: false }");
        keeper.say(&Reply::Done);
        keeper.say(&Reply::Started);
        for _ in 0..20 {
            keeper.say(&Reply::Stdout(&[b'o'; STDIO_BYTES_MAX]));
            keeper.say(&Reply::Stderr(b"err"));
            keeper.say(&Reply::Stdout(b""));
        }
        keeper.say(&Reply::Exited(exit(7)));
    });
    let client = thread::spawn(move || {
        let mut session = session(connection);
        (session.stdout, session.stderr) = (Some(out_end.as_fd()), Some(err_end.as_fd()));
        session.run(&mut no_notice).unwrap()
    });
    let mut text = Vec::new();
    out.read_to_end(&mut text).unwrap();
    assert_eq!(text, vec![b'o'; 20 * STDIO_BYTES_MAX]);
    text.clear();
    err.read_to_end(&mut text).unwrap();
    assert_eq!(text, b"err".repeat(20));
    assert_eq!(client.join().unwrap(), Outcome::Exited(exit(7)));
    fake.join().unwrap();
}

#[test]
fn stdin_is_relayed_to_its_end_and_detach_keys_mean_nothing_there() {
    let (keeper, connection) = FakeKeeper::pair();
    let (stdin, mut stdin_end) = pipe();
    let fake = thread::spawn(move || {
        assert_eq!(keeper.next(), "Attach { stdin: true }");
        stdin_end.write_all(b"a\x10\x11").unwrap();
        assert_eq!(keeper.next(), "Stdin([97, 16, 17])");
        drop(stdin_end);
        assert_eq!(keeper.next(), "StdinEnd");
        keeper.say(&Reply::Exited(exit(0)));
    });
    let mut session = session(connection);
    session.stdin = Some(stdin.as_fd());
    assert_eq!(session.run(&mut no_notice).unwrap(), Outcome::Exited(exit(0)));
    fake.join().unwrap();
}

#[test]
fn the_end_of_stdin_is_passed_on_only_where_it_ends_the_containers() {
    for ends_stdin in [true, false] {
        let (read, write) = pipe();
        drop(write);
        let mut input = super::input::Input::new(Some(read.as_fd()), ends_stdin, DetachKeys::none());
        input.read(&mut no_warning).unwrap();
        input.prepare().unwrap();
        assert_eq!(input.waits(), ends_stdin);
        assert!(input.wanted().is_none(), "what has ended is not read again");
    }
}

#[test]
fn a_file_on_stdin_arrives_whole() {
    let content: Vec<u8> = (0..500_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let file = rustix::fs::memfd_create("stdin", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    rustix::io::pwrite(&file, &content, 0).unwrap();
    let (keeper, connection) = FakeKeeper::pair();
    let fake = thread::spawn(move || {
        let mut got = Vec::new();
        let mut buffer = [0; PACKET_BYTES_MAX];
        loop {
            let (_, count) = recv(&keeper.0, &mut buffer, RecvFlags::empty()).unwrap();
            match postcard::from_bytes(&buffer[..count]).unwrap() {
                Request::Stdin(bytes) => got.extend_from_slice(bytes),
                Request::StdinEnd => break,
                _ => {}
            }
        }
        keeper.say(&Reply::Exited(exit(0)));
        got
    });
    let mut session = session(connection);
    session.stdin = Some(file.as_fd());
    assert_eq!(session.run(&mut no_notice).unwrap(), Outcome::Exited(exit(0)));
    assert!(fake.join().unwrap() == content);
}

#[test]
fn signals_go_to_the_container_and_the_mask_comes_back() {
    let (keeper, connection) = FakeKeeper::pair();
    let fake = thread::spawn(move || {
        let requests = [keeper.next(), keeper.next(), keeper.next()];
        keeper.say(&Reply::Done);
        keeper.say(&Reply::Refused("no such process".to_owned()));
        keeper.say(&Reply::Exited(exit(0)));
        requests
    });
    let set: SigSet = [Signal::SIGUSR1, Signal::SIGTERM].into_iter().collect();
    set.thread_block().unwrap();
    raise(Signal::SIGTERM).unwrap();
    raise(Signal::SIGUSR1).unwrap();
    let mut warnings = Vec::new();
    let mut session = session(connection);
    session.proxy_signals = true;
    let outcome = session.run(&mut |notice| warnings.extend(warning(notice))).unwrap();
    assert_eq!(outcome, Outcome::Exited(exit(0)));
    assert_eq!(fake.join().unwrap(), ["Attach { stdin: false }", "Signal(10)", "Signal(15)"]);
    assert_eq!(warnings, ["no such process"]);
    assert_eq!(SigSet::thread_get_mask().unwrap(), set);
}

#[test]
fn the_end_of_a_keeper_and_of_a_reader_are_told_apart() {
    let (keeper, connection) = FakeKeeper::pair();
    keeper.say(&Reply::Stdout(b"last words"));
    drop(keeper);
    let (mut out, out_end) = pipe();
    let mut lost = session(connection);
    lost.stdout = Some(out_end.as_fd());
    assert_eq!(lost.run(&mut no_notice).unwrap(), Outcome::Lost);
    let mut words = [0; 10];
    out.read_exact(&mut words).unwrap();
    assert_eq!(&words, b"last words");

    let (keeper, connection) = FakeKeeper::pair();
    let fake = thread::spawn(move || drop((keeper.next(), keeper.0)));
    assert_eq!(session(connection).run(&mut no_notice).unwrap(), Outcome::Lost);
    fake.join().unwrap();

    drop(out);
    let (keeper, connection) = FakeKeeper::pair();
    keeper.say(&Reply::Stdout(b"x"));
    let mut closed = session(connection);
    closed.stdout = Some(out_end.as_fd());
    assert_eq!(closed.run(&mut no_notice).unwrap(), Outcome::OutputClosed);
}

#[test]
fn what_a_keeper_said_before_it_went_is_heard_even_by_those_who_ask_after() {
    let gone = || {
        let (keeper, connection) = FakeKeeper::pair();
        keeper.say(&Reply::Exited(exit(125)));
        connection
    };
    assert_eq!(session(gone()).run(&mut no_notice).unwrap(), Outcome::Exited(exit(125)));
    assert_eq!(wait(&gone()).unwrap(), exit(125));
    request(&gone(), &Request::Stop { signal: None, grace_ms: None }).unwrap();
    // What it cannot have done is not taken for done.
    assert!(matches!(request(&gone(), &Request::Signal(1)), Err(Error::Gone)));
}

#[test]
fn what_is_no_reply_is_refused() {
    for (packet, malformed) in
        [(vec![0xff], true), (vec![0, 0], true), (vec![1; PACKET_BYTES_MAX + 1], true), (vec![4], false)]
    {
        let (keeper, connection) = FakeKeeper::pair();
        send(&keeper.0, &packet, SendFlags::empty()).unwrap();
        let result = request(&connection, &Request::Signal(15));
        assert_eq!(matches!(result, Err(Error::Malformed)), malformed, "{result:?}");
    }
    let (keeper, connection) = FakeKeeper::pair();
    keeper.say(&Reply::Refused("one client too many".to_owned()));
    let refused = session(connection).run(&mut no_notice).unwrap_err();
    assert_eq!(refused.to_string(), "one client too many");
}

#[test]
fn short_conversations() {
    let (keeper, connection) = FakeKeeper::pair();
    for reply in [
        Reply::Started,
        Reply::Exited(exit(3)),
        Reply::Done,
        Reply::Refused("no".to_owned()),
        Reply::Exited(exit(9)),
    ] {
        keeper.say(&reply);
    }
    assert_eq!(wait(&connection).unwrap(), exit(3));
    request(&connection, &Request::Signal(1)).unwrap();
    assert!(matches!(request(&connection, &Request::Signal(1)), Err(Error::Refused(why)) if why == "no"));
    request(&connection, &Request::Stop { signal: None, grace_ms: None }).unwrap();
    assert_eq!([keeper.next(), keeper.next()], ["Wait", "Signal(1)"]);
    drop(keeper);
    assert!(matches!(wait(&connection), Err(Error::Gone)));
}
