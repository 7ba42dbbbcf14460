//! `install`: the units by which systemd starts the supervisor at boot, and stops containers at the end of the board.
//!
//! Two units. `limpet.service` is the supervisor: stopping or restarting it leaves containers alone (`KillMode=process`).
//! `limpet-containers.service` does nothing but to stop them when the board goes down: systemd stops it before the
//! supervisor, because it is ordered after it.

#[cfg(test)]
mod tests;

use crate::board::Board;
use crate::cli::command::InstallArgs;
use crate::cli::{ROOT_DEFAULT, STATE_DEFAULT};
use crate::failure::{Failure, Outcome};
use crate::screen;
use crate::supervise::SHUTDOWN_MS;
use crate::trial::{self, Trial};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SUPERVISOR: &str = "limpet.service";
const CONTAINERS: &str = "limpet-containers.service";
/// How long the supervisor may be silent before systemd starts it anew.
const WATCHDOG_S: u64 = 30;

/// `install`
pub(super) fn install(board: &Board, args: &InstallArgs) -> Outcome {
    let program = Path::new(&args.prefix).join("bin/limpet");
    let trial = Trial::of(&program);
    let units = units(board, &trial);
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
        put(&directory.join(name), text.as_bytes(), 0o644)?;
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
fn units(board: &Board, trial: &Trial) -> [(&'static str, String); 2] {
    let (program, before, undo) = (trial.installed().display(), trial.before().display(), trial::VERB);
    let mut globals = String::new();
    for (flag, value, default) in
        [("--root", &board.globals.root, ROOT_DEFAULT), ("--state", &board.globals.state, STATE_DEFAULT)]
    {
        if value != default {
            globals.push_str(&format!(" {flag} {value}"));
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
    [(SUPERVISOR, supervisor), (CONTAINERS, containers)]
}

/// This program, unless it is that very file already.
fn copy_program(target: &Path) -> Result<(), Failure> {
    let own = fs::read_link("/proc/self/exe")?;
    let same = fs::canonicalize(target).is_ok_and(|there| there == own);
    if same { Ok(()) } else { put(target, &fs::read("/proc/self/exe")?, 0o755) }
}

/// Whole or not at all, and durably.
pub(crate) fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let explain = |error: io::Error| Failure::new(format!("write {}: {error}", path.display()));
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory).map_err(explain)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let aside: PathBuf = directory.join(format!(".{name}.new"));
    let written = fs::write(&aside, bytes)
        .and_then(|()| fs::set_permissions(&aside, fs::Permissions::from_mode(mode)))
        .and_then(|()| fs::File::open(&aside)?.sync_all())
        .and_then(|()| fs::rename(&aside, path))
        .and_then(|()| fs::File::open(directory)?.sync_all());
    if written.is_err() {
        // The first error is the one to tell.
        fs::remove_file(&aside).ok();
    }
    written.map_err(explain)
}

/// Takes away what was written; what is gone already is no error.
fn uninstall(args: &InstallArgs, trial: &Trial, directory: &Path) -> Outcome {
    let programs = [trial.before(), trial.installed()].map(Path::to_owned);
    for path in [SUPERVISOR, CONTAINERS].map(|unit| directory.join(unit)).into_iter().chain(programs) {
        if args.dry_run {
            screen::line(&format!("remove {}", path.display()));
            continue;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("remove {}: {error}", path.display())));
            }
            _ => {}
        }
    }
    if !args.dry_run {
        screen::line("Removed. Stop what runs with: systemctl stop limpet-containers limpet");
    }
    Ok(0)
}
