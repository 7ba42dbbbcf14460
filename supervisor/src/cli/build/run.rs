//! `run` and `create`.

use super::{detach_keys, limits, workdir};
use crate::cli::command::{Command, RunArgs};
use crate::cli::fetching::PullPolicy;
use crate::cli::options::{ContainerOptions, Source, Streams};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::capability::CapabilityRules;
use crate::cli::value::mount::MountSpec;
use crate::cli::value::security::{SeccompChoice, SecurityOption};
use crate::cli::value::{
    Invalid, capability, device, health, mount, number, platform, restart, rlimit, security, signal, size,
    text, time,
};
use limpet_protocol::app::LogRequest;
use limpet_protocol::health::{HealthChoice, HealthOptions};
use limpet_protocol::launch::{MOUNTS_MAX, Network, STRINGS_BYTES_MAX, STRINGS_MAX};
use limpet_protocol::limits::{Memory, Swap};
use limpet_protocol::restart::When;

/// `run`
pub(in crate::cli) fn run(matches: &Matches) -> Result<Command, Problem> {
    let detach = matches.on("detach");
    if detach && matches.has("attach") {
        return Err(Problem::flag("--detach and --attach contradict each other; leave one out"));
    }
    Ok(Command::Run(Box::new(RunArgs {
        options: options(matches)?,
        detach,
        signal_proxy: matches.on_by_default("sig-proxy"),
        detach_keys: detach_keys(matches)?,
    })))
}

/// `create`
pub(in crate::cli) fn create(matches: &Matches) -> Result<Command, Problem> {
    options(matches).map(|options| Command::Create(Box::new(options)))
}

fn options(matches: &Matches) -> Result<ContainerOptions, Problem> {
    let (source, command) = source(matches)?;
    let (no_new_privileges, seccomp) = security_options(matches)?;
    let options = ContainerOptions {
        source,
        command,
        entrypoint: matches
            .text("entrypoint")
            .map(|word| Some(word).filter(|word| !word.is_empty()).into_iter().collect()),
        name: matches.one("name", text::name)?,
        hostname: matches.one("hostname", text::hostname)?,
        labels: matches.every("label", text::label)?,
        label_files: matches.every("label-file", text::filled)?,
        cidfile: matches.one("cidfile", text::filled)?,
        remove: matches.on("rm"),
        interactive: matches.on("interactive"),
        tty: matches.on("tty"),
        attach: streams(matches)?,
        environment: matches.every("env", text::variable)?,
        env_files: matches.every("env-file", text::filled)?,
        workdir: workdir(matches)?,
        user: matches.one("user", text::user)?,
        groups: matches.every("group-add", text::filled)?,
        init: matches.on("init"),
        stop_signal: matches.one("stop-signal", signal::parse)?,
        grace: matches.one("stop-timeout", time::grace)?,
        rlimits: matches.every("ulimit", rlimit::parse)?,
        umask: matches.one("umask", number::umask)?,
        mounts: mounts(matches)?,
        root_readonly: matches.on("read-only"),
        shm_bytes: matches.one("shm-size", size::parse_positive)?,
        devices: matches.every("device", device::parse)?,
        pull: matches.one("pull", PullPolicy::parse)?.unwrap_or_default(),
        pull_quiet: matches.on("quiet"),
        platform: matches.one("platform", platform::parse)?,
        network: matches.one("network", number::network)?,
        userns_host: matches.one("userns", security::user_namespace_is_host)?.unwrap_or(false),
        privileged: matches.on("privileged"),
        capabilities: capabilities(matches)?,
        no_new_privileges,
        seccomp,
        sysctls: matches.every("sysctl", text::sysctl)?,
        oom_score_adj: matches.one("oom-score-adj", number::oom_score_adj)?,
        cgroup_parent: matches.one("cgroup-parent", text::cgroup_parent)?,
        log: log(matches)?,
        limits: limits::limits(matches)?,
        restart: matches.one("restart", restart::parse)?.unwrap_or_default(),
        health: health_options(matches)?,
        health_for: None,
        member: None,
    };
    check(&options)?;
    Ok(options)
}

/// Where it comes from and what it runs: with a bundle, every operand is the command.
fn source(matches: &Matches) -> Result<(Source, Vec<String>), Problem> {
    if let Some(directory) = matches.one("bundle", text::filled)? {
        if matches.has("platform") {
            return Err(Problem::flag("--platform chooses among an image's; a bundle has one"));
        }
        return Ok((Source::Bundle(directory), matches.operands.clone()));
    }
    match matches.operands.split_first() {
        Some((image, command)) if !image.is_empty() => Ok((Source::Image(image.clone()), command.to_vec())),
        _ => Err(Problem::operand("name an IMAGE to run, or --bundle DIR")),
    }
}

fn streams(matches: &Matches) -> Result<Option<Streams>, Problem> {
    let named = matches.every("attach", stream)?;
    Ok((!named.is_empty()).then(|| Streams {
        stdin: named.contains(&0),
        stdout: named.contains(&1),
        stderr: named.contains(&2),
    }))
}

fn stream(text: &str) -> Result<u8, Invalid> {
    match text.to_ascii_lowercase().as_str() {
        "stdin" => Ok(0),
        "stdout" => Ok(1),
        "stderr" => Ok(2),
        _ => Err("write stdin, stdout or stderr".into()),
    }
}

fn mounts(matches: &Matches) -> Result<Vec<MountSpec>, Problem> {
    let mut mounts = matches.every("volume", mount::volume)?;
    mounts.extend(matches.every("mount", mount::mount)?);
    mounts.extend(matches.every("tmpfs", mount::tmpfs)?);
    for (index, mount) in mounts.iter().enumerate() {
        if mounts[..index].iter().any(|other| other.target == mount.target) {
            return Err(Problem::flag(format!("{}: something else is mounted there already", mount.target)));
        }
    }
    Ok(mounts)
}

fn capabilities(matches: &Matches) -> Result<CapabilityRules, Problem> {
    let names = |flag| matches.every(flag, capability::parse);
    Ok(CapabilityRules { add: names("cap-add")?, drop: names("cap-drop")? })
}

fn security_options(matches: &Matches) -> Result<(bool, SeccompChoice), Problem> {
    let (mut no_new_privileges, mut seccomp) = (false, SeccompChoice::Default);
    for option in matches.every("security-opt", security::option)? {
        match option {
            SecurityOption::NoNewPrivileges(on) => no_new_privileges = on,
            SecurityOption::Seccomp(choice) => seccomp = choice,
            SecurityOption::AsItIs => {}
        }
    }
    Ok((no_new_privileges, seccomp))
}

/// `--log-driver none` has the last word.
fn log(matches: &Matches) -> Result<LogRequest, Problem> {
    let mut log = LogRequest::default();
    for part in matches.every("log-opt", security::log_option)? {
        log.file_bytes_max = part.file_bytes_max.or(log.file_bytes_max);
        log.files_max = part.files_max.or(log.files_max);
        log.disk = part.disk.or(log.disk);
        log.rate = part.rate.or(log.rate);
    }
    log.files_max = matches.one("log-driver", security::log_driver)?.flatten().or(log.files_max);
    Ok(log)
}

/// One probe, or none; a timing without a probe is for the image's own.
fn health_options(matches: &Matches) -> Result<HealthOptions, Problem> {
    let mut probes = matches.every("health-cmd", health::shell)?;
    probes.extend(matches.every("health-http", health::http)?);
    probes.extend(matches.every("health-tcp", health::tcp)?);
    if probes.len() > 1 {
        return Err(Problem::flag(
            "a container has one health check: --health-cmd, --health-http or --health-tcp",
        ));
    }
    let choice = match (matches.on("no-healthcheck"), probes.pop()) {
        (true, Some(_)) => {
            return Err(Problem::flag(
                "--no-healthcheck and a health check contradict each other; leave one out",
            ));
        }
        (true, None) => HealthChoice::Disabled,
        (false, Some(probe)) => HealthChoice::Probe(probe),
        (false, None) => HealthChoice::OfImage,
    };
    Ok(HealthOptions {
        choice,
        interval_ms: matches.one("health-interval", health::milliseconds)?.flatten(),
        timeout_ms: matches.one("health-timeout", health::milliseconds)?.flatten(),
        retries: matches.one("health-retries", health::retries)?.flatten(),
        start_period_ms: matches.one("health-start-period", health::milliseconds)?.flatten(),
        start_interval_ms: matches.one("health-start-interval", health::milliseconds)?.flatten(),
        on_unhealthy: matches.one("on-unhealthy", health::on_unhealthy)?,
    })
}

/// What no flag can know alone.
fn check(options: &ContainerOptions) -> Result<(), Problem> {
    let net_sysctl = options.sysctls.iter().find(|(name, _)| name.starts_with("net."));
    if let (Some((name, _)), Some(Network::Host)) = (net_sysctl, options.network) {
        return Err(Problem::flag(format!(
            "--sysctl {name}: would change the board, whose network --network host shares"
        )));
    }
    if options.remove && options.restart.when != When::No {
        return Err(Problem::flag("--rm and --restart contradict each other; leave one out"));
    }
    let memory_is_bounded = matches!(options.limits.memory, Memory::MaxBytes(_));
    if matches!(options.limits.swap, Swap::TotalBytes(_)) && !memory_is_bounded {
        return Err(Problem::flag("--memory-swap needs --memory, which it includes"));
    }
    if options.mounts.len() > MOUNTS_MAX {
        return Err(Problem::flag(format!("more than {MOUNTS_MAX} mounts")));
    }
    let strings = options.command.len() + options.environment.len();
    let bytes: usize = options.command.iter().map(String::len).sum();
    if strings > STRINGS_MAX || bytes > STRINGS_BYTES_MAX {
        return Err(Problem::flag(format!(
            "the command and its variables are more than {STRINGS_MAX} or over {STRINGS_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}
