//! A container from an OCI bundle: what its configuration asks for, with those options that do not contradict it.
//!
//! A configuration is whole: an option that would change what it says is an error, not a mixture. Options count that say
//! how Limpet keeps the container (its name, streams, log, stop, limits), and a command after the options.

#[cfg(test)]
mod tests;

use crate::board::Board;
use crate::cli::options::ContainerOptions;
use crate::cli::value::security::SeccompChoice;
use crate::cli::value::time::Grace;
use crate::failure::Failure;
use crate::gathering;
use limpet_protocol::container::Container;
use limpet_protocol::id::ContainerId;
use limpet_protocol::keeper::{Keep, Stop};
use limpet_protocol::launch::{Launch, WindowSize};
use limpet_runner::bundle::{self, Bundle, Circumstances};
use limpet_runner::keeper::now_ns;
use std::path::Path;

/// SIGTERM, docker's signal where nobody names one.
const STOP_SIGNAL: u8 = 15;
/// docker's grace period.
const GRACE_MS: u32 = 10_000;

/// The record of a container from the bundle in `directory`.
///
/// # Errors
/// The bundle cannot be run, or an option contradicts it.
pub fn container(
    board: &Board,
    options: &ContainerOptions,
    directory: &str,
    id: &ContainerId,
) -> Result<Container, Failure> {
    if let Some(flag) = contradicting(options) {
        return Err(Failure::new(format!(
            "{flag}: a bundle says that itself; set it in {directory}/config.json"
        )));
    }
    let features = board.features();
    let circumstances = Circumstances {
        id: id.clone(),
        features: &features,
        last_capability: gathering::last_capability(),
        board: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        cgroup: format!("{}/{id}", options.cgroup_parent.as_deref().unwrap_or("limpet")),
        window: window(),
    };
    let Bundle { mut launch, annotations } = bundle::read(Path::new(directory), circumstances)?;
    apply(options, &mut launch)?;
    let mut labels = annotations;
    labels.extend(gathering::labels(options)?);
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let keep = Keep {
        launch,
        stop: stop(options),
        log: options.log.limits(),
        remove: options.remove,
        directory: path(&board.home.directory(id)),
        state: path(&board.home.state_directory(id)),
    };
    let name = options.name.clone().unwrap_or_else(|| crate::names::invent(id));
    Ok(Container {
        name,
        image: None,
        created_ns: now_ns(),
        labels,
        keep,
        entrypoint_args: 0,
        restart: options.restart,
        health: options.health.over(None),
        member: None,
    })
}

fn window() -> Option<WindowSize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdin()).ok()?;
    (size.ws_row > 0).then_some(WindowSize { rows: size.ws_row, columns: size.ws_col })
}

/// The first option that would change what a bundle says of itself.
fn contradicting(options: &ContainerOptions) -> Option<&'static str> {
    [
        (options.entrypoint.is_some(), "--entrypoint"),
        (options.hostname.is_some(), "--hostname"),
        (!options.environment.is_empty(), "--env"),
        (!options.env_files.is_empty(), "--env-file"),
        (options.workdir.is_some(), "--workdir"),
        (options.user.is_some(), "--user"),
        (!options.groups.is_empty(), "--group-add"),
        (!options.rlimits.is_empty(), "--ulimit"),
        (options.umask.is_some(), "--umask"),
        (!options.mounts.is_empty(), "--volume, --mount and --tmpfs"),
        (options.root_readonly, "--read-only"),
        (options.shm_bytes.is_some(), "--shm-size"),
        (!options.devices.is_empty(), "--device"),
        (options.network.is_some(), "--network"),
        (options.userns_host, "--userns"),
        (options.privileged, "--privileged"),
        (options.capabilities != Default::default(), "--cap-add and --cap-drop"),
        (options.no_new_privileges || options.seccomp != SeccompChoice::Default, "--security-opt"),
        (!options.sysctls.is_empty(), "--sysctl"),
        (options.oom_score_adj.is_some(), "--oom-score-adj"),
    ]
    .into_iter()
    .find_map(|(given, flag)| given.then_some(flag))
}

fn apply(options: &ContainerOptions, launch: &mut Launch) -> Result<(), Failure> {
    if !options.command.is_empty() {
        launch.process.args.clone_from(&options.command);
    }
    if options.tty && launch.process.terminal.is_none() {
        launch.process.terminal = Some(window().unwrap_or(WindowSize { rows: 24, columns: 80 }));
    }
    launch.process.stdin_open = options.interactive;
    launch.init = options.init;
    options.limits.apply(&mut launch.limits, gathering::throttles(&options.limits)?);
    Ok(())
}

fn stop(options: &ContainerOptions) -> Stop {
    let grace_ms = match options.grace {
        Some(Grace::Ms(ms)) => Some(ms),
        Some(Grace::Forever) => None,
        None => Some(GRACE_MS),
    };
    Stop { signal: options.stop_signal.unwrap_or(STOP_SIGNAL), grace_ms }
}
