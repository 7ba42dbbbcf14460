//! `limpetctl get`: lists.

use super::cli::{Get, Global, Kind, Output};
use super::encoding::{age, now_s, shown};
use super::failure::{Failure, Outcome};
use super::rollout;
use super::screen::say;
use super::session::Session;
use super::status::board_status;
use super::table::Table;
use crate::api::{Board, Boards, Event, Invite, Rollout};
use limpet_fleet::selector;
use serde::Serialize;
use std::time::Duration;

/// How long the controller may put an answer off, seconds.
const WAIT_S: u64 = 30;
/// How often lists are asked for that cannot be waited for.
const POLL: Duration = Duration::from_secs(2);

/// Carries it out.
pub(crate) async fn run(global: &Global, args: Get) -> Outcome<()> {
    let (mut session, _) = Session::open(global).await?;
    match args.kind {
        Kind::Boards | Kind::Apps => boards(&mut session, &args).await,
        Kind::Rollouts => rollouts(&mut session, &args).await,
        Kind::Events => events(&mut session, &args, "/events").await,
        Kind::Audit => events(&mut session, &args, "/audit").await,
        Kind::Invites => {
            let invites: Vec<Invite> = session.get("/invites").await?;
            print(&args, &invites, &invite_table(&invites, now_s()), |invite| invite.invite.clone())
        }
    }
}

async fn boards(session: &mut Session, args: &Get) -> Outcome<()> {
    let mut last = Vec::new();
    let mut path = "/boards".to_owned();
    loop {
        let all: Boards = session.get(&path).await?;
        let boards = meant(all.boards, args)?;
        let now_s = now_s();
        let wide = args.output == Output::Wide;
        let table = match args.kind {
            Kind::Apps => app_table(&boards, now_s, wide),
            Kind::Boards | Kind::Rollouts | Kind::Events | Kind::Audit | Kind::Invites => {
                board_table(&boards, now_s, wide)
            }
        };
        if !args.watch {
            return print(args, &boards, &table, |board| board.name.clone());
        }
        last = changes(args, &table, last);
        path = format!("/boards?wait={WAIT_S}&revision={}", all.revision);
    }
}

/// Those that were named or selected.
fn meant(boards: Vec<Board>, args: &Get) -> Outcome<Vec<Board>> {
    let selector = selector::parse(args.selector.as_deref().unwrap_or_default())?;
    let named = |board: &Board| match args.kind {
        Kind::Apps => true,
        Kind::Boards | Kind::Rollouts | Kind::Events | Kind::Audit | Kind::Invites => {
            args.names.is_empty() || args.names.iter().any(|name| *name == board.name || *name == board.id)
        }
    };
    let mut found: Vec<Board> =
        boards.into_iter().filter(|board| selector.selects(&board.labels) && named(board)).collect();
    if args.kind == Kind::Apps && !args.names.is_empty() {
        for report in found.iter_mut().filter_map(|board| board.report.as_mut()) {
            report.apps.retain(|app| args.names.iter().any(|name| app.name == name.as_str()));
        }
    }
    Ok(found)
}

fn board_table(boards: &[Board], now_s: u64, wide: bool) -> Table {
    let mut table = Table::new(&["NAME", "STATUS", "APPS", "VERSION", "SEEN", "AGE"]);
    if wide {
        ["ARCH", "GENERATION", "OFFERED", "SERIAL", "LABELS", "ID"]
            .into_iter()
            .for_each(|head| table.column(head));
    }
    for board in boards {
        let report = board.report.as_ref();
        let well = report.map_or(0, |report| report.apps.iter().filter(|app| app.well == app.wanted).count());
        let mut cells = vec![
            shown(&board.name),
            board_status(board),
            report.map_or_else(|| "-".to_owned(), |report| format!("{well}/{}", report.apps.len())),
            report.map_or_else(|| "-".to_owned(), |report| shown(&report.version)),
            age(board.seen_s, now_s),
            age(board.enrolled_s, now_s),
        ];
        if wide {
            let place = |(root, generation): (u64, u64)| format!("{root}.{generation}");
            let labels = board.labels.iter().map(|(name, value)| format!("{name}={value}"));
            cells.extend([
                report.map_or_else(|| "-".to_owned(), |report| shown(&report.arch)),
                report.map_or_else(|| "-".to_owned(), |report| place(report.taken)),
                place(board.offered),
                board.serial.as_deref().map_or_else(|| "-".to_owned(), shown),
                shown(&labels.collect::<Vec<_>>().join(",")),
                board.id.clone(),
            ]);
        }
        table.row(cells);
    }
    table
}

fn app_table(boards: &[Board], now_s: u64, wide: bool) -> Table {
    let mut table = Table::new(&["BOARD", "APP", "READY", "STATUS", "RESTARTS", "SEEN"]);
    if wide {
        table.column("MESSAGE");
    }
    for board in boards {
        for app in board.report.iter().flat_map(|report| &report.apps) {
            let (word, why) = super::status::progress(&app.progress);
            let mut cells = vec![
                shown(&board.name),
                shown(&app.name),
                format!("{}/{}", app.well, app.wanted),
                if board.sign_anew { format!("{word},SignAnew") } else { word.to_owned() },
                app.restarts.to_string(),
                age(board.seen_s, now_s),
            ];
            if wide {
                cells.push(why);
            }
            table.row(cells);
        }
    }
    table
}

async fn rollouts(session: &mut Session, args: &Get) -> Outcome<()> {
    let mut last = Vec::new();
    loop {
        let mut all: Vec<Rollout> = session.get("/rollouts").await?;
        all.retain(|rollout| args.names.is_empty() || args.names.contains(&rollout.id.to_string()));
        let table = rollout::table(&all, now_s(), args.output == Output::Wide);
        if !args.watch {
            return print(args, &all, &table, |rollout| rollout.id.to_string());
        }
        last = changes(args, &table, last);
        tokio::time::sleep(POLL).await;
    }
}

async fn events(session: &mut Session, args: &Get, path: &str) -> Outcome<()> {
    let limit = args.limit;
    let mut events: Vec<Event> = session.get(&format!("{path}?limit={limit}")).await?;
    if !args.names.is_empty() {
        events.retain(|event| args.names.contains(&event.who));
    }
    print(args, &events, &event_table(&events, now_s()), |event| event.id.to_string())?;
    if !args.watch {
        return Ok(());
    }
    let mut since = events.last().map_or(0, |event| event.id);
    loop {
        let more: Vec<Event> =
            session.get(&format!("{path}?since={since}&limit={limit}&wait={WAIT_S}")).await?;
        since = more.last().map_or(since, |event| event.id);
        let more: Vec<Event> = more
            .into_iter()
            .filter(|event| args.names.is_empty() || args.names.contains(&event.who))
            .collect();
        event_table(&more, now_s()).lines(false).iter().for_each(|line| say!("{line}"));
    }
}

fn event_table(events: &[Event], now_s: u64) -> Table {
    let mut table = Table::new(&["AGE", "KIND", "WHO", "WHAT"]);
    for event in events {
        table.row(vec![age(event.at_s, now_s), shown(&event.kind), shown(&event.who), shown(&event.text)]);
    }
    table
}

fn invite_table(invites: &[Invite], now_s: u64) -> Table {
    let mut table = Table::new(&["INVITE", "LEFT", "EXPIRES", "SERIALS-ONLY", "LABELS"]);
    for invite in invites {
        let labels: Vec<String> =
            invite.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        table.row(vec![
            shown(&invite.invite).chars().take(8).collect(),
            invite.uses_left.to_string(),
            age(now_s, invite.expires_s),
            invite.serials_only.to_string(),
            shown(&labels.join(",")),
        ]);
    }
    table
}

/// Once, in the form that was asked for.
fn print<T: Serialize>(args: &Get, list: &[T], table: &Table, name: impl Fn(&T) -> String) -> Outcome<()> {
    match args.output {
        Output::Json => say!("{}", serde_json::to_string_pretty(list)?),
        Output::Name => list.iter().for_each(|item| say!("{}", shown(&name(item)))),
        Output::Table | Output::Wide => table.print(!args.no_headers),
    }
    if list.is_empty() && !args.names.is_empty() {
        return Err(Failure::new(format!("not found: {}", args.names.join(", "))));
    }
    Ok(())
}

/// Prints the lines that were not there the last time.
fn changes(args: &Get, table: &Table, last: Vec<String>) -> Vec<String> {
    let first = last.is_empty();
    let lines = table.lines(first && !args.no_headers);
    lines.iter().filter(|line| !last.contains(line)).for_each(|line| say!("{line}"));
    if lines.is_empty() { last } else { lines }
}
