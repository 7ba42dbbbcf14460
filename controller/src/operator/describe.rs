//! `limpetctl describe`: everything that is known of one thing.

use super::boards::named;
use super::cli::{Describe, Global, Kind};
use super::differences::short;
use super::encoding::{age, from_base64, key, now_s, shown};
use super::failure::{Failure, Outcome};
use super::rollout::{committed, part_text, status_text};
use super::screen::say;
use super::session::Session;
use super::status::{board_status, progress};
use super::words::window_text;
use crate::api::{Board, BoardDesired, Event, Rollout};
use limpet_fleet::rollout::Share;
use limpet_protocol::fleet::report::Report;
use limpet_protocol::fleet::{BoardId, Desired};

/// Events that are shown of a board.
const EVENTS_SHOWN: usize = 10;
/// Events that are asked for.
const EVENTS_ASKED: u32 = 1000;

/// Carries it out.
pub(crate) async fn run(global: &Global, args: Describe) -> Outcome<()> {
    let (mut session, _) = Session::open(global).await?;
    let lines = match args.kind {
        Kind::Boards => board(&mut session, &args.name).await?,
        Kind::Apps => app(&mut session, &args.name).await?,
        Kind::Rollouts => rollout(&mut session, &args.name).await?,
        Kind::Events | Kind::Audit | Kind::Invites => {
            return Err(Failure::new(
                "describe: only boards, apps and rollouts have more to them; see limpetctl get",
            ));
        }
    };
    lines.iter().for_each(|line| say!("{line}"));
    Ok(())
}

async fn board(session: &mut Session, name: &str) -> Outcome<Vec<String>> {
    let boards = session.boards().await?.boards;
    let board = named(&boards, name)?;
    let now_s = now_s();
    let mut lines = about(board, now_s);
    if let Some(report) = &board.report {
        lines.extend(reported(report));
    }
    lines.extend(match desired(session, board).await {
        Ok(desired) => wanted(desired.as_ref()),
        Err(failure) => vec![field("Desired", &failure.line)],
    });
    let events: Vec<Event> = session.get(&format!("/events?limit={EVENTS_ASKED}")).await?;
    let own: Vec<&Event> = events.iter().filter(|event| event.who == board.name).collect();
    lines.push("Events:".to_owned());
    for event in &own[own.len().saturating_sub(EVENTS_SHOWN)..] {
        lines.push(format!(
            "  {} ago  {}  {}",
            age(event.at_s, now_s),
            shown(&event.kind),
            shown(&event.text)
        ));
    }
    Ok(lines)
}

fn field(name: &str, value: &str) -> String {
    format!("{:<14}{value}", format!("{name}:"))
}

fn about(board: &Board, now_s: u64) -> Vec<String> {
    let labels: Vec<String> = board.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut lines = vec![
        field("Name", &shown(&board.name)),
        field("Id", &shown(&board.id)),
        field("Status", &board_status(board)),
        field("Labels", &shown(&labels.join(","))),
        field("Serial", &board.serial.as_deref().map_or_else(|| "-".to_owned(), shown)),
        field("Enrolled", &format!("{} ago", age(board.enrolled_s, now_s))),
        field("Seen", &format!("{} ago", age(board.seen_s, now_s))),
        field("Offered", &position(board.offered)),
    ];
    if board.sign_anew {
        let why = "by keys that count no more; sign what it has again (limpetctl renew)";
        lines.push(field("Signed", why));
    }
    if let Some(cloned_s) = board.cloned_s {
        let ago = age(cloned_s, now_s);
        lines.push(field(
            "Cloned",
            &format!(
                "two boards have its key, seen {ago} ago; enrol one anew, then limpetctl board forget-clone"
            ),
        ));
    }
    lines
}

fn position((root, generation): (u64, u64)) -> String {
    match (root, generation) {
        (0, _) | (_, 0) => "nothing yet".to_owned(),
        _ => format!("generation {generation} under root {root}"),
    }
}

fn reported(report: &Report) -> Vec<String> {
    let clock = if report.at.synchronised {
        "synchronised"
    } else {
        "not synchronised: times are no earlier than said"
    };
    let mut lines = vec![
        field("Version", &shown(&report.version)),
        field("Kernel", &format!("{} {}", shown(&report.kernel), shown(&report.arch))),
        field("Uptime", &age(0, report.uptime_s)),
        field("Clock", clock),
        field("Root", &report.root_generation.to_string()),
        field("Taken", &position(report.taken)),
    ];
    lines.extend(report.refused.as_ref().map(|why| field("Refused", &shown(why))));
    lines.extend(report.held.as_ref().map(|held| field("Held", &format!("{held:?}"))));
    lines.extend(report.disk_is_low.then(|| field("Disk", "low")));
    if let Some((version, how)) = &report.program {
        let (word, why) = progress(how);
        lines.push(field("Update", &format!("limpet {}: {word} {why}", shown(version))));
    }
    lines.push("Apps:".to_owned());
    for app in &report.apps {
        let (word, why) = progress(&app.progress);
        let (name, well, wanted, restarts) = (shown(&app.name), app.well, app.wanted, app.restarts);
        lines.push(
            format!("  {name}  {well}/{wanted} well  {word}  {restarts} restarts  {why}")
                .trim_end()
                .to_owned(),
        );
    }
    lines
}

async fn desired(session: &mut Session, board: &Board) -> Outcome<Option<Desired>> {
    let shows: BoardDesired = session.get(&format!("/boards/{}/desired", board.id)).await?;
    let Some(text) = shows.desired else { return Ok(None) };
    let bytes = from_base64(&text).ok_or_else(|| Failure::new("it is no base64url"))?;
    let id = key(&board.id).ok_or_else(|| Failure::new("the board's id is no key"))?;
    session.chain.desired(&bytes, BoardId(id)).map(Some)
}

fn wanted(desired: Option<&Desired>) -> Vec<String> {
    let Some(desired) = desired else { return vec![field("Desired", "nothing yet")] };
    let mut lines = vec![field("Desired", &position((desired.root_generation, desired.generation)))];
    lines.extend(desired.windows.iter().map(|window| field("Window", &window_text(window))));
    lines.extend(desired.program.as_ref().map(|program| field("Program", &program.version)));
    for app in &desired.apps {
        for workload in &app.workloads {
            lines.push(format!("  {}/{}  {}", app.name, workload.service, short(&workload.image)));
        }
    }
    lines
}

async fn app(session: &mut Session, name: &str) -> Outcome<Vec<String>> {
    let boards = session.boards().await?.boards;
    let mut lines = vec![field("Name", name)];
    for board in &boards {
        let reports = board.report.iter().flat_map(|report| &report.apps);
        for app in reports.filter(|app| app.name == name) {
            let (word, why) = progress(&app.progress);
            let board = shown(&board.name);
            lines.push(
                format!("  {board}  {}/{} well  {word}  {why}", app.well, app.wanted).trim_end().to_owned(),
            );
        }
    }
    if lines.len() == 1 {
        return Err(Failure::new(format!("app {name} is on no board; see limpetctl get apps")));
    }
    Ok(lines)
}

async fn rollout(session: &mut Session, name: &str) -> Outcome<Vec<String>> {
    let id = name.trim_start_matches("rollout/").parse().map_err(|_| {
        Failure::new(format!("{name:?} is no number of a rollout; see limpetctl get rollouts"))
    })?;
    let rollout = super::rollout::one(session, id).await?;
    let Rollout { subject, note, strategy, by, created_s, status, .. } = &rollout;
    let share = |share: Share| match share {
        Share::Count(count) => count.to_string(),
        Share::Percent(percent) => format!("{percent}%"),
    };
    let mut lines = vec![
        field("Rollout", &id.to_string()),
        field("Subject", &shown(subject)),
        field("Note", &shown(note)),
        field("Status", &status_text(status)),
        field("Waits", if rollout.waits.is_empty() { "-" } else { &rollout.waits }),
        field("By", &shown(by)),
        field("Age", &age(*created_s, now_s())),
        field("Canary", &share(strategy.canary)),
        field("Batch", &share(strategy.batch)),
        field("Soak", &format!("{}s", strategy.soak_s)),
        field(
            "Failures",
            &format!("{}, then {}", share(strategy.failures), if strategy.undo { "undo" } else { "pause" }),
        ),
        field("Boards", &format!("{} of {} committed", committed(&rollout), rollout.boards.len())),
    ];
    lines.extend(
        rollout.boards.iter().map(|(board, part)| format!("  {}  {}", shown(board), part_text(part))),
    );
    Ok(lines)
}
