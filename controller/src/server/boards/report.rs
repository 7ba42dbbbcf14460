//! What boards say of themselves, and what of it is worth an event.

use super::{Ours, Who, body, strictly};
use crate::server::controller::now_s;
use crate::server::refused::Refused;
use crate::server::store::{Change, Line, ReportRow};
use crate::server::world::World;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use limpet_protocol::fleet::report::{Progress, REPORT_BYTES_MAX, Report};
use limpet_protocol::fleet::{APPS_MAX, BoardId};

pub(super) async fn report(
    State(controller): Ours,
    Extension(connection): Who,
    headers: HeaderMap,
    request: Body,
) -> Result<StatusCode, Refused> {
    let present = connection.board(&headers).await?;
    if !present.live.may_ask(now_s()) {
        return Err(Refused::too_often());
    }
    let bytes = body(request, REPORT_BYTES_MAX).await?;
    let report: Report = strictly(&bytes, "report")?;
    // Those that go, too.
    if report.apps.len() > 2 * APPS_MAX {
        return Err(Refused::bad(format!("the report has more than {} apps", 2 * APPS_MAX)));
    }
    let (id, instance) = (present.id, present.instance);
    controller
        .change_board(id, move |world, now_s| Ok((decide(world, id, instance, report, now_s), ())))
        .await?;
    controller.metrics.reports.inc();
    Ok(StatusCode::NO_CONTENT)
}

fn decide(world: &World, id: BoardId, instance: [u8; 16], report: Report, now_s: u64) -> Vec<Change> {
    let Some(board) = world.boards.get(&id) else { return Vec::new() };
    let before = board.report.as_ref();
    // It was overtaken on its way.
    let is_late = before.is_some_and(|(boot, last)| *boot == instance && last.sequence > report.sequence);
    if is_late || before.is_some_and(|(boot, last)| *boot == instance && *last == report) {
        return Vec::new();
    }
    let lines = news(before.map(|(_, last)| last), &report);
    let who = &board.row.name;
    let event = |(kind, text)| Change::Event(Line { at_s: now_s, kind, who: who.clone(), text });
    let mut changes: Vec<_> = lines.into_iter().map(event).collect();
    changes.push(Change::Seen(id, now_s));
    changes.push(Change::Report(Box::new(ReportRow { board: id, instance, report })));
    changes
}

type News = Vec<(&'static str, String)>;

fn news(before: Option<&Report>, report: &Report) -> News {
    let mut news = Vec::new();
    if report.taken != (0, 0) && before.is_none_or(|last| last.taken != report.taken) {
        let (root, generation) = report.taken;
        news.push(("taken", format!("took generation {generation} under root {root}")));
    }
    if let Some(why) = &report.refused
        && before.is_none_or(|last| last.refused != report.refused)
    {
        news.push(("refused", why.as_str().to_owned()));
    }
    if before.is_some_and(|last| last.version != report.version) {
        news.push(("upgraded", format!("runs Limpet {}", report.version)));
    }
    if report.disk_is_low && before.is_none_or(|last| !last.disk_is_low) {
        news.push(("disk-low", "the reserve of its disk is reached".to_owned()));
    }
    let program = |report: &Report| report.program.as_ref().map(|(_, progress)| progress.clone());
    if let Some((version, progress)) = &report.program {
        news.extend(came(&format!("Limpet {version}"), before.and_then(program).as_ref(), progress));
    }
    for app in &report.apps {
        let last = before.and_then(|last| last.apps.iter().find(|last| last.name == app.name));
        news.extend(came(&app.name, last.map(|last| &last.progress), &app.progress));
    }
    news
}

fn came(subject: &str, before: Option<&Progress>, now: &Progress) -> Option<(&'static str, String)> {
    if before == Some(now) {
        return None;
    }
    match now {
        Progress::Waiting | Progress::Fetching | Progress::Updating => None,
        Progress::Committed => Some(("committed", subject.to_owned())),
        Progress::Reverted(why) => Some(("reverted", format!("{subject}: {why}"))),
        Progress::Failed(why) => Some(("failed", format!("{subject}: {why}"))),
        Progress::Paused(why) => Some(("paused", format!("{subject}: {why}"))),
    }
}
