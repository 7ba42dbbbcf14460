//! `app logs`: what the containers of an app wrote, each line with the name of its container before it.
//!
//! Following goes on across restarts and replacements, as docker compose does, until nothing of the app runs or is about
//! to. Without it, one container's log comes after the other's.

mod printer;
#[cfg(test)]
mod tests;

use super::{named, no_such_app};
use crate::board::Board;
use crate::census::{Census, Listed};
use crate::cli::command::app::AppLogsArgs;
use crate::failure::{Failure, Outcome};
use crate::screen;
use crate::verbs::logs::place;
use crate::verbs::style;
use limpet_protocol::container::Member;
use limpet_protocol::id::ContainerId;
use limpet_runner::keeper::now_ns;
use limpet_runner::log::{Reader, Selection};
use printer::Printer;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::time::{Duration, Instant};

/// Between two looks at which containers there are.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Between two looks at logs where the kernel has no inotify instance left.
const READ_AGAIN: Duration = Duration::from_millis(100);

/// One container whose log is read.
struct Source {
    id: ContainerId,
    /// Number of its name with the printer.
    speaker: usize,
    reader: Reader,
}

/// Whose logs are read.
struct Whose<'a> {
    app: String,
    /// None is all.
    services: &'a [String],
}

/// `app logs`
pub(in crate::verbs) fn logs(board: &Board, args: &AppLogsArgs) -> Outcome {
    let now = now_ns();
    let selection = Selection {
        tail: args.tail,
        since_ns: args.since.map(|moment| moment.resolve(now)),
        until_ns: args.until.map(|moment| moment.resolve(now)),
    };
    let whose = Whose { app: named(args.app.as_ref())?, services: &args.services };
    let members = members(board, &whose)?;
    if members.is_empty() {
        return Err(nothing(&whose));
    }
    let mut printer = Printer::new(args.timestamps, args.prefix, args.color.then(style));
    let mut sources = Vec::new();
    add(&members, selection, args.follow, &mut sources, &mut printer)?;
    read(&mut sources, &mut printer)?;
    if args.follow {
        follow(board, &whose, selection, &mut sources, &mut printer)?;
    }
    Ok(0)
}

fn nothing(whose: &Whose<'_>) -> Failure {
    match whose.services.first() {
        Some(service) => Failure::new(format!("app {} has no container of service {service}", whose.app)),
        None => no_such_app(&whose.app),
    }
}

/// Containers of the app that keep a log, and of the services that are wanted, by name.
fn members(board: &Board, whose: &Whose<'_>) -> Result<Vec<Listed>, Failure> {
    let wanted = |member: &Member| {
        let service = whose.services.is_empty() || whose.services.contains(&member.service);
        member.app == whose.app && service
    };
    let mut members = Census::take_supervised(board)?.containers;
    members.retain(|listed| listed.container.member.as_ref().is_some_and(wanted));
    members.sort_by(|a, b| a.container.name.cmp(&b.container.name));
    Ok(members)
}

/// Opens the logs of those that are not read yet. One that never ran has none.
fn add(
    members: &[Listed],
    selection: Selection,
    follow: bool,
    sources: &mut Vec<Source>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    for listed in members {
        let container = &listed.container;
        let id = &container.keep.launch.id;
        if container.keep.log.files_max == 0 || sources.iter().any(|source| source.id == *id) {
            continue;
        }
        let Some(place) = place(container)? else { continue };
        let reader = Reader::open(place, selection, follow)?;
        let speaker = printer.speaker(&spoken_name(container));
        sources.push(Source { id: id.clone(), speaker, reader });
    }
    Ok(())
}

/// The name without that of the app, as docker compose shows it.
fn spoken_name(container: &limpet_protocol::container::Container) -> String {
    let app = container.member.as_ref().map_or("", |member| member.app.as_str());
    let short = container.name.strip_prefix(app).and_then(|rest| rest.strip_prefix('-'));
    short.unwrap_or(&container.name).to_owned()
}

fn read(sources: &mut [Source], printer: &mut Printer) -> Result<(), Failure> {
    for source in sources {
        let speaker = source.speaker;
        source.reader.drain();
        source.reader.read(&mut |item| {
            printer.item(speaker, &item);
            Ok(())
        })?;
    }
    screen::write(&printer.take());
    Ok(())
}

fn follow(
    board: &Board,
    whose: &Whose<'_>,
    selection: Selection,
    sources: &mut Vec<Source>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    // What comes anew is read from its beginning.
    let selection = Selection { tail: None, ..selection };
    let mut looked = Instant::now();
    loop {
        if selection.until_ns.is_some_and(|until| until <= now_ns()) {
            return Ok(());
        }
        if looked.elapsed() >= LOOK_AGAIN {
            looked = Instant::now();
            let members = members(board, whose)?;
            sources
                .retain(|source| members.iter().any(|listed| listed.container.keep.launch.id == source.id));
            add(&members, selection, true, sources, printer)?;
            if !members.iter().any(goes_on) {
                return read(sources, printer);
            }
        }
        wait(sources)?;
        read(sources, printer)?;
    }
}

/// It may still write something.
fn goes_on(listed: &Listed) -> bool {
    listed.status.running().is_some() || listed.is_on_its_way()
}

/// Until a log may have grown, or it is time to look again.
fn wait(sources: &[Source]) -> Result<(), Failure> {
    let watched: Vec<PollFd<'_>> = sources
        .iter()
        .filter_map(|source| source.reader.poll_fd())
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    let patience = if watched.len() == sources.len() { LOOK_AGAIN } else { READ_AGAIN };
    let mut fds = watched;
    match poll(&mut fds, Timespec::try_from(patience).ok().as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
