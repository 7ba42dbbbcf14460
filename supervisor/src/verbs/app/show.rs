//! `app ls` and `app ps`.

use super::no_such_app;
use crate::board::Board;
use crate::census::{Census, Listed};
use crate::cli::command::app::{AppListArgs, AppPsArgs};
use crate::control::{self, ControlError};
use crate::failure::{Failure, Outcome};
use crate::ledger::Ledger;
use crate::output::apps::{LIST_COLUMNS, PS_COLUMNS, absent_row, app_of, damaged_row, list_row, update_text};
use crate::output::containers::{HEADINGS, row};
use crate::output::format::Format;
use crate::screen;
use crate::verbs::shown;
use limpet_protocol::control::{AppLine, Instance, Report};
use limpet_runner::keeper::now_ns;
use serde_json::Value;

/// `app ls`: what the ledger says, as the supervisor follows it.
pub(in crate::verbs) fn list(board: &Board, args: &AppListArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let mut report = control::report(board.state())?;
    report.apps.sort_by(|a, b| a.name.cmp(&b.name));
    let damaged = damaged(board);
    let unknown = damaged.iter().map(|(name, _)| name);
    let unknown = unknown.filter(|name| !report.apps.iter().any(|line| line.name == **name));
    if args.quiet {
        report.apps.iter().map(|line| &line.name).chain(unknown).for_each(|name| screen::line(name));
        return Ok(u8::from(!damaged.is_empty()));
    }
    let mut rows: Vec<Value> = report.apps.iter().map(|line| list_row(line, &report.instances)).collect();
    rows.extend(unknown.map(|name| damaged_row(name)));
    match format {
        // One array, as docker compose ls.
        Format::Json => screen::line(&Value::Array(rows).to_string()),
        format => screen::print(&format.rows(&rows, LIST_COLUMNS, HEADINGS)?),
    }
    for trouble in &report.troubles {
        screen::complain(trouble);
    }
    for (_, why) in &damaged {
        screen::complain(&why.to_string());
    }
    Ok(u8::from(!damaged.is_empty()))
}

/// Apps whose records cannot be read, and why. Whoever may only ask the supervisor is told of those that it knows.
fn damaged(board: &Board) -> Vec<(String, Failure)> {
    let ledger = Ledger::new(board.globals.root.as_ref());
    let names = ledger.names().unwrap_or_default();
    names.into_iter().filter_map(|name| Some((name.clone(), ledger.get(&name).err()?.into()))).collect()
}

/// `app ps`: works without the supervisor, which alone knows of containers that are yet to be made.
pub(in crate::verbs) fn ps(board: &Board, args: &AppPsArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let complain = |error: &ControlError| screen::complain(&error.to_string());
    let report = control::report_if_there(board.state(), complain);
    let mut rows = rows(board, &report, args)?;
    for app in &args.apps {
        let known = report.apps.iter().any(|line| line.name == *app);
        if !known && !rows.iter().any(|row| row["App"] == app.as_str()) {
            return Err(no_such_app(app));
        }
    }
    rows.sort_by_key(|row| row["Name"].as_str().map(str::to_owned));
    screen::print(&shown_rows(&rows, args, &format)?);
    let shown = |line: &&AppLine| args.apps.is_empty() || args.apps.contains(&line.name);
    for line in report.apps.iter().filter(shown).filter(|_| !args.quiet && !args.services) {
        if let Some(text) = line.update.as_ref().and_then(update_text) {
            screen::complain(&format!("app {} is {text}", line.name));
        }
    }
    Ok(0)
}

fn shown_rows(rows: &[Value], args: &AppPsArgs, format: &Format) -> Result<String, Failure> {
    let lines = |field: &str| {
        let values = rows.iter().map(|row| row[field].as_str().unwrap_or_default());
        values.filter(|value| !value.is_empty()).map(|value| format!("{value}\n")).collect::<Vec<_>>()
    };
    if args.quiet {
        return Ok(lines("ID").concat());
    }
    if args.services {
        let mut services = lines("Service");
        services.sort();
        services.dedup();
        return Ok(services.concat());
    }
    Ok(format.rows(rows, PS_COLUMNS, HEADINGS)?)
}

fn rows(board: &Board, report: &Report, args: &AppPsArgs) -> Result<Vec<Value>, Failure> {
    let wanted = |app: &str| args.apps.is_empty() || args.apps.iter().any(|wanted| wanted == app);
    let now_ns = now_ns();
    let mut rows = Vec::new();
    for mut listed in Census::take(board)?.complaining() {
        listed.supervise(report);
        if listed.container.member.as_ref().is_some_and(|member| wanted(&member.app)) {
            rows.push(made_row(&listed, args.no_trunc, now_ns));
        }
    }
    let absent = |instance: &&Instance| {
        instance.container.is_none() && app_of(instance).is_some_and(|app| wanted(app))
    };
    rows.extend(report.instances.iter().filter(absent).map(absent_row));
    Ok(rows)
}

/// The row of `ps`, with what docker compose adds.
fn made_row(listed: &Listed, whole: bool, now_ns: u64) -> Value {
    let mut row = row(listed, None, whole, now_ns);
    if let Some(member) = &listed.container.member {
        row["Name"] = listed.container.name.as_str().into();
        row["App"] = member.app.as_str().into();
        row["Project"] = member.app.as_str().into();
        row["Service"] = member.service.as_str().into();
    }
    row
}
