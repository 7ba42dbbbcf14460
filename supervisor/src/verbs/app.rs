//! The verbs about apps: `up`, `down`, `app ls|ps|logs|restart|diff`.
//!
//! What is wanted is decided and done by the supervisor; these ask for it and show what comes of it.

mod file;
mod follow;
mod images;
mod logs;
mod show;

pub(crate) use images::bring_quietly;
pub(super) use logs::logs;
pub(super) use show::{list, ps};

use crate::board::Board;
use crate::cli::command::app::{AppDiffArgs, AppRestartArgs, DownArgs, FileArgs, UpArgs, Which};
use crate::control::{ControlError, Conversation};
use crate::failure::{Failure, Outcome};
use crate::fleet::Files;
use crate::output::apps::plan;
use crate::output::progress::{Progress, Until, Verdict};
use crate::room;
use crate::screen;
use follow::{End, follow};
use limpet_protocol::app::App;
use limpet_protocol::control::{Change, ChangeKind, Reply, Request, UpdateLine};
use limpet_protocol::ledger::Course;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What a shell shows for a program that a signal ended, less the signal.
const SIGNAL_BASE: u8 = limpet_protocol::exit::code::SIGNAL_BASE;

/// `up`
pub(super) fn up(board: &Board, args: &UpArgs) -> Outcome {
    let mut app = file::read(&args.source)?;
    // Who may not read that is refused by the supervisor, after the images have come.
    let fleet = Files::new(Path::new(&board.globals.root), board.state());
    if !args.dry_run && fleet.begun(&app.name).is_ok_and(|begun| begun.is_some()) {
        return Err(Failure::new(crate::fleet::is_fleets(&app.name)));
    }
    images::bring(board, &mut app, args.dry_run)?;
    if args.dry_run {
        let name = app.name.clone();
        screen::print(&plan(&name, &rehearse(board, app)?));
        return Ok(0);
    }
    let name = app.name.clone();
    let mut conversation = Conversation::with(board.state(), &Request::Up { app, dry_run: false })?;
    let Reply::Diff(changes) = conversation.first()? else { return Err(ControlError::Unexpected.into()) };
    let until = if args.detach { Until::Started } else { Until::Well };
    let patience = args.wait_s.map(|seconds| Duration::from_secs(seconds.into()));
    let mut progress = Progress::new(until, changes);
    let end = follow(&mut conversation, &name, &mut progress, patience)?;
    Ok(concluded(board, &name, &end, &progress, "coming up"))
}

/// `app diff`
pub(super) fn diff(board: &Board, args: &AppDiffArgs) -> Outcome {
    let mut app = file::read(&args.source)?;
    images::bring(board, &mut app, true)?;
    let name = app.name.clone();
    let changes = rehearse(board, app)?;
    screen::print(&plan(&name, &changes));
    let differs = changes.iter().any(|change| change.kind != ChangeKind::Keep);
    Ok(u8::from(args.exit_code && differs))
}

/// What `up` would do; nothing is touched.
fn rehearse(board: &Board, app: App) -> Result<Vec<Change>, Failure> {
    let mut conversation = Conversation::with(board.state(), &Request::Up { app, dry_run: true })?;
    match conversation.first()? {
        Reply::Diff(changes) => Ok(changes),
        _ => Err(ControlError::Unexpected.into()),
    }
}

/// `down`
pub(super) fn down(board: &Board, args: &DownArgs) -> Outcome {
    let (name, read) = match &args.app {
        Which::Named(name) => (name.clone(), None),
        Which::OfFiles(source) => match &source.app {
            Some(name) => (name.clone(), None),
            None => {
                let app = file::read(source)?;
                (app.name.clone(), Some(app))
            }
        },
    };
    let request = Request::Down { app: name.clone(), volumes: args.volumes };
    let mut conversation = Conversation::with(board.state(), &request)?;
    let mut progress = Progress::new(Until::Gone, Vec::new());
    match follow(&mut conversation, &name, &mut progress, None)? {
        End::Done => Ok(0),
        End::NoSuchApp => match &args.app {
            Which::Named(_) if args.volumes => Err(no_such_app_with_volumes(board, &name)),
            Which::Named(_) => Err(no_such_app(&name)),
            Which::OfFiles(source) => down_already(board, &name, args.volumes.then_some(source), read),
        },
        end => Ok(concluded(board, &name, &end, &progress, "going down")),
    }
}

/// As docker: a script may take down what is not up. The volumes that an earlier `down` left are those that the file, of
/// which `source` tells if they are to go, names.
fn down_already(board: &Board, name: &str, source: Option<&FileArgs>, read: Option<App>) -> Outcome {
    let Some(source) = source else {
        screen::complain(&format!("app {name} is not up; there is nothing to take down"));
        return Ok(0);
    };
    let app = read.map_or_else(|| file::read(source), Ok)?;
    crate::volumes::remove(board, &app.volumes)?;
    screen::complain(&format!("app {name} is not up; what it had left of volumes is removed"));
    Ok(0)
}

fn no_such_app(name: &str) -> Failure {
    Failure::new(format!("no such app: {name}; see: limpet app ls"))
}

/// Only its file says for sure which volumes an app that is gone has left: `a` may have had `a_b_c`, as may `a_b`.
fn no_such_app_with_volumes(board: &Board, name: &str) -> Failure {
    let volumes = Path::new(&board.globals.root).join("volumes");
    let entries = fs::read_dir(volumes).into_iter().flatten().flatten();
    let mut left: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|volume| volume.starts_with(&format!("{name}_")))
        .collect();
    left.sort();
    if left.is_empty() {
        return no_such_app(name);
    }
    Failure::new(format!(
        "no such app: {name}; volumes that may have been its: {}; its file tells: limpet down -v -f FILE",
        left.join(", ")
    ))
}

/// The app that was named, or that of the compose file of this directory.
fn named(app: Option<&String>) -> Result<String, Failure> {
    match app {
        Some(app) => Ok(app.clone()),
        None => Ok(file::read(&FileArgs::default())?.name),
    }
}

/// `app restart`: one service after the other, in the order in which they were typed.
pub(super) fn restart(board: &Board, args: &AppRestartArgs) -> Outcome {
    let services: Vec<Option<String>> = match args.services.as_slice() {
        [] => vec![None],
        services => services.iter().cloned().map(Some).collect(),
    };
    let app = named(args.app.as_ref())?;
    let mut status = 0;
    for service in services {
        status = restart_one(board, &app, service)?.max(status);
    }
    Ok(status)
}

fn restart_one(board: &Board, app: &str, service: Option<String>) -> Outcome {
    let request = Request::Restart { app: app.to_owned(), service: service.clone() };
    let mut conversation = Conversation::with(board.state(), &request)?;
    let mut progress = Progress::new(Until::Well, Vec::new()).only(service);
    match follow(&mut conversation, app, &mut progress, None)? {
        End::NoSuchApp => Err(no_such_app(app)),
        end => Ok(concluded(board, app, &end, &progress, "restarting")),
    }
}

/// Says what did not come to what was waited for, and how to go on; the status to end with.
fn concluded(board: &Board, app: &str, end: &End, progress: &Progress, course: &str) -> u8 {
    let goes_on = format!(
        "limpet goes on; watch it with: limpet app ps {app}, or take it down with: limpet down {app}"
    );
    match end {
        End::Verdict(Verdict::Reached) => 0,
        End::Verdict(Verdict::Failed(failures)) => {
            for (name, why) in failures {
                let logs = format!(" (see: limpet logs {name})");
                let logs = if progress.is_made(name) { logs.as_str() } else { "" };
                screen::complain(&format!("container {name}: {why}{logs}"));
            }
            if let Some(room) = room::of(board).filter(|_| progress.is_cramped()) {
                screen::complain(&room::refusal(&room));
            }
            screen::complain(&format!("app {app}: {} failed; {goes_on}", counted(failures.len())));
            1
        }
        End::TimeOut => {
            for (name, what) in progress.unfinished() {
                screen::complain(&format!("container {name}: {what}"));
            }
            screen::complain(&format!("app {app} has not come up in time; {goes_on}"));
            1
        }
        End::Interrupted(signal) => {
            screen::complain(&format!("app {app} is still {course}; {goes_on}"));
            SIGNAL_BASE.saturating_add(*signal)
        }
        End::Updated(update) => updated(app, update),
        End::Done | End::NoSuchApp => {
            screen::complain(&format!("app {app} was taken down meanwhile"));
            1
        }
    }
}

fn updated(app: &str, update: &UpdateLine) -> u8 {
    let why = &update.why;
    let text = match update.course {
        Course::Committed if why.is_empty() => return 0,
        Course::Committed => format!("was updated, though not everything is well: {why}"),
        Course::Reverted => {
            format!("was rolled back to its version before: {why}; mend it and try again: limpet up")
        }
        Course::Paused => format!("is half updated, as its update was paused: {why}; go on with: limpet up"),
        Course::RevertPaused => {
            format!("is half rolled back, as that was paused: {why}; go on with: limpet up")
        }
        Course::Going | Course::Reverting => "is still being updated".to_owned(),
    };
    screen::complain(&format!("app {app} {text}"));
    1
}

fn counted(containers: usize) -> String {
    if containers == 1 { "1 container".to_owned() } else { format!("{containers} containers") }
}
