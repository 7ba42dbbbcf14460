//! `limpet supervise`: the daemon that keeps what should run running.
//!
//! In: containers and apps as they are on disk, the ends of runs, what people ask for. Out: children and words to
//! keepers that make it so. It decides nothing itself ([`limpet_plan`]) and carries out nothing itself
//! ([`crate::act`]); it parses nothing from a network, and waits for nobody.

mod clients;
mod connection;
mod cut;
mod daemon;
mod desired;
mod facts;
mod fleet;
mod history;
mod jobs;
mod journal;
mod keepers;
mod locks;
mod mailbox;
mod metrics;
pub(crate) mod notify;
pub mod place;
mod post;
pub mod reactor;
mod registry;
pub mod reserve;
mod scrubbing;
mod tasks;

pub(crate) use clients::{SOCKET_NAME, address};
pub(crate) use daemon::SHUTDOWN_MS;

use crate::board::Board;
use crate::cli::command::SuperviseArgs;
use crate::failure::{Failure, Outcome};
use crate::screen;
use daemon::{Daemon, End};
use jobs::Jobs;
use limpet_protocol::exit::code;
use mailbox::Message;
use notify::Notifier;
use reactor::{Interest, now};
use reserve::Reserve;
use rustix::fd::{AsFd, OwnedFd};
use scrubbing::Scrubbing;
use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use tasks::Tasks;

/// Ends the supervisor after every container was stopped, for the end of the board (SIGPWR).
pub const SIGNAL_SHUTDOWN: i32 = 30;
/// End the supervisor; the containers go on.
const SIGNALS_LEAVE: [i32; 2] = [15, 2];
/// As ps(1) shows it.
const NAME: &CStr = c"limpet";
/// The group whose members may use the control socket.
pub const GROUP: &str = "limpet";

/// `supervise`: until it is told to end.
///
/// # Errors
/// Another supervisor has the instance, or the kernel refuses what it needs.
pub fn supervise(board: &Board, args: &SuperviseArgs) -> Outcome {
    // Started from /proc/self/exe, it would be called by that.
    rustix::thread::set_name(NAME).ok();
    let state = Path::new(&board.globals.state);
    fs::DirBuilder::new().recursive(true).mode(0o711).create(state)?;
    let lock = locks::only_one(state)?;
    limpet_runner::reserve::ask(state, args.reserve_bytes)
        .map_err(|error| Failure::new(format!("note the reserve in {}: {error}", state.display())))?;
    let jobs = Jobs::new(locks::effects(state)?)?;
    // After an upgrade, the children of the program before are ours, and have ended by now.
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::NOHANG) {}
    if let Err(error) = place::enter_ceiling(&board.globals.state) {
        screen::complain(&format!("the supervisor runs without its memory ceiling: {error}"));
    }
    let tasks = Tasks::new()?;
    let group = group_id(GROUP);
    let listening = clients::serve(clients::open(state, group)?, group, &tasks);
    let signals = hear_signals(&tasks)?;
    let variable = |name: &str| std::env::var(name).ok();
    let notifier = Notifier::from_environment(variable, std::process::id(), now())?;
    let reserve = Reserve::new(&board.globals.root, args.reserve_bytes);
    let door = args.metrics.as_ref().map(|place| metrics::door::open(place, group));
    let fetched = door.map(|door| door.map(|socket| metrics::door::serve(socket, &tasks)));
    let root = Path::new(&board.globals.root);
    let scrubbing = Scrubbing::new(root, args.scrub_bytes_per_s, args.scrub_every_ms);
    let mut daemon =
        Daemon::new(board, tasks, jobs, notifier, (reserve, scrubbing), (seed()?, instance(state)?));
    if let (Some(place), Some(Err(errno))) = (&args.metrics, &fetched) {
        daemon.trouble(format!("serve metrics at {place}: {}", limpet_runner::failure::reason(*errno)));
    }
    let end = daemon.run()?;
    // With it goes the process that asks the controller.
    drop(daemon);
    drop((listening, signals, fetched));
    if !matches!(end, End::Upgrade { .. }) {
        place::remove_ceiling(&board.globals.state);
    }
    match end {
        End::Left | End::Off { clean: true } => Ok(0),
        End::Off { clean: false } => Ok(code::LIMPET_FAILED),
        End::Upgrade { program } => Err(become_program(&program, lock)),
    }
}

fn hear_signals(tasks: &Tasks) -> Result<smol::Task<()>, Failure> {
    limpet_sys::process::block_signals();
    let numbers = [SIGNALS_LEAVE[0], SIGNALS_LEAVE[1], SIGNAL_SHUTDOWN];
    let signals = limpet_sys::process::signals(&numbers)?;
    let inner = tasks.clone();
    Ok(tasks.spawn(async move {
        while inner.reactor.ready(&signals, Interest::Read).await.is_ok() {
            if let Ok(number) = limpet_sys::process::next_signal(signals.as_fd()) {
                inner.mailbox.put(Message::Signal(number));
            }
        }
    }))
}

fn seed() -> Result<u64, Failure> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(u64::from_ne_bytes(bytes))
}

/// A number that this boot of the board chose, for its fleet: a copy of its card has another.
fn instance(state: &Path) -> Result<[u8; 16], Failure> {
    let path = state.join("instance");
    if let Some(kept) = fs::read(&path).ok().and_then(|bytes| bytes.try_into().ok()) {
        return Ok(kept);
    }
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    fs::write(&path, bytes)?;
    Ok(bytes)
}

/// The number of a group in /etc/group; none, if the board has no such group.
pub(crate) fn group_id(name: &str) -> Option<u32> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

/// The same process, another program. Only comes back to say why not.
fn become_program(program: &str, lock: OwnedFd) -> Failure {
    // The new one takes it itself.
    drop(lock);
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).exec();
    Failure::new(format!("hand over to {program}: {error}"))
}
