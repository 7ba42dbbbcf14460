//! `install`: the units by which systemd starts the supervisor at boot, and stops containers at the end of the board.
//!
//! Two units. `limpet.service` is the supervisor: stopping or restarting it leaves containers alone (`KillMode=process`).
//! `limpet-containers.service` does nothing but to stop them when the board goes down: systemd stops it before the
//! supervisor, because it is ordered after it.

#[cfg(test)]
mod tests;

use crate::board::Board;
use crate::cli::command::InstallArgs;
use crate::cli::value::text::unit_path;
use crate::cli::{ROOT_DEFAULT, STATE_DEFAULT};
use crate::failure::{Failure, Outcome};
use crate::screen;
use crate::supervise::SHUTDOWN_MS;
use crate::trial::{self, PROGRAM_MODE, Trial};
use limpet_runner::files::{make_directory, remove_volatile, replace};
use std::fs;
use std::path::Path;

const SUPERVISOR: &str = "limpet.service";
const CONTAINERS: &str = "limpet-containers.service";
/// How long the supervisor may be silent before systemd starts it anew.
const WATCHDOG_S: u64 = 30;

/// `install`
pub(super) fn install(board: &Board, args: &InstallArgs) -> Outcome {
    let program = Path::new(&args.prefix).join("bin/limpet");
    let trial = Trial::of(&program);
    let units = units(board, &trial)?;
    let directory = Path::new(&args.unit_directory);
    if args.uninstall {
        return uninstall(args, &trial, directory);
    }
    if args.dry_run {
        screen::line(&format!("# copy of this program: {}", program.display()));
        for (name, text) in &units {
            screen::print(&format!("\n# {}\n{text}", directory.join(name).display()));
        }
        return Ok(0);
    }
    // Whatever was on trial, this is now the version that is wanted.
    copy_program(&program)?;
    trial.pass()?;
    for (name, text) in &units {
        put(&directory.join(name), 0o644, text.as_bytes())?;
    }
    screen::line(&installed(&program, directory));
    screen::line("Now: systemctl daemon-reload && systemctl enable --now limpet limpet-containers");
    Ok(0)
}

fn installed(program: &Path, directory: &Path) -> String {
    let [supervisor, containers] = [SUPERVISOR, CONTAINERS].map(|unit| directory.join(unit));
    format!("Installed {}, {} and {}.", program.display(), supervisor.display(), containers.display())
}

/// Names and texts of the units.
///
/// # Errors
/// A directory of this instance is none that systemd takes.
fn units(board: &Board, trial: &Trial) -> Result<[(&'static str, String); 2], Failure> {
    let (program, before, undo) = (trial.installed().display(), trial.before().display(), trial::VERB);
    let mut globals = String::new();
    for (flag, value, default) in
        [("--root", &board.globals.root, ROOT_DEFAULT), ("--state", &board.globals.state, STATE_DEFAULT)]
    {
        if value != default {
            let path = unit_path(value)
                .map_err(|error| Failure::new(format!("install: {flag} {value}: {error}")))?;
            globals.push_str(&format!(" {flag} {path}"));
        }
    }
    let stop_s = SHUTDOWN_MS / 1000;
    let patience_s = stop_s + 15;
    let supervisor = format!(
        "[Unit]\n\
        Description=Limpet supervisor: keeps containers running\n\
        # Not network-online.target: a board comes back without a network.\n\
        After=local-fs.target network.target time-set.target\n\
        # Never give up starting it.\n\
        StartLimitIntervalSec=0\n\
        \n\
        [Service]\n\
        Type=notify\n\
        # An upgrade that nobody found well, as the power went, is undone by the version before.\n\
        ExecStartPre=-{before} {undo}\n\
        ExecStart={program}{globals} supervise\n\
        Restart=always\n\
        RestartSec=1\n\
        WatchdogSec={WATCHDOG_S}\n\
        # SIGABRT, the default, does not end what is stopped; systemd would wait for 90 s more.\n\
        WatchdogSignal=SIGKILL\n\
        # Keepers outlive the supervisor: only its own process is ended with it.\n\
        KillMode=process\n\
        Delegate=yes\n\
        OOMScoreAdjust=-900\n\
        LimitNOFILE=65536\n\
        TasksMax=infinity\n\
        \n\
        [Install]\n\
        WantedBy=multi-user.target\n"
    );
    let containers = format!(
        "[Unit]\n\
        Description=Limpet containers: stopped in order at the end of the board\n\
        # Not Requires: a stop or restart of the supervisor by hand would stop this, and with it every container.\n\
        Wants={SUPERVISOR}\n\
        After={SUPERVISOR}\n\
        RefuseManualStop=no\n\
        \n\
        [Service]\n\
        Type=oneshot\n\
        RemainAfterExit=yes\n\
        ExecStart={program} version\n\
        ExecStop={program}{globals} shutdown --time {stop_s}\n\
        TimeoutStopSec={patience_s}\n\
        \n\
        [Install]\n\
        WantedBy=multi-user.target\n"
    );
    Ok([(SUPERVISOR, supervisor), (CONTAINERS, containers)])
}

/// This program, unless it is that very file already.
fn copy_program(target: &Path) -> Result<(), Failure> {
    let own = fs::read_link("/proc/self/exe")?;
    let same = fs::canonicalize(target).is_ok_and(|there| there == own);
    if same { Ok(()) } else { put(target, PROGRAM_MODE, &fs::read("/proc/self/exe")?) }
}

/// A file, in a directory that need not be there.
fn put(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), Failure> {
    make_directory(path.parent().unwrap_or(path), 0o755)?;
    Ok(replace(path, mode, bytes)?)
}

/// Takes away what was written; what is gone already is no error.
fn uninstall(args: &InstallArgs, trial: &Trial, directory: &Path) -> Outcome {
    let programs = [trial.before(), trial.installed()].map(Path::to_owned);
    for path in [SUPERVISOR, CONTAINERS].map(|unit| directory.join(unit)).into_iter().chain(programs) {
        if args.dry_run {
            screen::line(&format!("remove {}", path.display()));
            continue;
        }
        remove_volatile(&path)?;
    }
    if !args.dry_run {
        screen::line("Removed. Stop what runs with: systemctl stop limpet-containers limpet");
    }
    Ok(0)
}
