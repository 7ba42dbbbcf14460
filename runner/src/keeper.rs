//! The keeper: one tiny process per container, its parent, from start to recorded end.
//!
//! In: a container's directory and one connected client. Out: a running container, its log, its exit record, and
//! answers to clients. It needs no daemon, parses nothing from an image or a network, and waits for nobody: a slow
//! client holds back the container's output, never the keeper.

mod clients;
mod serve;
mod stdio;

use crate::cgroup::{self, Group, Join};
use crate::features::Features;
use crate::home::{Home, HomeError, load_container, open_log};
use crate::reserve::ballast;
use crate::start::{StartError, Started, Stdio, start};
use limpet_protocol::container::Container;
use limpet_protocol::exit::{Exit, code};
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::{Keep, Running};
use limpet_sys::inheritance::Inheritance;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use serve::{Kept, Server};
use std::ffi::CStr;
use std::path::Path;

pub use clients::Client;

/// What a keeper is called (proc(5), `comm`).
const NAME: &CStr = c"limpet-keeper";
/// The group of keepers, and of whatever else the supervisor starts. It makes it.
pub const GROUP: &str = "limpet.keepers";
/// Is there where systemd is the first process (sd_booted(3)).
const SYSTEMD: &str = "/run/systemd/system";

/// Wall clock, nanoseconds since 1970.
#[must_use]
pub fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// Keeps the container whose durable directory is `directory` until it has ended; `client` is the number of the
/// inherited connection to whoever wants it started, `starting` that of the container's lock. The process's exit status means nothing: that client and the
/// exit record have the result.
pub fn main(directory: &Path, client: i32, starting: i32) {
    // Executed by the number of a descriptor, it would be called by that.
    rustix::thread::set_name(NAME).ok();
    let Ok(mut inheritance) = Inheritance::claim() else { return };
    let (Ok(socket), Ok(starting)) = (inheritance.take(client), inheritance.take(starting)) else { return };
    let mut first = Client::first(socket);
    if let Err(error) = keep(directory, starting, &mut first) {
        first.exited(&failed_exit(code::LIMPET_FAILED, error.to_string()));
    }
}

/// Why a keeper cannot do its work at all.
#[derive(Debug, thiserror::Error)]
enum KeeperError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error("{doing}: {}", crate::failure::reason(*.errno))]
    Kernel { doing: &'static str, errno: Errno },
}

fn kernel(doing: &'static str) -> impl FnOnce(Errno) -> KeeperError {
    move |errno| KeeperError::Kernel { doing, errno }
}

fn keep(directory: &Path, starting: OwnedFd, first: &mut Client) -> Result<(), KeeperError> {
    detach().map_err(kernel("detach the keeper"))?;
    leave_service();
    let container = load_container(directory)?;
    let home = Home::of(&container.keep);
    let (state, place, lock) = match take_place(&home, &container.keep.launch.id) {
        Ok(taken) => taken,
        Err(error) => {
            conclude(&home, &container, &failed_exit(code::LIMPET_FAILED, error.to_string()))?;
            return Err(error);
        }
    };
    // Without room for its work directory, overlayfs mounts read-only and says nothing.
    ballast::lend_if_full(home.root(), crate::reserve::asked(home.state()));
    let started = start(&container.keep.launch, &Features::detect(), state.as_fd(), &container.keep.state);
    drop(state);
    match started {
        Ok(started) => run(&home, &container, started, Places { place, lock, starting }, first),
        Err(error) => refuse(&home, &container, &error, first),
    }
}

fn take_place(home: &Home, id: &ContainerId) -> Result<(OwnedFd, OwnedFd, OwnedFd), KeeperError> {
    let state = home.open_state()?;
    let place = home.make_state_of(id)?;
    let lock = take_lock(&place)?;
    Ok((state, place, lock))
}

/// A session of its own, nothing of the command's terminal, no signal that ends it but SIGKILL.
fn detach() -> Result<(), Errno> {
    let null = openat(CWD, "/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    rustix::process::setsid()?;
    rustix::process::umask(Mode::empty());
    rustix::process::chdir("/")?;
    limpet_sys::process::default_signals();
    limpet_sys::process::block_all_signals();
    Ok(())
}

/// Out of the cgroup of whatever service or session the command was typed in: systemd kills all that is in it when that
/// ends. Without a supervisor, and so without the group, a container stays there: nobody else would look after it.
fn leave_service() {
    let is_there = std::fs::read_to_string("/proc/self/cgroup").is_ok_and(|own| own.contains(GROUP));
    if is_there || !Path::new(SYSTEMD).exists() {
        return;
    }
    let group = cgroup::detect().and_then(|driver| driver.open(GROUP));
    for door in group.and_then(|group| group.join()).map(Join::doors).unwrap_or_default() {
        // A hierarchy that refuses is one in which systemd kills nobody.
        rustix::io::write(&door, b"0").ok();
    }
}

/// Held as long as this process lives; tells every command that the container is kept.
fn take_lock(place: &OwnedFd) -> Result<OwnedFd, KeeperError> {
    let flags = OFlags::CREATE | OFlags::RDONLY | OFlags::CLOEXEC;
    let lock = openat(place, "keeper.lock", flags, Mode::from_raw_mode(0o600))
        .map_err(kernel("make keeper.lock"))?;
    // Whoever starts it holds the container's own lock: only those who ask, for a moment, and a keeper that is ending
    // can be in the way.
    flock(&lock, FlockOperation::LockExclusive).map_err(kernel("lock keeper.lock"))?;
    Ok(lock)
}

fn failed_exit(code: u8, error: String) -> Exit {
    let finished_ns = now_ns();
    Exit { code, oom_killed: false, started_ns: 0, finished_ns, memory_peak_bytes: 0, error: Some(error) }
}

/// A container that could not start has ended too: with the reason, and gone if it was to be removed.
fn refuse(
    home: &Home,
    container: &Container,
    error: &StartError,
    first: &mut Client,
) -> Result<(), KeeperError> {
    let exit = failed_exit(error.exit_code(), error.to_string());
    conclude(home, container, &exit)?;
    first.exited(&exit);
    Ok(())
}

/// What a keeper holds of its container's place.
struct Places {
    /// The state directory.
    place: OwnedFd,
    /// Says that a keeper lives.
    lock: OwnedFd,
    /// The container's own lock, until it is recorded that it runs.
    starting: OwnedFd,
}

/// A container that runs but cannot be kept is ended, and that is recorded.
fn run(
    home: &Home,
    container: &Container,
    started: Started,
    places: Places,
    first: &mut Client,
) -> Result<(), KeeperError> {
    let started_ns = now_ns();
    let Started { child, group, stdio, ids } = started;
    let kept = Kept { keep: &container.keep, child: &child, group: group.as_ref() };
    let first_host_id = ids.as_ref().map_or(0, crate::ids::Slot::first);
    let lock = places.lock;
    let ready = record(home, &kept, started_ns, first_host_id)
        .and_then(|()| open_doors(home, kept, stdio, (places.place, places.starting), first));
    let (code, mut server, trouble) = match ready {
        Ok(mut server) => (server.until_end(), Some(server), None),
        Err(error) => (code::LIMPET_FAILED, None, Some(error.to_string())),
    };
    let mut exit = end(&container.keep, group.as_ref(), started_ns, code);
    drop(ids);
    let concluded = conclude(home, container, &exit).err().map(|error| error.to_string());
    exit.error = trouble.or(concluded).or(exit.error);
    drop(lock);
    match &mut server {
        Some(server) => {
            server.tell_end(&exit, false);
            server.deliver();
            server.tell_end(&exit, true);
        }
        None => first.exited(&exit),
    }
    Ok(())
}

fn record(home: &Home, kept: &Kept<'_>, started_ns: u64, first_host_id: u32) -> Result<(), KeeperError> {
    Ok(home.record_running(&Running {
        id: kept.keep.launch.id.clone(),
        keeper_pid: rustix::process::getpid().as_raw_nonzero().get(),
        pid: kept.child.pid.as_raw_nonzero().get(),
        started_ns,
        first_host_id,
    })?)
}

/// Lets the first client, and then all others, in.
fn open_doors<'a>(
    home: &Home,
    kept: Kept<'a>,
    stdio: Stdio,
    (place, starting): (OwnedFd, OwnedFd),
    first: &mut Client,
) -> Result<Server<'a>, KeeperError> {
    let listener = serve::listen(&place).map_err(kernel("listen on keeper.sock"))?;
    drop(starting);
    drop(place);
    let log = open_log(kept.keep)?;
    let asked_bytes = crate::reserve::asked(home.state());
    let log = crate::log::Writer::new(log, kept.keep.log)
        .map_err(|_| kernel("open the log")(Errno::INVAL))?
        .with_reserve(asked_bytes, home.root());
    let flow = stdio::Flow::new(stdio).map_err(kernel("take over standard input and output"))?;
    first.started();
    // Output stays in the pipes until it is clear who wants it.
    first.hear();
    Ok(Server::new(kept, flow, listener, log, first.take()))
}

/// Makes sure that nothing of the container is left, and says how it ended.
fn end(keep: &Keep, group: &dyn Group, started_ns: u64, code: u8) -> Exit {
    let mut trouble = group.kill_all().err();
    let oom_killed = group.oom_kills().is_ok_and(|kills| kills > 0);
    let memory_peak_bytes = group.memory_peak_bytes().ok().flatten().unwrap_or(0);
    trouble = trouble.or(group.remove().err());
    let error = trouble.map(|trouble| format!("clean up container {}: {trouble}", keep.launch.id.short()));
    Exit { code, oom_killed, started_ns, finished_ns: now_ns(), memory_peak_bytes, error }
}

/// The durable end: recorded, or removed if it was to be.
fn conclude(home: &Home, container: &Container, exit: &Exit) -> Result<(), KeeperError> {
    let id = &container.keep.launch.id;
    if container.keep.remove {
        // It may have been renamed since it was started.
        let name = home.load(id).map_or_else(|_| container.name.clone(), |current| current.name);
        return Ok(home.remove(id, &name)?);
    }
    home.record_exit(id, exit, true)?;
    Ok(home.forget_running(id)?)
}
