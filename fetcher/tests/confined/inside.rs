//! The process that tries to get out. One line for each attempt: `done`, or `refused` and why.

use limpet_fetcher::confine::{FETCH_ID, confine};
use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketType, socket};
use rustix::process::Pid;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// The last attempt.
pub(crate) const END: &str = "end";

/// `secret` is a file that anybody may read, `port` a port of this machine that somebody listens on.
pub(crate) fn main(secret: &str, port: &str) -> ExitCode {
    let parent = rustix::process::getppid().unwrap();
    if let Err(error) = confine(FETCH_ID) {
        eprintln!("{error}: {:?}", std::error::Error::source(&error));
        return ExitCode::FAILURE;
    }
    files(secret, parent);
    programs();
    others(parent);
    sockets(port);
    tell("random numbers", rustix::rand::getrandom(&mut [0; 16][..], rustix::rand::GetRandomFlags::empty()));
    tell(END, Ok::<_, io::Error>(()));
    // Until it was looked at from outside.
    let waited = io::stdin().read(&mut [0]);
    if waited.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell<T, E: Into<io::Error>>(attempt: &str, outcome: Result<T, E>) {
    let answer = match outcome {
        Ok(_) => "done".to_owned(),
        Err(error) => format!("refused ({})", error.into()),
    };
    println!("{attempt}: {answer}");
}

fn files(secret: &str, parent: Pid) {
    tell("open a file of the board", File::open(secret));
    tell("open it from the root", File::open("/etc/passwd"));
    tell("climb to it", File::open(format!("../../../../../..{secret}")));
    tell("list the board's root", fs::read_dir("/usr"));
    tell("open by the parent's root", File::open(format!("/proc/{}/root{secret}", parent.as_raw_nonzero())));
    tell("make a file", File::create("/new"));
    tell("make a file in its own directory", File::create("/etc/new"));
    tell("write to its own file", OpenOptions::new().append(true).open("/etc/hosts"));
    tell("remove its own file", fs::remove_file("/etc/hosts"));
    tell("make a directory", fs::create_dir("/new"));
    tell("make a link", fs::hard_link("/etc/hosts", "/etc/link"));
    tell("change a mode", rustix::fs::chmod("/etc/hosts", Mode::from(0o777)));
    tell("read the addresses of hosts", File::open("/etc/hosts"));
}

fn programs() {
    tell("execute a program", Err::<(), _>(Command::new("/bin/true").exec()));
    tell("execute itself", Err::<(), _>(Command::new("/proc/self/exe").exec()));
    tell("fork", Command::new("/bin/true").spawn());
}

fn others(parent: Pid) {
    tell("mount", rustix::mount::mount("x", "/etc", "tmpfs", rustix::mount::MountFlags::empty(), None));
    tell("make namespaces", limpet_sys::confine::own_namespaces());
    let root = rustix::process::Uid::ROOT;
    tell("become root", rustix::thread::set_thread_res_uid(root, root, root));
    tell("signal its parent", rustix::process::kill_process(parent, rustix::process::Signal::TERM));
    tell("trace its parent", rustix::process::pidfd_open(parent, rustix::process::PidfdFlags::empty()));
    for trial in limpet_sys::probe::TRIALS {
        let outcome = trial.attempt().map_err(|errno| io::Error::from_raw_os_error(errno as i32));
        tell(&format!("trial {}", trial.name()), outcome);
    }
}

fn sockets(port: &str) {
    let family = |family| socket(family, SocketType::DGRAM, None);
    tell("a unix socket", family(AddressFamily::UNIX));
    tell("a netlink socket", family(AddressFamily::NETLINK));
    tell("a packet socket", family(AddressFamily::PACKET));
    tell("listen on a port", TcpListener::bind("127.0.0.1:0"));
    tell("find localhost", ("localhost", 80).to_socket_addrs());
    // With a time limit, as the client does it.
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    tell("connect to a port", TcpStream::connect_timeout(&address, std::time::Duration::from_secs(5)));
}
