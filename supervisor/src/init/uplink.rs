//! `limpet uplink [WISH...]`: the board's own way to a network, by DHCP or by fixed addresses.
//!
//! In: [`wish`]es, and what the kernel says of its interfaces. Out: interfaces that are up, with an address and a default
//! route, and `/etc/resolv.conf`. What parses the words of strangers is a process of its own, [`lease`].
//!
//! Interfaces come and go (USB, drivers that load late); each change of one wakes this process, which then looks at all
//! and does what is missing ([`links`]). PID 1 starts it again should it end.

mod dhcp;
mod lease;
mod links;
mod seen;
pub(super) mod wish;

use lease::Line;
use links::{Act, Held, Seen};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::net::{RecvFlags, recv};
use std::ffi::OsString;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use wish::{Settings, Wish};

/// The hidden verb of this process.
pub const VERB: &str = "uplink";
/// The hidden verb of the process that speaks DHCP.
pub const LEASE_VERB: &str = "lease";

const CLIENT_PORT: u16 = 68;
/// Longest line that the process may say, which needs less than half.
const LINE_BYTES_MAX: usize = 256;
const RESOLVER_FILE: &str = "/etc/resolv.conf";
/// After this, a process that speaks DHCP and has ended is started again.
const RESTART_PAUSE: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// `limpet uplink`
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let texts: Vec<String> = arguments.filter_map(|argument| argument.into_string().ok()).collect();
    let wishes: std::result::Result<Vec<Wish>, &str> = texts.iter().map(|text| wish::parse(text)).collect();
    let ended = wishes.map_err(str::to_owned).and_then(|wishes| {
        let mut uplink = Uplink::open(wishes).map_err(|errno| errno.to_string())?;
        uplink.serve().map_err(|errno| errno.to_string())
    });
    let Err(error) = ended;
    crate::screen::complain(&format!("uplink: {error}"));
    ExitCode::FAILURE
}

/// `limpet lease`
pub fn lease_main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    lease::main(arguments)
}

/// A process that speaks DHCP on one interface.
struct Leasing {
    interface: String,
    child: Child,
    stdout: ChildStdout,
    /// The beginning of a line.
    pending: Vec<u8>,
    used: Option<(Ipv4Addr, u8)>,
}

struct Uplink {
    wishes: Vec<Wish>,
    watch: OwnedFd,
    leasing: Vec<Leasing>,
    fixed: Vec<String>,
}

impl Uplink {
    fn open(wishes: Vec<Wish>) -> Result<Self> {
        Ok(Self { wishes, watch: limpet_sys::link::watch()?, leasing: Vec::new(), fixed: Vec::new() })
    }

    fn serve(&mut self) -> Result<std::convert::Infallible> {
        loop {
            for act in links::decide(&self.wishes, &seen::all(), &self.held()) {
                self.carry_out(act);
            }
            self.wait()?;
        }
    }

    fn held(&self) -> Vec<Held> {
        let leasing =
            self.leasing.iter().map(|leasing| Held { name: leasing.interface.clone(), is_leasing: true });
        let fixed = self.fixed.iter().map(|name| Held { name: name.clone(), is_leasing: false });
        leasing.chain(fixed).collect()
    }

    fn carry_out(&mut self, act: Act) {
        let (what, done) = match act {
            Act::BringUp(name) => (format!("bringing {name} up"), limpet_sys::link::bring_up(&name)),
            Act::Fix(name, fixed) => {
                self.fixed.push(name.clone());
                (format!("giving {name} its address"), apply(&name, &fixed))
            }
            Act::Lease(seen) => (format!("asking for an address on {}", seen.name), self.lease(&seen)),
            Act::Forget(name) => {
                self.forget(&name);
                return;
            }
        };
        if let Err(errno) = done {
            super::say::failed(&what, errno);
        }
    }

    fn lease(&mut self, seen: &Seen) -> Result<()> {
        let socket = limpet_sys::link::datagram_socket(&seen.name, CLIENT_PORT)?;
        let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let mut command = Command::new("/proc/self/exe");
        command.args([LEASE_VERB, &seen.hardware, &host_name]).stdin(socket).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        let Some(stdout) = child.stdout.take() else { return Err(Errno::PIPE) };
        self.leasing.push(Leasing {
            interface: seen.name.clone(),
            child,
            stdout,
            pending: Vec::new(),
            used: None,
        });
        Ok(())
    }

    /// The interface is gone, and its addresses with it.
    fn forget(&mut self, name: &str) {
        self.fixed.retain(|fixed| fixed != name);
        self.leasing.retain_mut(|leasing| {
            let stays = leasing.interface != name;
            if !stays {
                leasing.end();
            }
            stays
        });
    }

    /// Until an interface changes, or a process that speaks DHCP says something.
    fn wait(&mut self) -> Result<()> {
        let sources = self.leasing.iter().map(|leasing| leasing.stdout.as_fd());
        let mut polled: Vec<PollFd<'_>> = [self.watch.as_fd()]
            .into_iter()
            .chain(sources)
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
            .collect();
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        let ready: Vec<bool> = polled.iter().map(|polled| !polled.revents().is_empty()).collect();
        if ready[0] {
            self.drain();
        }
        self.listen(&ready[1..]);
        Ok(())
    }

    /// What the news were does not matter; a full queue (ENOBUFS) is news too.
    fn drain(&self) {
        let mut buffer = [0; 4096];
        while recv(&self.watch, &mut buffer, RecvFlags::DONTWAIT).is_ok() {}
    }

    fn listen(&mut self, ready: &[bool]) {
        let mut ended = Vec::new();
        for (leasing, _) in self.leasing.iter_mut().zip(ready).filter(|(_, ready)| **ready) {
            if !leasing.hear() {
                ended.push(leasing.interface.clone());
            }
        }
        if !ended.is_empty() {
            // It has said why. Not at once again: it may end for ever.
            poll(&mut [], Some(&RESTART_PAUSE)).ok();
        }
        ended.iter().for_each(|name| self.forget(name));
    }
}

impl Leasing {
    /// Takes what it said; false when it has ended, or says what it should not.
    fn hear(&mut self) -> bool {
        let mut buffer = [0; LINE_BYTES_MAX];
        match self.stdout.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
        }
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let Some(line) = std::str::from_utf8(&line).ok().and_then(|line| Line::read(line.trim_end()))
            else {
                return false;
            };
            self.heed(line);
        }
        self.pending.len() < LINE_BYTES_MAX
    }

    fn heed(&mut self, line: Line) {
        let done = match line {
            Line::Lose => self.lose(),
            Line::Use(settings) => self.take(&settings),
        };
        if let Err(errno) = done {
            super::say::failed(&format!("setting the address of {}", self.interface), errno);
        }
    }

    fn take(&mut self, settings: &Settings) -> Result<()> {
        let (address, prefix) = (settings.address, settings.prefix);
        let old = self.used.replace((address, prefix));
        apply(&self.interface, settings)?;
        if old == self.used {
            return Ok(());
        }
        super::say::line(&format!("{} has the address {address}/{prefix}", self.interface));
        match old {
            Some((address, prefix)) => limpet_sys::link::remove_address(&self.interface, address, prefix),
            None => Ok(()),
        }
    }

    fn lose(&mut self) -> Result<()> {
        super::say::line(&format!("{} has lost its address", self.interface));
        match self.used.take() {
            Some((address, prefix)) => limpet_sys::link::remove_address(&self.interface, address, prefix),
            None => Ok(()),
        }
    }

    fn end(&mut self) {
        // It may have ended by itself; either way it is waited for.
        self.child.kill().ok();
        self.child.wait().ok();
        if let Some((address, prefix)) = self.used.take() {
            // Gone with the interface, or else in the way of the next one.
            limpet_sys::link::remove_address(&self.interface, address, prefix).ok();
        }
    }
}

/// Makes settings true of an interface that is up.
fn apply(name: &str, settings: &Settings) -> Result<()> {
    let Settings { address, prefix, router, name_servers } = settings;
    limpet_sys::link::add_address(name, *address, *prefix)?;
    if let Some(router) = router {
        limpet_sys::link::set_default_route(name, *router)?;
    }
    if name_servers.is_empty() { Ok(()) } else { write_resolver_file(name_servers) }
}

/// Replaced in one step, as programs read it at any time.
fn write_resolver_file(name_servers: &[Ipv4Addr]) -> Result<()> {
    let text: String = name_servers.iter().map(|address| format!("nameserver {address}\n")).collect();
    let new = format!("{RESOLVER_FILE}.new");
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, RESOLVER_FILE));
    written.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// `52:54:00:12:34:56`
fn hardware(text: &str) -> Option<[u8; 6]> {
    let bytes: Vec<u8> = text
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16))
        .collect::<std::result::Result<_, _>>()
        .ok()?;
    bytes.try_into().ok()
}
