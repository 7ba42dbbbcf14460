//! `limpet lease NAME HARDWARE HOST`: the process that speaks DHCP on one interface, without any rights.
//!
//! In: a socket that is bound to the interface, as stdin. Out, on stdout, a line for each thing that becomes true:
//! `use ADDRESS/PREFIX via ROUTER dns A,B` or `lose`; [`Line`] writes and reads them.

#[cfg(test)]
mod tests;

use super::dhcp::client::{Act, Client, To};
use super::dhcp::message::{NAME_SERVERS_MAX, RECEIVED_BYTES_MAX, Sender, Terms, encode, parse};
use super::wish::Settings;
use limpet_sys::inheritance::Inheritance;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::io::{Errno, Result};
use rustix::net::{RecvFlags, SendFlags, SocketAddrV4, recv, sendto};
use rustix::process::{Resource, Rlimit, Signal};
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, clock_gettime};
use std::ffi::OsString;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::process::ExitCode;

const SERVER_PORT: u16 = 67;
/// Whom it runs as: nobody.
const NOBODY: u32 = 65_534;
const DESCRIPTORS_MAX: u64 = 16;
const MEMORY_BYTES_MAX: u64 = 64 << 20;

/// What has become true of the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Use it.
    Use(Settings),
    /// There is none any more.
    Lose,
}

impl Line {
    fn of(terms: Terms) -> Self {
        let Terms { address, prefix, router, name_servers, .. } = terms;
        Self::Use(Settings { address, prefix, router, name_servers })
    }

    /// Without a newline.
    pub(super) fn write(&self) -> String {
        match self {
            Self::Lose => "lose".to_owned(),
            Self::Use(Settings { address, prefix, router, name_servers }) => {
                let via = router.map(|router| format!(" via {router}")).unwrap_or_default();
                let servers: Vec<String> = name_servers.iter().map(ToString::to_string).collect();
                let dns =
                    if servers.is_empty() { String::new() } else { format!(" dns {}", servers.join(",")) };
                format!("use {address}/{prefix}{via}{dns}")
            }
        }
    }

    /// The reader has rights that the writer has not, so nothing is taken on trust.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        match words.next()? {
            "lose" if words.next().is_none() => return Some(Self::Lose),
            "use" => {}
            _ => return None,
        }
        let (address, prefix) = words.next()?.split_once('/')?;
        let prefix = prefix.parse().ok().filter(|prefix| (1..=32).contains(prefix))?;
        let (mut router, mut name_servers) = (None, Vec::new());
        while let Some(word) = words.next() {
            let value = words.next()?;
            match word {
                "via" => router = Some(value.parse().ok()?),
                "dns" => name_servers = addresses(value)?,
                _ => return None,
            }
        }
        Some(Self::Use(Settings { address: address.parse().ok()?, prefix, router, name_servers }))
    }
}

fn addresses(text: &str) -> Option<Vec<Ipv4Addr>> {
    let addresses: std::result::Result<Vec<_>, _> = text.split(',').map(str::parse).collect();
    addresses.ok().filter(|addresses| addresses.len() <= NAME_SERVERS_MAX)
}

/// The whole life of the process.
pub(super) fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let mut word = || arguments.next().and_then(|word| word.into_string().ok());
    let sender = word().and_then(|hardware| {
        Some(Sender { hardware: super::hardware(&hardware)?, host_name: word().unwrap_or_default() })
    });
    let Some(sender) = sender else {
        crate::screen::complain("lease: is started by limpet itself");
        return ExitCode::FAILURE;
    };
    let end = give_rights_up().and_then(|()| serve(&sender));
    let Err(errno) = end;
    crate::screen::complain(&format!("speaking DHCP: {errno}"));
    ExitCode::FAILURE
}

/// What is left is a socket, two pipes, and the CPU.
fn give_rights_up() -> Result<()> {
    let failed = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    Inheritance::claim()?.close_rest().map_err(failed)?;
    limpet_sys::confine::own_namespaces().map_err(failed)?;
    rustix::process::umask(Mode::from_raw_mode(0o777));
    for (resource, most) in [
        (Resource::Nofile, DESCRIPTORS_MAX),
        (Resource::As, MEMORY_BYTES_MAX),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
    ] {
        rustix::process::setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    limpet_sys::confine::become_nobody(NOBODY).map_err(failed)?;
    // Another user would not be told.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
}

fn serve(sender: &Sender) -> Result<std::convert::Infallible> {
    let mut client = Client::new(random()?);
    loop {
        let now_ms = now_ms();
        act(client.tick(now_ms, random()?), &client, sender)?;
        if !wait(client.deadline_ms().saturating_sub(now_ms))? {
            continue;
        }
        let mut buffer = [0; RECEIVED_BYTES_MAX + 1];
        let (length, _) = recv(rustix::stdio::stdin(), &mut buffer, RecvFlags::DONTWAIT)?;
        if let Some(heard) = parse(&buffer[..length], client.transaction(), sender.hardware) {
            act(client.hear(heard, self::now_ms(), random()?), &client, sender)?;
        }
    }
}

fn act(acts: Vec<Act>, client: &Client, sender: &Sender) -> Result<()> {
    for act in acts {
        match act {
            Act::Say(said, to) => say(&encode(said, client.transaction(), sender), to),
            Act::Use(terms) => tell(&Line::of(terms))?,
            Act::Lose => tell(&Line::Lose)?,
        }
    }
    Ok(())
}

/// A message that cannot be sent (the cable is out) is as good as one that is lost: it is said again.
fn say(bytes: &[u8], to: To) {
    let address = match to {
        To::All => Ipv4Addr::BROADCAST,
        To::Server(address) => address,
    };
    sendto(rustix::stdio::stdin(), bytes, SendFlags::empty(), &SocketAddrV4::new(address, SERVER_PORT)).ok();
}

fn tell(line: &Line) -> Result<()> {
    let told = writeln!(std::io::stdout(), "{}", line.write());
    told.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// Whether something came before the time was over.
fn wait(ms: u64) -> Result<bool> {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    let pause = Timespec { tv_sec: ms / 1000, tv_nsec: (ms % 1000) * 1_000_000 };
    match poll(&mut [PollFd::new(&rustix::stdio::stdin(), PollFlags::IN)], Some(&pause)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

fn random() -> Result<u32> {
    let mut bytes = [0; 4];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(u32::from_ne_bytes(bytes))
}

/// Milliseconds, counting the time that the board was suspended: leases run on meanwhile.
fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}
