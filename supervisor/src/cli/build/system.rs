//! The verbs about the board and about the command line itself.

use super::{filters, format};
use crate::cli::command::{Command, DfArgs, FormatArgs, InspectArgs, InspectKind, PruneArgs, Shell};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{Invalid, filter};
use crate::cli::{help, suggest, table};
use crate::init::Order;

/// `inspect`
pub(in crate::cli) fn inspect(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Inspect(InspectArgs {
        names: matches.operands.clone(),
        kind: matches.one("type", kind)?,
        format: format(matches),
        size: matches.on("size"),
    }))
}

fn kind(text: &str) -> Result<InspectKind, Invalid> {
    match text {
        "container" => Ok(InspectKind::Container),
        "image" => Ok(InspectKind::Image),
        _ => Err("write container or image".into()),
    }
}

/// `info`
pub(in crate::cli) fn info(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Info(FormatArgs { format: format(matches) }))
}

/// `poweroff`
pub(in crate::cli) fn power_off(_: &Matches) -> Result<Command, Problem> {
    Ok(Command::Power(Order::PowerOff))
}

/// `reboot`
pub(in crate::cli) fn reboot(_: &Matches) -> Result<Command, Problem> {
    Ok(Command::Power(Order::Reboot))
}

/// `version`
pub(in crate::cli) fn version(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Version(FormatArgs { format: format(matches) }))
}

/// `completion`
pub(in crate::cli) fn completion(matches: &Matches) -> Result<Command, Problem> {
    match matches.operands.first().map(String::as_str) {
        Some("bash") => Ok(Command::Completion(Shell::Bash)),
        Some("zsh") => Ok(Command::Completion(Shell::Zsh)),
        Some("fish") => Ok(Command::Completion(Shell::Fish)),
        other => Err(Problem::operand(format!("{}: write bash, zsh or fish", other.unwrap_or_default()))),
    }
}

/// `help`
pub(in crate::cli) fn help(matches: &Matches) -> Result<Command, Problem> {
    let words: Vec<&str> = matches.operands.iter().map(String::as_str).collect();
    let page = match words.as_slice() {
        [] => help::program(),
        [verb, extra] if table::verb(verb).is_some() => {
            return Err(Problem::operand(format!("{extra}: one argument too many")));
        }
        [group, member] => match table::group(group) {
            None => return Err(suggest::unknown_verb(group)),
            Some(group) => match group.member(member) {
                Some(verb) => help::verb(verb, &format!("{} {member}", group.name)),
                None => return Err(suggest::unknown_member(group, member)),
            },
        },
        [word, ..] => match (table::verb(word), table::group(word)) {
            (Some(verb), _) => help::verb(verb, verb.name),
            (None, Some(group)) => help::group(group),
            (None, None) => return Err(suggest::unknown_verb(word)),
        },
    };
    Ok(Command::Help(page))
}

/// `system df`
pub(in crate::cli) fn df(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::SystemDf(DfArgs { verbose: matches.on("verbose"), format: format(matches) }))
}

/// `system prune`
pub(in crate::cli) fn prune(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::SystemPrune(PruneArgs {
        all: matches.on("all"),
        force: matches.on("force"),
        volumes: matches.on("volumes"),
        filters: filters(matches, filter::of_prune)?,
    }))
}
