//! `limpetctl rollout`: following and steering.

use super::cli::{Global, Rollout as Verb};
use super::encoding::{age, now_s, shown};
use super::failure::{Failure, Outcome};
use super::screen::say;
use super::session::Session;
use super::table::Table;
use crate::api::Rollout;
use limpet_fleet::rollout::{Part, Status};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often one that is followed is asked about.
const POLL: Duration = Duration::from_secs(1);
/// So often in a row it may not be heard of.
const MISSED_MAX: u32 = 60;

/// Carries one out.
pub(crate) async fn run(global: &Global, verb: Verb) -> Outcome<()> {
    let (mut session, _) = Session::open(global).await?;
    match verb {
        Verb::Status { id, no_wait } => {
            let id = which(&mut session, id).await?;
            if no_wait {
                let rollout = one(&mut session, id).await?;
                say!("{}", line(&rollout));
                return Ok(());
            }
            follow(&mut session, id).await
        }
        Verb::Pause { id } => steer(&mut session, id, "pause").await.map(drop),
        Verb::Resume { id } => steer(&mut session, id, "resume").await.map(drop),
        Verb::Undo { id, detach } => {
            let rollout = steer(&mut session, id, "undo").await?;
            if detach { Ok(()) } else { undone(&mut session, rollout.id).await }
        }
        Verb::History { app } => history(&mut session, app.as_deref()).await,
    }
}

async fn which(session: &mut Session, id: Option<u64>) -> Outcome<u64> {
    if let Some(id) = id {
        return Ok(id);
    }
    let all: Vec<Rollout> = session.get("/rollouts").await?;
    all.iter().map(|rollout| rollout.id).max().ok_or_else(|| Failure::new("there was no rollout yet"))
}

pub(crate) async fn one(session: &mut Session, id: u64) -> Outcome<Rollout> {
    session.get(&format!("/rollouts/{id}")).await
}

async fn steer(session: &mut Session, id: Option<u64>, word: &str) -> Outcome<Rollout> {
    let id = which(session, id).await?;
    let rollout: Rollout = session.tell(&format!("/rollouts/{id}/{word}")).await?;
    say!("{}", line(&rollout));
    Ok(rollout)
}

/// Prints what happens until nothing more does; an error if that is no success.
pub(crate) async fn follow(session: &mut Session, id: u64) -> Outcome<()> {
    let rollout = watch(session, id).await?;
    match &rollout.status {
        Status::Done => Ok(()),
        Status::Canary
        | Status::Batch(_)
        | Status::Paused(_)
        | Status::Undoing(_)
        | Status::Undone(_)
        | Status::Superseded => Err(Failure::new(line(&rollout))),
    }
}

/// As [`follow`], where having gone back is what was asked for.
async fn undone(session: &mut Session, id: u64) -> Outcome<()> {
    let rollout = watch(session, id).await?;
    if matches!(rollout.status, Status::Undone(_)) { Ok(()) } else { Err(Failure::new(line(&rollout))) }
}

async fn watch(session: &mut Session, id: u64) -> Outcome<Rollout> {
    let mut told = Told::default();
    let mut missed = 0;
    loop {
        let rollout = match one(session, id).await {
            Ok(rollout) => rollout,
            // It was there before: the controller is started anew, or the network is gone for a while.
            Err(failure) if missed < MISSED_MAX && !told.status.is_empty() => {
                missed += 1;
                eprintln!("{}; asking again", failure.line);
                tokio::time::sleep(POLL).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        missed = 0;
        told.news(&rollout).iter().for_each(|line| say!("{line}"));
        if is_over(&rollout.status) {
            return Ok(rollout);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What a person who follows has been told.
#[derive(Default)]
struct Told {
    parts: BTreeMap<String, String>,
    status: String,
}

impl Told {
    fn news(&mut self, rollout: &Rollout) -> Vec<String> {
        let mut lines = Vec::new();
        for (board, part) in &rollout.boards {
            let text = part_text(part);
            let waits = *part == Part::Waiting;
            if self.parts.insert(board.clone(), text.clone()).as_ref() != Some(&text) && !waits {
                lines.push(format!("  {}: {text}", shown(board)));
            }
        }
        let status = line(rollout);
        if self.status != status {
            self.status.clone_from(&status);
            lines.push(status);
        }
        lines
    }
}

/// Nothing more happens by itself.
pub(crate) fn is_over(status: &Status) -> bool {
    match status {
        Status::Done | Status::Undone(_) | Status::Paused(_) | Status::Superseded => true,
        Status::Canary | Status::Batch(_) | Status::Undoing(_) => false,
    }
}

/// One board's part in words.
pub(crate) fn part_text(part: &Part) -> String {
    match part {
        Part::Waiting => "waiting".to_owned(),
        Part::Offered { said: None, .. } => "offered".to_owned(),
        Part::Offered { said: Some(why), .. } => format!("offered: {}", shown(why)),
        Part::Committed { .. } => "committed".to_owned(),
        Part::Failed(why) => format!("failed: {}", shown(why)),
        Part::Undoing { since_s: _ } => "undoing".to_owned(),
        Part::Undone => "undone".to_owned(),
        Part::Away => "away, and offered when it comes back".to_owned(),
        Part::Skipped => "skipped".to_owned(),
    }
}

/// Where it stands, in words.
pub(crate) fn status_text(status: &Status) -> String {
    match status {
        Status::Canary => "canary".to_owned(),
        Status::Batch(done) => format!("batch {}", done.saturating_add(1)),
        Status::Paused(why) => format!("paused: {}", shown(why)),
        Status::Undoing(why) => format!("undoing: {}", shown(why)),
        Status::Undone(why) => format!("undone: {}", shown(why)),
        Status::Done => "done".to_owned(),
        Status::Superseded => "superseded".to_owned(),
    }
}

/// Boards that have come to it.
pub(crate) fn committed(rollout: &Rollout) -> usize {
    rollout.boards.iter().filter(|(_, part)| matches!(part, Part::Committed { .. })).count()
}

fn line(rollout: &Rollout) -> String {
    let (done, all) = (committed(rollout), rollout.boards.len());
    let waits = if rollout.waits.is_empty() { String::new() } else { format!("; {}", shown(&rollout.waits)) };
    format!(
        "rollout/{} of {}: {}, {done} of {all} committed{waits}",
        rollout.id,
        shown(&rollout.subject),
        status_text(&rollout.status)
    )
}

async fn history(session: &mut Session, app: Option<&str>) -> Outcome<()> {
    let mut all: Vec<Rollout> = session.get("/rollouts").await?;
    all.retain(|rollout| app.is_none_or(|app| rollout.subject.trim_start_matches('-') == app));
    all.sort_by_key(|rollout| rollout.id);
    table(&all, now_s(), true).print(true);
    Ok(())
}

/// Rollouts as a table.
pub(crate) fn table(all: &[Rollout], now_s: u64, wide: bool) -> Table {
    let mut table = Table::new(&["ID", "SUBJECT", "STATUS", "BOARDS", "AGE"]);
    if wide {
        table.column("BY");
        table.column("NOTE");
    }
    for rollout in all {
        let mut cells = vec![
            rollout.id.to_string(),
            shown(&rollout.subject),
            status_text(&rollout.status),
            format!("{}/{}", committed(rollout), rollout.boards.len()),
            age(rollout.created_s, now_s),
        ];
        if wide {
            cells.push(rollout.by.chars().take(12).collect());
            cells.push(shown(&rollout.note));
        }
        table.row(cells);
    }
    table
}
