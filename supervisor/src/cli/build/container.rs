//! The verbs about containers, but for `run` and `create`.

use super::{detach_keys, filters, format, limits, operand, workdir};
use crate::cli::command::{
    AttachArgs, Command, CpArgs, CpEnd, ExecArgs, ExportArgs, InspectArgs, InspectKind, KillArgs, LogsArgs,
    PortArgs, PruneArgs, PsArgs, RenameArgs, RmArgs, StartArgs, StatsArgs, StopArgs, TOP_COLUMNS,
    TOP_COLUMNS_DEFAULT, TopArgs, UpdateArgs,
};
use crate::cli::options::LimitOptions;
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{filter, number, restart, signal, text, time};

/// `start`
pub(in crate::cli) fn start(matches: &Matches) -> Result<Command, Problem> {
    let (attach, interactive) = (matches.on("attach"), matches.on("interactive"));
    if (attach || interactive) && matches.operands.len() > 1 {
        return Err(Problem::operand("--attach and --interactive work with one container at a time"));
    }
    Ok(Command::Start(StartArgs {
        containers: matches.operands.clone(),
        attach,
        interactive,
        detach_keys: detach_keys(matches)?,
    }))
}

/// `exec`
pub(in crate::cli) fn exec(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Exec(ExecArgs {
        container: operand(matches, 0),
        command: matches.operands.iter().skip(1).cloned().collect(),
        detach: matches.on("detach"),
        interactive: matches.on("interactive"),
        tty: matches.on("tty"),
        environment: matches.every("env", text::variable)?,
        env_files: matches.every("env-file", text::filled)?,
        workdir: workdir(matches)?,
        user: matches.one("user", text::user)?,
        privileged: matches.on("privileged"),
        detach_keys: detach_keys(matches)?,
    }))
}

/// `attach`
pub(in crate::cli) fn attach(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Attach(AttachArgs {
        container: operand(matches, 0),
        stdin: !matches.on("no-stdin"),
        signal_proxy: matches.on_by_default("sig-proxy"),
        detach_keys: detach_keys(matches)?,
    }))
}

/// `stop`
pub(in crate::cli) fn stop(matches: &Matches) -> Result<Command, Problem> {
    stop_args(matches).map(Command::Stop)
}

/// `restart`
pub(in crate::cli) fn restart(matches: &Matches) -> Result<Command, Problem> {
    stop_args(matches).map(Command::Restart)
}

fn stop_args(matches: &Matches) -> Result<StopArgs, Problem> {
    Ok(StopArgs {
        containers: matches.operands.clone(),
        grace: matches.one("timeout", time::grace)?,
        signal: matches.one("signal", signal::parse)?,
    })
}

/// `kill`
pub(in crate::cli) fn kill(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Kill(KillArgs {
        containers: matches.operands.clone(),
        signal: matches.one("signal", signal::parse)?.unwrap_or(signal::KILL),
    }))
}

/// `pause`
pub(in crate::cli) fn pause(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Pause(matches.operands.clone()))
}

/// `unpause`
pub(in crate::cli) fn unpause(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Unpause(matches.operands.clone()))
}

/// `wait`
pub(in crate::cli) fn wait(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Wait(matches.operands.clone()))
}

/// `ps`
pub(in crate::cli) fn ps(matches: &Matches) -> Result<Command, Problem> {
    let last = matches.one("last", number::last)?.flatten();
    Ok(Command::Ps(PsArgs {
        all: matches.on("all"),
        quiet: matches.on("quiet"),
        last: if matches.on("latest") { Some(1) } else { last },
        no_trunc: matches.on("no-trunc"),
        filters: filters(matches, filter::of_containers)?,
        format: format(matches),
        size: matches.on("size"),
    }))
}

/// `logs`
pub(in crate::cli) fn logs(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Logs(LogsArgs {
        container: operand(matches, 0),
        follow: matches.on("follow"),
        tail: matches.one("tail", number::tail)?.flatten(),
        since: matches.one("since", time::moment)?,
        until: matches.one("until", time::moment)?,
        timestamps: matches.on("timestamps"),
    }))
}

/// `container inspect`
pub(in crate::cli) fn container_inspect(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Inspect(InspectArgs {
        names: matches.operands.clone(),
        kind: Some(InspectKind::Container),
        format: format(matches),
        size: matches.on("size"),
    }))
}

/// `top`: columns as `-o pid,rss` or without the `-o`; ps(1)'s collections `-ef` and `aux` are what they are there.
pub(in crate::cli) fn top(matches: &Matches) -> Result<Command, Problem> {
    let mut columns = Vec::new();
    for word in matches.operands.iter().skip(1) {
        match word.as_str() {
            "-o" | "-eo" => {}
            "-ef" | "-f" | "-e" => columns.extend(TOP_COLUMNS_DEFAULT),
            "aux" | "-aux" => {
                columns.extend(["user", "pid", "pcpu", "pmem", "vsz", "rss", "tty", "stat", "time", "args"]);
            }
            list => {
                for name in list.trim_start_matches("-o").split(',') {
                    columns.push(top_column(name)?);
                }
            }
        }
    }
    if columns.is_empty() {
        columns.extend(TOP_COLUMNS_DEFAULT);
    }
    Ok(Command::Top(TopArgs { container: matches.operands.first().cloned(), columns }))
}

fn top_column(name: &str) -> Result<&'static str, Problem> {
    let name = match name {
        "cmd" | "command" => "args",
        "%cpu" => "pcpu",
        "%mem" => "pmem",
        "time" | "cputime" => "time",
        other => other,
    };
    let found = TOP_COLUMNS.iter().find(|known| **known == name);
    found.copied().ok_or_else(|| {
        Problem::flag(format!("no column {name}; there are {}, and -ef and aux", TOP_COLUMNS.join(", ")))
    })
}

/// `stats`
pub(in crate::cli) fn stats(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Stats(StatsArgs {
        containers: matches.operands.clone(),
        all: matches.on("all"),
        stream: !matches.on("no-stream"),
        no_trunc: matches.on("no-trunc"),
        format: format(matches),
    }))
}

/// `diff`
pub(in crate::cli) fn diff(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Diff(operand(matches, 0)))
}

/// `port`
pub(in crate::cli) fn port(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Port(PortArgs { container: operand(matches, 0), port: matches.operands.get(1).cloned() }))
}

/// `rm`
pub(in crate::cli) fn rm(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Rm(RmArgs {
        containers: matches.operands.clone(),
        force: matches.on("force"),
        volumes: matches.on("volumes"),
    }))
}

/// `rename`
pub(in crate::cli) fn rename(matches: &Matches) -> Result<Command, Problem> {
    let typed = operand(matches, 1);
    let name = text::name(&typed).map_err(|why| Problem::operand(format!("{typed}: {why}")))?;
    Ok(Command::Rename(RenameArgs { container: operand(matches, 0), name }))
}

/// `update`
pub(in crate::cli) fn update(matches: &Matches) -> Result<Command, Problem> {
    let limits = limits::limits(matches)?;
    let restart = matches.one("restart", restart::parse)?;
    if limits == LimitOptions::default() && restart.is_none() {
        return Err(Problem::flag("name a limit to change, such as --memory 128m, or --restart"));
    }
    Ok(Command::Update(Box::new(UpdateArgs { containers: matches.operands.clone(), limits, restart })))
}

/// `cp`
pub(in crate::cli) fn cp(matches: &Matches) -> Result<Command, Problem> {
    let (source, destination) = (cp_end(&operand(matches, 0))?, cp_end(&operand(matches, 1))?);
    let inside = |end: &CpEnd| matches!(end, CpEnd::Container { .. });
    match (inside(&source), inside(&destination)) {
        (true, true) => {
            return Err(Problem::operand("cp copies between the board and a container, not between two"));
        }
        (false, false) => return Err(Problem::operand("one of the two must be CONTAINER:PATH")),
        _ => {}
    }
    Ok(Command::Cp(CpArgs {
        source,
        destination,
        archive: matches.on("archive"),
        follow_links: matches.on("follow-link"),
        quiet: matches.on("quiet"),
    }))
}

/// A path with a colon is the board's if it begins with / or a dot, as in docker.
fn cp_end(typed: &str) -> Result<CpEnd, Problem> {
    if typed == "-" {
        return Ok(CpEnd::Stream);
    }
    match typed.split_once(':') {
        Some((container, path)) if !typed.starts_with(['/', '.']) => {
            if container.is_empty() || path.is_empty() {
                return Err(Problem::operand(format!("{typed}: write CONTAINER:PATH")));
            }
            Ok(CpEnd::Container { container: container.to_owned(), path: path.to_owned() })
        }
        _ if typed.is_empty() => Err(Problem::operand("a path must not be empty")),
        _ => Ok(CpEnd::Board(typed.to_owned())),
    }
}

/// `export`
pub(in crate::cli) fn export(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Export(ExportArgs {
        container: operand(matches, 0),
        output: matches.one("output", text::filled)?,
    }))
}

/// `container prune`
pub(in crate::cli) fn prune(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::ContainerPrune(PruneArgs {
        all: false,
        force: matches.on("force"),
        volumes: false,
        filters: filters(matches, filter::of_prune)?,
    }))
}
