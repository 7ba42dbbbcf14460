//! What the command line makes of a supervisor that is not there, hangs, or talks nonsense.

use super::*;
use limpet_protocol::control::LENGTH_BYTES;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

/// A directory of this test's own; removed at the end.
struct State(PathBuf);

impl State {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("limpet-control-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    /// A supervisor that lets one client in and does this with it.
    fn supervisor(&self, act: impl FnOnce(UnixStream) + Send + 'static) -> JoinHandle<()> {
        let listener = UnixListener::bind(self.0.join("control.sock")).expect("a socket");
        thread::spawn(move || act(listener.accept().expect("a client").0))
    }
}

impl Drop for State {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("its own directory");
    }
}

fn hello(version: u16) -> Vec<u8> {
    frame(&Hello { version, ..Hello::OURS }, HELLO_BYTES_MAX).expect("a frame")
}

fn bytes(reply: &Reply) -> Vec<u8> {
    frame(reply, REPLY_BYTES_MAX).expect("a frame")
}

fn read_frame(client: &mut UnixStream) -> Vec<u8> {
    let mut length = [0; LENGTH_BYTES];
    client.read_exact(&mut length).expect("a length");
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    client.read_exact(&mut bytes).expect("a frame");
    bytes
}

/// Greets and takes the request, as a supervisor does.
fn greet(client: &mut UnixStream) -> Request {
    client.write_all(&hello(Hello::OURS.version)).expect("sent");
    assert_eq!(value::<Hello>(&read_frame(client)), Ok(Hello::OURS));
    value(&read_frame(client)).expect("a request")
}

fn begin(state: &State) -> Result<Conversation, ControlError> {
    Conversation::with_within(&state.0, &Request::Ping, Duration::from_millis(300))
}

#[test]
fn nobody_there_is_said_with_what_to_do() {
    let state = State::new("absent");
    let error = begin(&state).expect_err("nobody");
    assert!(error.is_absence());
    let expected = format!(
        "no supervisor answers at {}/control.sock; start it with: systemctl start limpet, or: limpet supervise",
        state.0.display()
    );
    assert_eq!(error.to_string(), expected);
    // A socket that one left behind when it was killed.
    drop(UnixListener::bind(state.0.join("control.sock")).expect("a socket"));
    assert!(begin(&state).expect_err("nobody").is_absence());
    let nowhere = Conversation::with(&state.0.join("nowhere"), &Request::Ping);
    assert!(nowhere.is_err_and(|error| error.is_absence()));
}

#[test]
fn an_answer_comes_whole_however_it_is_cut() {
    let state = State::new("cut");
    let text = Reply::Text("x".repeat(100_000));
    let sent = [bytes(&Reply::Done), bytes(&text), bytes(&Reply::NoSuchApp)].concat();
    let supervisor = state.supervisor(move |mut client| {
        assert_eq!(greet(&mut client), Request::Ping);
        for piece in sent[..50].chunks(1).chain(sent[50..].chunks(4099)) {
            client.write_all(piece).expect("sent");
        }
    });
    let mut conversation = begin(&state).expect("let in");
    for expected in [Reply::Done, text, Reply::NoSuchApp] {
        assert_eq!(conversation.hear(None, None).expect("an answer"), Heard::Reply(expected));
    }
    assert!(matches!(conversation.hear(None, None), Err(ControlError::Gone)));
    supervisor.join().expect("no panic");
}

#[test]
fn a_supervisor_that_hangs_is_not_waited_for() {
    for greets in [false, true] {
        let state = State::new(if greets { "mute" } else { "hangs" });
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let supervisor = state.supervisor(move |mut client| {
            if greets {
                greet(&mut client);
            }
            wait.recv().ok();
        });
        let begun = Instant::now();
        let outcome =
            begin(&state).and_then(|mut conversation| conversation.first_within(Duration::from_millis(300)));
        assert!(matches!(outcome, Err(ControlError::Silent)), "{outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(done);
        supervisor.join().expect("no panic");
    }
}

#[test]
fn one_that_lets_nobody_in_or_is_another_program_is_said() {
    let state = State::new("closed");
    let supervisor = state.supervisor(drop);
    assert!(matches!(begin(&state), Err(ControlError::TurnedAway)));
    supervisor.join().expect("no panic");
    for (name, greeting, expected) in [
        ("older", hello(Hello::OURS.version + 1), "of the control protocol, this command version"),
        ("foreign", frame(&Hello { magic: *b"HTTP", version: 1 }, 64).expect("a frame"), "is no limpet"),
        ("garbage", b"HTTP/1.1 400 Bad Request\r\n".to_vec(), "is not understood"),
    ] {
        let state = State::new(name);
        let supervisor = state.supervisor(move |mut client| client.write_all(&greeting).expect("sent"));
        let error = begin(&state).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
        supervisor.join().expect("no panic");
    }
}

#[test]
fn what_is_told_while_something_else_is_waited_for_stays() {
    let state = State::new("other");
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let supervisor = state.supervisor(move |mut client| {
        greet(&mut client);
        let done = bytes(&Reply::Done);
        client.write_all(&done[..2]).expect("sent");
        wait.recv().expect("told");
        client.write_all(&done[2..]).expect("sent");
    });
    let mut conversation = begin(&state).expect("let in");
    let soon = || Some(Instant::now() + Duration::from_millis(50));
    assert_eq!(conversation.hear(soon(), None).expect("no trouble"), Heard::TimeOut);
    let (mut ours, theirs) = UnixStream::pair().expect("a pair");
    ours.write_all(b"!").expect("sent");
    let other = rustix::fd::AsFd::as_fd(&theirs);
    assert_eq!(conversation.hear(None, Some(other)).expect("no trouble"), Heard::Other);
    go.send(()).expect("heard");
    assert_eq!(conversation.hear(None, None).expect("an answer"), Heard::Reply(Reply::Done));
    supervisor.join().expect("no panic");
}
