//! Clients of the control socket that mean ill, or do not know better: nobody else notices them, and they get nothing.
//!
//! What they say is written here by hand, as somebody else's program would: length (32 bits, little endian), postcard.

use native_tests::{App, Limpet, Supervisor, until};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

/// `protocol::control::CLIENTS_MAX` and `FOLLOWERS_MAX`.
const CLIENTS_MAX: usize = 16;
const FOLLOWERS_MAX: usize = CLIENTS_MAX / 2;
/// Several times the time that a client has: whoever is not let go by then is not let go.
const HANG: Duration = Duration::from_secs(60);
/// Of nobody in particular.
const STRANGER: u32 = 65533;
/// Of a group that no board has.
const MEMBERS: u32 = 65532;

fn frame(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short").to_le_bytes();
    [&length[..], bytes].concat()
}

fn greeting() -> Vec<u8> {
    frame(b"LMPT\x02")
}

/// A greeting, and then this.
fn greeted(bytes: &[u8]) -> Vec<u8> {
    [&greeting()[..], bytes].concat()
}

const PING: &[u8] = &[0];
const REPORT: &[u8] = &[1];
const FOLLOW: &[u8] = &[7, 1];

/// What they say. None of it is a whole request.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", Vec::new()),
        ("half a length", vec![5, 0]),
        ("half a greeting", greeting()[..6].to_vec()),
        ("a huge greeting", u32::MAX.to_le_bytes().to_vec()),
        ("garbage", [0x5a; 512].to_vec()),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: board\r\n\r\n".to_vec()),
        ("another version", frame(b"LMPT\x01")),
        ("another protocol", frame(b"HTTP\x01")),
        ("no request", greeted(&[])),
        ("half a request", greeted(&[200, 0, 0, 0, 1, 2, 3])),
        ("most of a large request", greeted(&[&(1_u32 << 20).to_le_bytes()[..], &[7; 100_000]].concat())),
        ("a request of no bytes", greeted(&frame(&[]))),
        ("a huge request", greeted(&u32::MAX.to_le_bytes())),
        ("a request that there is not", greeted(&frame(&[99, 1, 2, 3]))),
        ("an app that is none", greeted(&frame(&[&[2][..], &[0xff; 300]].concat()))),
        ("a name that is a path", greeted(&frame(b"\x04\x09../../etc\x00"))),
    ]
}

fn connect(limpet: &Limpet) -> UnixStream {
    let client = UnixStream::connect(limpet.state().join("control.sock")).expect("it listens");
    client.set_read_timeout(Some(HANG)).expect("a time");
    client.set_write_timeout(Some(HANG)).expect("a time");
    client
}

/// One who has said this, as far as it was listened to.
fn says(limpet: &Limpet, bytes: &[u8]) -> UnixStream {
    let mut client = connect(limpet);
    let _ = client.write_all(bytes);
    client
}

/// What comes until the connection ends.
fn heard(what: &str, mut client: &UnixStream) -> String {
    let mut bytes = Vec::new();
    match client.read_to_end(&mut bytes) {
        Ok(_) => {}
        // Closed with something unread, which is the supervisor's good right.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{what}: {error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Descriptors that it has open.
fn descriptors(supervisor: &Supervisor<'_>) -> usize {
    fs::read_dir(format!("/proc/{}/fd", supervisor.pid())).expect("it runs").count()
}

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).expect("a pid is positive"), Signal::KILL).expect("it runs");
}

#[test]
fn whoever_talks_nonsense_is_told_so_or_let_go() {
    let limpet = Limpet::new();
    let supervisor = Supervisor::start(&limpet);
    let before = descriptors(&supervisor);
    let clients: Vec<_> = nonsense().into_iter().map(|(what, bytes)| (what, says(&limpet, &bytes))).collect();
    for (what, client) in &clients {
        let heard = heard(what, client);
        let answer = match *what {
            "another version" => "restart the older one",
            "a request of no bytes" | "a request that there is not" | "an app that is none" => {
                "not understood"
            }
            "a name that is a path" => "no app has such a name",
            _ => "LMPT",
        };
        assert!(heard.contains(answer), "{what}: {heard:?}");
    }
    drop(clients);
    until("nothing of them is left", || (descriptors(&supervisor) == before).then_some(()));
    assert!(heard("ping", &says(&limpet, &greeted(&frame(PING)))).len() > greeting().len());
    supervisor.leave();
}

/// Everybody at once: all that is nonsense, those who ask and take no answer, and more of them than there are places.
fn crowd(limpet: &Limpet) -> Vec<UnixStream> {
    let follow = greeted(&frame(FOLLOW));
    let mut crowd: Vec<_> = (0..2 * FOLLOWERS_MAX).map(|_| says(limpet, &follow)).collect();
    crowd.extend((0..CLIENTS_MAX).map(|_| says(limpet, &greeted(&frame(REPORT)))));
    crowd.extend((0..2).flat_map(|_| nonsense()).map(|(_, bytes)| says(limpet, &bytes)));
    crowd.extend((0..CLIENTS_MAX).map(|_| connect(limpet)));
    crowd
}

/// Does it with a fresh crowd around.
fn amid<T>(limpet: &Limpet, act: impl FnOnce() -> T) -> T {
    let _crowd = crowd(limpet);
    act()
}

#[test]
fn amid_hostile_clients_the_board_is_served() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let before = descriptors(&supervisor);
    limpet.detached(&["--name", "cc", "--restart", "always", "busybox", "sleep", "1000"]);
    let pid = limpet.pid_of("cc").expect("it runs");

    amid(&limpet, || {
        kill(pid);
        limpet.until_runs_anew("cc", pid);
    });
    // On stderr it would say that it could not ask.
    amid(&limpet, || assert_eq!(limpet.ok(&["ps", "--format", "{{.Names}}"]).stderr, ""));
    amid(&limpet, || assert!(limpet.ok(&["stats", "--no-stream"]).stdout.contains("cc")));
    let app = App::new(&limpet, "shop", &App::service("web", &["restart: always"]));
    amid(&limpet, || app.up());
    assert_eq!(app.diary(), ["web begun"]);
    let web = limpet.pid_of("shop-web-1").expect("it runs");
    amid(&limpet, || {
        kill(web);
        limpet.until_runs_anew("shop-web-1", web);
    });
    amid(&limpet, || limpet.ok(&["app", "ps", "shop"]));
    amid(&limpet, || app.down());
    limpet.ok(&["stop", "-t", "0", "cc"]);
    limpet.ok(&["start", "cc"]);
    limpet.ok(&["rm", "-f", "cc"]);
    until("nothing of them is left", || (descriptors(&supervisor) == before).then_some(()));
    supervisor.leave();
}

#[test]
fn who_follows_the_events_and_takes_none_is_one_of_few() {
    let limpet = Limpet::new();
    let _supervisor = Supervisor::start(&limpet);
    let follow = greeted(&frame(FOLLOW));
    let seated: Vec<_> = (0..FOLLOWERS_MAX).map(|_| says(&limpet, &follow)).collect();
    let late = heard("one too many", &says(&limpet, &follow));
    assert!(late.contains("follow the events already"), "{late:?}");
    drop(seated);
    until("there is a place again", || {
        let mut next = says(&limpet, &follow);
        next.set_read_timeout(Some(Duration::from_millis(300))).expect("a time");
        let mut bytes = Vec::new();
        // It goes on, so its time is over before its end.
        next.read_to_end(&mut bytes).is_err().then_some(())
    });
}

/// All who may ask wait for an app that is never well, and the person at the console still gets in.
#[test]
fn those_who_wait_for_ever_give_way() {
    let limpet = Limpet::with(&["busybox"]);
    let supervisor = Supervisor::start(&limpet);
    let before = descriptors(&supervisor);
    let never = ["healthcheck: {test: \"false\", interval: 1h, start_period: 1h, start_interval: 1h}"];
    let app = App::new(&limpet, "shop", &App::service("web", &never));
    let follow = greeted(&frame(FOLLOW));
    let followers: Vec<_> = (0..FOLLOWERS_MAX).map(|_| says(&limpet, &follow)).collect();
    let mut waiting: Vec<_> = (0..CLIENTS_MAX - FOLLOWERS_MAX)
        .map(|_| {
            let mut command = limpet.command(&["up", "-f", app.file()]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("limpet starts")
        })
        .collect();
    // A descriptor for the connection, and one to see it end.
    until("all places are taken", || (descriptors(&supervisor) >= before + 2 * CLIENTS_MAX).then_some(()));
    until("web runs", || limpet.pid_of("shop-web-1"));
    // On stderr it would say that it could not ask.
    assert_eq!(limpet.ok(&["ps", "--format", "{{.Names}}"]).stderr, "");
    assert_eq!(limpet.ok(&["app", "ls", "-q"]).text(), "shop");
    drop(followers);
    for child in &mut waiting {
        child.kill().ok();
        child.wait().expect("a child can be waited for");
    }
    app.down();
    supervisor.leave();
}

/// `limpet VERB` of somebody else: a user with these groups and nothing more.
fn as_user(limpet: &Limpet, groups: &str, verb: &[&str]) -> Command {
    let ours = limpet.command(verb);
    let mut command = Command::new("setpriv");
    let user = STRANGER.to_string();
    command.args(["--reuid", &user, "--regid", &user, "--groups", groups, "--inh-caps=-all"]);
    command.arg(ours.get_program()).args(ours.get_args());
    command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

#[test]
fn a_stranger_is_refused_and_a_member_is_not() {
    let limpet = Limpet::new();
    // The board's own list of groups stays as it is: the supervisor alone sees another.
    let groups = limpet.home().join("group");
    fs::write(&groups, format!("root:x:0:\nlimpet:x:{MEMBERS}:\n")).expect("the directory is ours");
    let ours = limpet.command(&["supervise"]);
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", "mount --bind \"$0\" /etc/group && exec \"$@\""]).arg(&groups);
    command.arg(ours.get_program()).args(ours.get_args());
    let mut supervisor = Supervisor::run(&limpet, command);
    supervisor.until_told("READY=1");

    let ask = |groups: &str| native_tests::Outcome::of(&mut as_user(&limpet, groups, &["app", "ls"]));
    let stranger = ask("65531");
    assert!(
        stranger.code != 0 && stranger.stderr.contains("is for root and the group limpet"),
        "{stranger:?}"
    );
    let member = ask(&format!("65531,{MEMBERS}"));
    assert_eq!(member.code, 0, "{member:?}");

    // The mode is not all that stands between.
    let socket = limpet.state().join("control.sock");
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).expect("the socket is ours");
    let stranger = ask("65531");
    assert!(stranger.code != 0 && stranger.stderr.contains("of root and the group limpet"), "{stranger:?}");
    assert_eq!(ask(&MEMBERS.to_string()).code, 0);
    assert_eq!(limpet.ok(&["app", "ls", "-q"]).stdout, "");
    supervisor.leave();
}
