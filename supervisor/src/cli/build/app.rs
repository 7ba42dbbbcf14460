//! The verbs about apps, and `events`.

use super::{filters, format};
use crate::cli::command::Command;
use crate::cli::command::app::{
    AppDiffArgs, AppListArgs, AppLogsArgs, AppPsArgs, AppRestartArgs, DownArgs, EventsArgs, FileArgs, UpArgs,
    Which,
};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{app, filter, number, text, time};

fn source(matches: &Matches) -> Result<FileArgs, Problem> {
    Ok(FileArgs {
        files: matches.every("file", text::filled)?,
        app: matches.one("project-name", app::name)?,
        directory: matches.one("project-directory", text::filled)?,
        env_files: matches.every("env-file", text::filled)?,
        profiles: matches.every("profile", text::filled)?,
    })
}

/// `up`
pub(in crate::cli) fn up(matches: &Matches) -> Result<Command, Problem> {
    if matches.on("detach") && matches.on("wait") {
        return Err(Problem::flag("--detach and --wait contradict each other; leave one away"));
    }
    Ok(Command::Up(UpArgs {
        source: source(matches)?,
        dry_run: matches.on("dry-run"),
        detach: matches.on("detach"),
        wait_s: matches.one("wait-timeout", time::seconds)?,
    }))
}

/// `down`
pub(in crate::cli) fn down(matches: &Matches) -> Result<Command, Problem> {
    let source = source(matches)?;
    let app = match (matches.operands.first(), source) {
        (None, source) => Which::OfFiles(source),
        (Some(app), source) if source == FileArgs::default() => Which::Named(app_name(app)?),
        (Some(app), _) => {
            return Err(Problem::operand(format!("{app}: name the app, or its file, but not both")));
        }
    };
    Ok(Command::Down(DownArgs { app, volumes: matches.on("volumes") }))
}

fn app_name(typed: &str) -> Result<String, Problem> {
    app::name(typed).map_err(|why| Problem::operand(format!("{typed}: {why}")))
}

/// `app ls`
pub(in crate::cli) fn list(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::AppList(AppListArgs { quiet: matches.on("quiet"), format: format(matches) }))
}

/// `app ps`
pub(in crate::cli) fn ps(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::AppPs(AppPsArgs {
        apps: matches.operands.iter().map(|app| app_name(app)).collect::<Result<_, _>>()?,
        quiet: matches.on("quiet"),
        services: matches.on("services"),
        no_trunc: matches.on("no-trunc"),
        format: format(matches),
    }))
}

/// `app logs`
pub(in crate::cli) fn logs(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::AppLogs(AppLogsArgs {
        app: matches.operands.first().map(|app| app_name(app)).transpose()?,
        services: matches.operands.iter().skip(1).cloned().collect(),
        follow: matches.on("follow"),
        tail: matches.one("tail", number::tail)?.flatten(),
        since: matches.one("since", time::moment)?,
        until: matches.one("until", time::moment)?,
        timestamps: matches.on("timestamps"),
        prefix: !matches.on("no-log-prefix"),
        color: !matches.on("no-color"),
    }))
}

/// `app restart`
pub(in crate::cli) fn restart(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::AppRestart(AppRestartArgs {
        app: matches.operands.first().map(|app| app_name(app)).transpose()?,
        services: matches.operands.iter().skip(1).cloned().collect(),
    }))
}

/// `app diff`
pub(in crate::cli) fn diff(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::AppDiff(AppDiffArgs { source: source(matches)?, exit_code: matches.on("exit-code") }))
}

/// `events`
pub(in crate::cli) fn events(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Events(EventsArgs {
        since: matches.one("since", time::moment)?,
        until: matches.one("until", time::moment)?,
        filters: filters(matches, filter::of_events)?,
        format: format(matches),
    }))
}
