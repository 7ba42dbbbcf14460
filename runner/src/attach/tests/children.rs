//! Sessions in a process of their own, because terminals and signals belong to processes: this test program runs
//! itself again, with one test that is a client.

use super::*;
use crate::attach::SOCKET_NAME;
use nix::sys::signal::SigmaskHow;
use rustix::net::{SocketAddrUnix, accept, bind, listen, socket_with};
use rustix::process::{Pid, Signal as Kill, kill_process};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, OutputModes, Termios, Winsize, tcgetattr, tcsetwinsize};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The directory with the keeper's socket; only the client has it.
const DIRECTORY: &str = "LIMPET_TEST_ATTACH";
const CLIENT: &str = "attach::tests::children::the_client";

/// A directory whose path is too long for a socket's address, with a fake keeper that listens.
struct Place {
    root: PathBuf,
    dir: PathBuf,
    listener: OwnedFd,
}

impl Place {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("limpet-attach-{}-{name}", std::process::id()));
        let dir = root.join("long".repeat(40));
        std::fs::create_dir_all(&dir).unwrap();
        let flags = SocketFlags::CLOEXEC;
        let listener = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
        let short = root.join("s");
        bind(&listener, &SocketAddrUnix::new(&short).unwrap()).unwrap();
        listen(&listener, 1).unwrap();
        std::fs::rename(short, dir.join(SOCKET_NAME)).unwrap();
        Self { root, dir, listener }
    }

    /// Starts a client, with `session` before its command line, and waits until it has attached.
    fn attach(&self, session: &[&str], [stdin, stdout, stderr]: [Stdio; 3]) -> (Child, FakeKeeper) {
        let program = std::env::current_exe().unwrap();
        let mut words = session.iter().map(PathBuf::from).chain([program]);
        // The client inherits a mask that blocks them, so that no other thread of the test program takes them.
        let mask_before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK).unwrap();
        let child = Command::new(words.next().unwrap())
            .args(words)
            .args(["--exact", CLIENT, "--nocapture", "--test-threads=1", "--quiet"])
            .env(DIRECTORY, &self.dir)
            .stdin(stdin)
            .stdout(stdout)
            .stderr(stderr)
            .spawn();
        mask_before.thread_set_mask().unwrap();
        let child = child.unwrap();
        let keeper = FakeKeeper(accept(&self.listener).unwrap());
        assert_eq!(keeper.next(), "Attach { stdin: true }");
        keeper.say(&Reply::Done);
        (child, keeper)
    }

    fn outcome(&self) -> String {
        std::fs::read_to_string(self.dir.join("outcome")).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

fn kill(child: &Child, signal: Kill) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// The client's half of these tests; as a test of its own it does nothing.
#[test]
fn the_client() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let opened = rustix::fs::open(&dir, rustix::fs::OFlags::PATH, rustix::fs::Mode::empty()).unwrap();
    let (stdin, stdout, stderr) = (rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr());
    let session = Session {
        connection: Connection::open(opened.as_fd()).unwrap(),
        directory: Some(opened.as_fd()),
        ends_stdin: true,
        stdin: Some(stdin),
        stdout: Some(stdout),
        stderr: Some(stderr),
        terminal: rustix::termios::isatty(stdin).then_some(stdin),
        detach: DetachKeys::default(),
        proxy_signals: true,
    };
    let outcome = session.run(&mut no_notice);
    std::fs::write(Path::new(&dir).join("outcome"), format!("{outcome:?}")).unwrap();
}

/// A terminal, a client on it, and the fake keeper that it attached to.
struct Seat {
    place: Place,
    master: OwnedFd,
    slave: OwnedFd,
    before: Termios,
    client: Child,
    keeper: FakeKeeper,
}

impl Seat {
    fn new(name: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let slave =
            ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
                .unwrap();
        resize(&master, 24, 80);
        let before = tcgetattr(&slave).unwrap();
        let place = Place::new(name);
        let stdio = || Stdio::from(slave.try_clone().unwrap());
        let (client, keeper) = place.attach(&["setsid", "--ctty"], [stdio(), stdio(), stdio()]);
        assert_eq!(keeper.next(), format!("Resize({:?})", WindowSize { rows: 24, columns: 80 }));
        assert!(!before.local_modes.is_empty() && !is_same(&before, &tcgetattr(&slave).unwrap()));
        Self { place, master, slave, before, client, keeper }
    }

    fn types(&self, keys: &[u8]) {
        rustix::io::write(&self.master, keys).unwrap();
    }

    /// How the session ended, when the terminal is as it was.
    fn ended(mut self) -> String {
        assert!(self.client.wait().unwrap().success());
        assert!(is_same(&self.before, &tcgetattr(&self.slave).unwrap()), "the terminal is not restored");
        self.place.outcome()
    }
}

fn resize(master: &OwnedFd, ws_row: u16, ws_col: u16) {
    tcsetwinsize(master, Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

fn is_same(a: &Termios, b: &Termios) -> bool {
    a.local_modes == b.local_modes && a.input_modes == b.input_modes && a.output_modes == b.output_modes
}

#[test]
fn a_terminal_is_raw_is_resized_and_detaches() {
    let seat = Seat::new("raw");
    let raw = tcgetattr(&seat.slave).unwrap();
    assert!(!raw.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    assert!(!raw.output_modes.contains(OutputModes::OPOST));
    seat.types(b"hi\r\x03\x1a");
    assert_eq!(seat.keeper.next(), "Stdin([104, 105, 13, 3, 26])");
    let mut seen = [0; 512];
    seat.keeper.say(&Reply::Stdout(b"<out\n>"));
    let mut text = Vec::new();
    while !text.ends_with(b">") {
        let count = rustix::io::read(&seat.master, &mut seen).unwrap();
        text.extend_from_slice(&seen[..count]);
    }
    assert!(text.ends_with(b"<out\n>"), "{text:?}");
    resize(&seat.master, 50, 132);
    assert_eq!(seat.keeper.next(), "Resize(WindowSize { rows: 50, columns: 132 })");
    seat.types(b"\x10x");
    assert_eq!(seat.keeper.next(), "Stdin([16, 120])");
    seat.types(b"bye\x10");
    assert_eq!(seat.keeper.next(), "Stdin([98, 121, 101])");
    seat.types(b"\x11never");
    assert_eq!(seat.keeper.next(), "");
    assert_eq!(seat.ended(), "Ok(Detached)");
}

#[test]
fn a_terminal_is_restored_after_the_exit() {
    let seat = Seat::new("exit");
    seat.keeper.say(&Reply::Exited(exit(5)));
    assert!(seat.ended().starts_with("Ok(Exited(Exit { code: 5"));
}

#[test]
fn a_terminal_is_restored_after_signals_and_lost_keepers() {
    for (name, signal) in [("hup", Kill::HUP), ("int", Kill::INT), ("quit", Kill::QUIT), ("term", Kill::TERM)]
    {
        let seat = Seat::new(name);
        kill(&seat.client, signal);
        assert_eq!(seat.ended(), format!("Ok(Interrupted({}))", signal.as_raw()));
    }
    let mut seat = Seat::new("lost");
    seat.keeper = FakeKeeper::pair().0;
    assert_eq!(seat.ended(), "Ok(Lost)");
}

#[test]
fn a_terminal_is_raw_again_after_a_stop() {
    let seat = Seat::new("stop");
    let raw = tcgetattr(&seat.slave).unwrap();
    kill(&seat.client, Kill::STOP);
    rustix::termios::tcsetattr(&seat.slave, rustix::termios::OptionalActions::Now, &seat.before).unwrap();
    kill(&seat.client, Kill::CONT);
    assert_eq!(seat.keeper.next(), "Resize(WindowSize { rows: 24, columns: 80 })");
    assert!(is_same(&raw, &tcgetattr(&seat.slave).unwrap()));
    seat.keeper.say(&Reply::Exited(exit(0)));
    seat.ended();
}

/// Sends what the client takes, until it takes no more.
fn fill(keeper: &FakeKeeper, piece: &[u8]) -> usize {
    let mut sent_bytes = 0;
    for _ in 0..20 {
        while keeper.offer(&Reply::Stdout(piece)) {
            sent_bytes += piece.len();
        }
        thread::sleep(Duration::from_millis(10));
    }
    sent_bytes
}

#[test]
fn a_stall_on_both_sides_holds_no_signal_back() {
    let place = Place::new("stall");
    let ((stdin, mut stdin_end), (mut stdout, stdout_end)) = (pipe(), pipe());
    let (mut client, keeper) = place.attach(&[], [stdin.into(), stdout_end.into(), Stdio::inherit()]);
    let piece = [b'o'; STDIO_BYTES_MAX];
    let sent_bytes = fill(&keeper, &piece);
    assert!(sent_bytes < 2 << 20, "{sent_bytes} bytes went nowhere");
    // Ends when the client does, with a broken pipe: nobody took all that.
    let typist = thread::spawn(move || stdin_end.write_all(&[b'i'; 4 << 20]));
    thread::sleep(Duration::from_millis(200));
    let cpu_before = cpu_ticks(&client);
    for signal in [Kill::USR1, Kill::INT] {
        kill(&client, signal);
        let messenger = FakeKeeper(accept(&place.listener).unwrap());
        assert_eq!(messenger.next(), format!("Signal({})", signal.as_raw()));
    }
    // With its output blocked and its keeper gone it waits, and does not spin.
    drop(keeper);
    thread::sleep(Duration::from_millis(300));
    assert!(cpu_ticks(&client) - cpu_before < 10);
    let mut text = Vec::new();
    stdout.read_to_end(&mut text).unwrap();
    assert!(client.wait().unwrap().success());
    assert_eq!(text.iter().filter(|&&b| b == b'o').count() / piece.len(), sent_bytes / piece.len());
    assert_eq!(place.outcome(), "Ok(Lost)");
    assert!(typist.join().unwrap().is_err());
}

/// User and system time (proc_pid_stat(5), fields 14 and 15).
fn cpu_ticks(child: &Child) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
