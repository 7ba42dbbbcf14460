//! `process` of a bundle, with the filter of `linux.seccomp`.

use super::{BundleError, Circumstances, spec, wrong};
use crate::{capabilities, seccomp};
use limpet_protocol::launch::{Capabilities, Process, Rlimit, Seccomp, WindowSize};

const WINDOW_DEFAULT: WindowSize = WindowSize { rows: 24, columns: 80 };

/// Names of resource limits, in the order of their numbers (getrlimit(2), asm-generic).
const RLIMITS: [&str; 16] = [
    "CPU",
    "FSIZE",
    "DATA",
    "STACK",
    "CORE",
    "RSS",
    "NPROC",
    "NOFILE",
    "MEMLOCK",
    "AS",
    "LOCKS",
    "SIGPENDING",
    "MSGQUEUE",
    "NICE",
    "RTPRIO",
    "RTTIME",
];

pub(super) fn read(
    process: &spec::Process<'_>,
    linux: &spec::Linux<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<Process, BundleError> {
    let user = &process.user;
    if user.username.is_some_and(|name| !name.is_empty()) {
        return wrong("process.user.username", "it is for Windows; give uid and gid");
    }
    if process.args.is_empty() {
        return wrong("process.args", "it names no command");
    }
    if !process.cwd.starts_with('/') {
        return wrong("process.cwd", format!("{} is not an absolute path", process.cwd));
    }
    let capabilities = sets(process.capabilities.as_ref(), circumstances.last_capability)?;
    Ok(Process {
        args: process.args.clone(),
        env: process.env.clone(),
        cwd: process.cwd.to_owned(),
        user: format!("{}:{}", user.uid, user.gid),
        groups: user.additional_gids.iter().map(u32::to_string).collect(),
        terminal: terminal(process, circumstances.window),
        stdin_open: false,
        no_new_privileges: process.no_new_privileges,
        rlimits: process.rlimits.iter().map(rlimit).collect::<Result<_, _>>()?,
        oom_score_adj: oom_score_adj(process.oom_score_adj)?,
        umask: umask(user.umask)?,
        seccomp: filter(linux, capabilities.bounding, circumstances)?,
        capabilities,
    })
}

fn terminal(process: &spec::Process<'_>, window: Option<WindowSize>) -> Option<WindowSize> {
    let own = process.console_size.as_ref().filter(|size| size.height > 0 && size.width > 0);
    let own = own.map(|size| WindowSize { rows: size.height, columns: size.width });
    process.terminal.then(|| own.or(window).unwrap_or(WINDOW_DEFAULT))
}

/// Without the field a process gets none.
fn sets(wanted: Option<&spec::Capabilities>, last: u8) -> Result<Capabilities, BundleError> {
    let Some(wanted) = wanted else {
        return Ok(Capabilities { bounding: 0, effective: 0, permitted: 0, inheritable: 0, ambient: 0 });
    };
    let set = |field: &str, names: &[String]| {
        let known = capabilities::known_to(last);
        names.iter().try_fold(0, |set, name| match capabilities::number(name) {
            Ok(number) if known >> number & 1 == 1 => Ok(set | 1 << number),
            Ok(_) => {
                wrong(format!("process.capabilities.{field}"), format!("{name} is not known to this kernel"))
            }
            Err(error) => wrong(format!("process.capabilities.{field}"), error.to_string()),
        })
    };
    Ok(Capabilities {
        bounding: set("bounding", &wanted.bounding)?,
        effective: set("effective", &wanted.effective)?,
        permitted: set("permitted", &wanted.permitted)?,
        inheritable: set("inheritable", &wanted.inheritable)?,
        // The kernel has no ambient capability that is not inheritable (capabilities(7)); runc passes over such ones too,
        // and its own example configuration asks for them.
        ambient: set("ambient", &wanted.ambient)? & set("inheritable", &wanted.inheritable)?,
    })
}

fn rlimit(limit: &spec::Rlimit<'_>) -> Result<Rlimit, BundleError> {
    let name = limit.kind.strip_prefix("RLIMIT_");
    let number = name.and_then(|name| RLIMITS.iter().position(|known| *known == name));
    let Some(resource) = number.and_then(|number| u8::try_from(number).ok()) else {
        return wrong("process.rlimits", format!("there is no limit {}", limit.kind));
    };
    if limit.soft > limit.hard {
        return wrong("process.rlimits", format!("the soft limit of {} is above the hard one", limit.kind));
    }
    Ok(Rlimit { resource, soft: limit.soft, hard: limit.hard })
}

fn oom_score_adj(score: Option<i16>) -> Result<Option<i16>, BundleError> {
    match score {
        Some(score) if !(-1000..=1000).contains(&score) => {
            wrong("process.oomScoreAdj", format!("{score} is not between -1000 and 1000"))
        }
        score => Ok(score),
    }
}

fn umask(umask: Option<u32>) -> Result<Option<u16>, BundleError> {
    match umask.map(|umask| (umask, u16::try_from(umask))) {
        None => Ok(None),
        Some((_, Ok(umask))) if umask <= 0o777 => Ok(Some(umask)),
        Some((umask, _)) => {
            wrong("process.user.umask", format!("{umask} is more than the 511 (0777) that are possible"))
        }
    }
}

/// docker's form of a profile is the specification's with additions.
fn filter(
    linux: &spec::Linux<'_>,
    bounding: u64,
    circumstances: &Circumstances<'_>,
) -> Result<Seccomp, BundleError> {
    let Some(profile) = linux.seccomp else { return Ok(Seccomp::Unconfined) };
    match seccomp::from_value(profile, bounding, circumstances.features.kernel) {
        Ok(filter) => Ok(Seccomp::Filter(filter)),
        Err(error) => {
            let source =
                std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            wrong("linux.seccomp", format!("{error}{source}"))
        }
    }
}
