//! Who and where the process is, what it inherited, and whom it sees.

use super::status::Status;
use super::{names, text};
use crate::report::{Fd, Ids, Process, Seen};
use rustix::fs::Mode;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::{env, fs};

/// The directory that is being read has a descriptor too: that one is left out.
pub(super) fn fds() -> Vec<Fd> {
    let mut fds: Vec<Fd> = names("/proc/self/fd").iter().filter_map(|number| fd(number)).collect();
    fds.sort_by_key(|fd| fd.number);
    fds
}

fn fd(number: &str) -> Option<Fd> {
    // Gone, if it was the directory's.
    let target = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
    Some(Fd { number: number.parse().ok()?, target: target.to_string_lossy().into_owned() })
}

pub(super) fn namespaces() -> BTreeMap<String, String> {
    let link = |name: String| {
        let target = fs::read_link(format!("/proc/self/ns/{name}")).ok()?;
        Some((name, target.to_string_lossy().into_owned()))
    };
    names("/proc/self/ns").into_iter().filter_map(link).collect()
}

pub(super) fn ids(status: &Status) -> Ids {
    Ids {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        groups: status.numbers("Groups"),
        uid_map: id_map("/proc/self/uid_map"),
        gid_map: id_map("/proc/self/gid_map"),
        setgroups: text("/proc/self/setgroups"),
    }
}

fn id_map(path: &str) -> Vec<[u64; 3]> {
    let line = |line: &str| {
        let mut numbers = line.split_whitespace().filter_map(|n| n.parse().ok());
        Some([numbers.next()?, numbers.next()?, numbers.next()?])
    };
    text(path).lines().filter_map(line).collect()
}

pub(super) fn process(status: &Status) -> Process {
    let umask = rustix::process::umask(Mode::empty());
    rustix::process::umask(umask);
    let names = rustix::system::uname();
    Process {
        args: env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect(),
        env: environment(),
        cwd: env::current_dir().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default(),
        hostname: names.nodename().to_string_lossy().into_owned(),
        domainname: names.domainname().to_string_lossy().into_owned(),
        umask: umask.as_raw_mode(),
        pid: rustix::process::getpid().as_raw_nonzero().get(),
        ppid: rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get()),
        sid: rustix::process::getsid(None).map_or(0, |pid| pid.as_raw_nonzero().get()),
        pgid: rustix::process::getpgrp().as_raw_nonzero().get(),
        terminals: [
            std::io::stdin().is_terminal(),
            std::io::stdout().is_terminal(),
            std::io::stderr().is_terminal(),
        ],
        exe: fs::read_link("/proc/self/exe")
            .map(|path| path.to_string_lossy().into_owned())
            .unwrap_or_default(),
        ignored_signals: status.bits("SigIgn"),
        blocked_signals: status.bits("SigBlk"),
    }
}

fn environment() -> Vec<String> {
    let mut env: Vec<String> =
        env::vars_os().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect();
    env.sort();
    env
}

pub(super) fn seen() -> Vec<Seen> {
    let mut seen: Vec<Seen> = names("/proc").iter().filter_map(|name| one(name.parse().ok()?)).collect();
    seen.sort_by_key(|process| process.pid);
    seen
}

/// `PID (name) STATE ...`; a name may hold anything, parentheses too.
fn one(pid: i32) -> Option<Seen> {
    let stat = text(&format!("/proc/{pid}/stat"));
    let (front, back) = stat.rsplit_once(") ")?;
    let name = front.split_once('(')?.1.to_owned();
    Some(Seen { pid, name, state: back.chars().take(1).collect() })
}
