//! Effects of the supervisor, one child process each: `limpet act ROOT STATE EFFECT ARGUMENT...`.
//!
//! In: what is to be done, in words. Out: an exit status of [`status`], a result on standard output, one line of trouble
//! on standard error. Each can be repeated: what is done already counts as done, so that one which outlived its
//! supervisor does no harm.

mod create;
mod fleet;
mod options;
pub(crate) mod probe;
mod program;

use crate::board::Board;
use crate::cli::Globals;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::room;
use crate::screen;
use crate::verbs::{lifecycle, prune};
use limpet_protocol::exit::Exit;
use limpet_protocol::id::ContainerId;
use limpet_runner::cgroup::{self, CgroupError};
use limpet_runner::home::HomeError;
use limpet_runner::keeper::now_ns;
use limpet_runner::status::Status;
use std::ffi::OsString;

/// The hidden verb.
pub const VERB: &str = "act";

/// Exit statuses of an effect.
pub mod status {
    /// It is done.
    pub const DONE: u8 = 0;
    /// It could not be done.
    pub const FAILED: u8 = 1;
    /// Things are not as whoever asked thinks: there is no such container, or it runs, or it is in use.
    pub const DISAGREES: u8 = 2;
    /// The disk is full, or its reserve reached.
    pub const NO_SPACE: u8 = 3;
    /// A probe said: not well.
    pub const UNWELL: u8 = 4;
}

/// Carries out one effect; the status to end with.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Option<Vec<String>> = arguments.into_iter().map(|word| word.into_string().ok()).collect();
    let words = words.unwrap_or_default();
    let [root, state, effect @ ..] = words.as_slice() else {
        screen::complain("act: is started by limpet itself");
        return status::FAILED;
    };
    let board = Board::new(Globals { root: root.clone(), state: state.clone() });
    crate::supervise::place::leave_ceiling();
    be_mortal();
    let effect: Vec<&str> = effect.iter().map(String::as_str).collect();
    match carry_out(&board, &effect) {
        Ok(status) => status,
        Err(failure) => {
            screen::complain(&failure.to_string());
            if room::of(&board).is_some_and(|room| room.is_low()) { status::NO_SPACE } else { status::FAILED }
        }
    }
}

/// A service manager shields the supervisor from the kernel's OOM killer, but not the containers that it starts. To give up
/// the shield needs no right; a kernel that has none gives none.
fn be_mortal() {
    std::fs::write("/proc/self/oom_score_adj", "0").ok();
}

fn carry_out(board: &Board, effect: &[&str]) -> Result<u8, Failure> {
    match effect {
        ["create", app, service, replica] => create::create(board, app, service, replica, false),
        ["create", app, service, replica, "beside"] => create::create(board, app, service, replica, true),
        ["adopt", app, service, replica, id] => create::adopt(board, app, service, replica, &parse(id)?),
        ["start", id] => start(board, &parse(id)?),
        ["kill", id] => kill(board, &parse(id)?),
        ["clear", id] => clear(board, &parse(id)?),
        ["remove", id] => remove(board, &parse(id)?),
        ["probe", id] => probe::probe(board, &parse(id)?),
        ["probe", id, unhurried_ms] => probe::unhurried(board, &parse(id)?, unhurried_ms),
        ["scrub", rate] => crate::scrub::carry_out(board, rate),
        ["take", files @ ..] => fleet::documents(board, files),
        ["program", may, sha256] => program::program(board, may, sha256),
        ["watch", sha256] => program::watch(board, sha256),
        ["fetch", app] => fleet::fetch(board, app),
        ["prune"] => prune::unreferenced(board).map(|_| status::DONE),
        ["dissolve", app] => dissolve(board, app),
        _ => Err(Failure::new("act: is started by limpet itself")),
    }
}

fn parse(id: &str) -> Result<ContainerId, Failure> {
    Ok(ContainerId::parse(id)?)
}

/// One that runs is started already; so is one that is frozen.
fn start(board: &Board, id: &ContainerId) -> Result<u8, Failure> {
    let container = match board.home.load(id) {
        Err(HomeError::NotFound(_)) => return Ok(status::DISAGREES),
        container => container?,
    };
    match board.status(id)? {
        Status::Running(_) | Status::Paused(_) => {}
        Status::Created | Status::Exited(_) => lifecycle::begin(board, &container)?,
    }
    Ok(status::DONE)
}

/// SIGKILL to its whole cgroup; its keeper sees the end.
fn kill(board: &Board, id: &ContainerId) -> Result<u8, Failure> {
    let path = match board.home.load(id) {
        Ok(container) => container.keep.launch.cgroup,
        Err(HomeError::NotFound(_)) => return Ok(status::DISAGREES),
        Err(_) => crate::making::default_cgroup(id),
    };
    match cgroup::detect()?.open(&path) {
        Ok(group) => group.kill_all()?,
        Err(CgroupError::NoGroup { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(status::DONE)
}

/// Ends what a lost keeper left, proves that nothing is left, and records that this run is over.
fn clear(board: &Board, id: &ContainerId) -> Result<u8, Failure> {
    let container = match board.home.load(id) {
        Err(HomeError::NotFound(_)) => return Ok(status::DONE),
        container => container?,
    };
    lifecycle::end_orphan(board, &container)?;
    let _lock = board.home.lock(id)?;
    if board.home.is_kept(id)? {
        return Ok(status::DISAGREES);
    }
    if let (Some(_), Status::Exited(exit)) = (board.home.running(id)?, board.status(id)?) {
        let finished_ns = if exit.finished_ns == 0 { now_ns() } else { exit.finished_ns };
        board.home.record_exit(id, &Exit { finished_ns, ..exit }, true)?;
        board.home.forget_running(id)?;
    }
    Ok(status::DONE)
}

fn remove(board: &Board, id: &ContainerId) -> Result<u8, Failure> {
    match board.home.load(id) {
        Err(HomeError::NotFound(_)) => {}
        Err(HomeError::Record { .. }) => lifecycle::discard_unreadable(board, id)?,
        container => {
            let container = container?;
            if board.home.is_kept(id)? {
                return Ok(status::DISAGREES);
            }
            match lifecycle::discard(board, &container, false) {
                Err(_) if !board.home.directory(id).exists() => {}
                discarded => discarded?,
            }
        }
    }
    Ok(status::DONE)
}

/// The last of an app: its volumes, if that was asked, and then its record.
fn dissolve(board: &Board, name: &str) -> Result<u8, Failure> {
    let ledger = Ledger::new(board.globals.root.as_ref());
    if let Some(entry) = ledger.get(name)? {
        if entry.phase == (limpet_protocol::ledger::Phase::Down { volumes: true }) {
            crate::volumes::remove(board, &entry.app.volumes)?;
        }
        ledger.remove(name)?;
    }
    Ok(status::DONE)
}
