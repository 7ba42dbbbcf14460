//! What a process may be, and the program it becomes: the last steps of a launch and of an exec.
//!
//! In: a [`Process`]. Out: another program in this process. Runs inside the container's root already.

use crate::beneath;
use crate::steps::ProcessStep;
use crate::user::{self, Identity};
use limpet_protocol::launch::{Process, Seccomp};
use rustix::fd::AsFd;
use rustix::fs::{FileType, Gid, Mode, OFlags, Uid, fchown, fstat};
use rustix::io::{Errno, Result};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::ffi::{CStr, CString};

/// Where commands are looked for when the environment does not say (docker's default PATH).
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const DEFAULT_UMASK: u16 = 0o022;
const CAPABILITIES_MAX: u32 = 64;

/// The state between the process steps.
pub(crate) struct Privileges<'a> {
    process: &'a Process,
    identity: Identity,
}

impl<'a> Privileges<'a> {
    pub(crate) fn new(process: &'a Process) -> Self {
        Self { process, identity: Identity::root() }
    }

    pub(crate) fn perform(&mut self, step: &ProcessStep) -> Result<()> {
        match step {
            ProcessStep::ResolveUser(_) => self.resolve_user(),
            ProcessStep::OwnStdio => self.own_stdio(),
            ProcessStep::ChangeDirectory(path) => enter_directory(path),
            ProcessStep::LimitBoundingSet => self.limit_bounding_set(),
            ProcessStep::SetIds => self.set_ids(),
            ProcessStep::SetNoNewPrivileges => rustix::thread::set_no_new_privs(true),
            ProcessStep::InstallSeccomp => self.install_seccomp(),
            ProcessStep::SetCapabilities => self.set_capabilities(),
            ProcessStep::StartInit => start_init(),
            ProcessStep::Execute(command) => self.execute(command),
        }
    }

    fn resolve_user(&mut self) -> Result<()> {
        self.identity = user::resolve(&self.process.user, &self.process.groups)?;
        Ok(())
    }

    /// Only what is ours already: a descriptor that came from elsewhere keeps its owner.
    fn own_stdio(&self) -> Result<()> {
        let (uid, gid) = (Uid::from_raw(self.identity.uid), Gid::from_raw(self.identity.gid));
        if uid.is_root() {
            return Ok(());
        }
        for fd in [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()] {
            // /dev/null belongs to everybody.
            if FileType::from_raw_mode(fstat(fd)?.st_mode) != FileType::Fifo && !rustix::termios::isatty(fd) {
                continue;
            }
            match fchown(fd, Some(uid), Some(gid)) {
                Ok(()) | Err(Errno::PERM | Errno::INVAL | Errno::ROFS) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    fn limit_bounding_set(&self) -> Result<()> {
        let keep = self.process.capabilities.bounding;
        for number in 0..CAPABILITIES_MAX {
            if keep & (1 << number) != 0 {
                continue;
            }
            let capability = CapabilitySet::from_bits_retain(1 << number);
            match rustix::thread::remove_capability_from_bounding_set(capability) {
                Ok(()) => {}
                // The kernel knows no capability of this or any higher number.
                Err(Errno::INVAL) => break,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// All capabilities stay in force until [`ProcessStep::SetCapabilities`], as a filter may need them.
    fn set_ids(&self) -> Result<()> {
        let groups: Vec<Gid> = self.identity.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
        rustix::thread::set_thread_groups(&groups)?;
        let (uid, gid) = (Uid::from_raw(self.identity.uid), Gid::from_raw(self.identity.gid));
        rustix::thread::set_thread_res_gid(gid, gid, gid)?;
        if uid.is_root() {
            return rustix::thread::set_thread_res_uid(uid, uid, uid);
        }
        rustix::thread::set_keep_capabilities(true)?;
        rustix::thread::set_thread_res_uid(uid, uid, uid)?;
        let mut sets = rustix::thread::capabilities(None)?;
        sets.effective = sets.permitted;
        rustix::thread::set_capabilities(None, sets)
    }

    fn install_seccomp(&self) -> Result<()> {
        match &self.process.seccomp {
            Seccomp::Unconfined => Ok(()),
            Seccomp::Filter(program) => limpet_sys::seccomp::install(program),
        }
    }

    fn set_capabilities(&self) -> Result<()> {
        let wanted = &self.process.capabilities;
        let available = rustix::thread::capabilities(None)?.permitted.bits();
        rustix::thread::set_capabilities(
            None,
            CapabilitySets {
                effective: CapabilitySet::from_bits_retain(wanted.effective & available),
                permitted: CapabilitySet::from_bits_retain(wanted.permitted & available),
                inheritable: CapabilitySet::from_bits_retain(wanted.inheritable & available),
            },
        )?;
        for number in (0..CAPABILITIES_MAX).filter(|number| wanted.ambient & (1 << number) != 0) {
            let capability = CapabilitySet::from_bits_retain(1 << number);
            rustix::thread::configure_capability_in_ambient_set(capability, true)?;
        }
        Ok(())
    }

    fn execute(&self, command: &str) -> Result<()> {
        let environment = self.environment();
        let arguments = c_strings(self.process.args.iter().map(String::as_str))?;
        let candidates = candidates(command, search_path(&environment));
        let environment = c_strings(environment.iter().map(String::as_str))?;
        rustix::process::umask(Mode::from_raw_mode(u32::from(self.process.umask.unwrap_or(DEFAULT_UMASK))));
        limpet_sys::process::default_signals();
        limpet_sys::process::keep_only_stdio_on_exec()?;
        // Changing ids took it away (prctl(2), PR_SET_PDEATHSIG).
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        Err(execute_first(&candidates, &arguments, &environment))
    }

    /// HOME is the user's where nobody set it.
    fn environment(&self) -> Vec<String> {
        let mut environment = self.process.env.clone();
        if !environment.iter().any(|entry| entry.starts_with("HOME=")) {
            environment.push(format!("HOME={}", self.identity.home));
        }
        environment
    }
}

/// execvp(3): the first that can be executed; a denied one is remembered, a missing one is passed over.
fn execute_first(candidates: &[CString], arguments: &[CString], environment: &[CString]) -> Errno {
    let mut worst = Errno::NOENT;
    for candidate in candidates {
        match limpet_sys::process::execute(candidate, arguments, environment) {
            Ok(never) => match never {},
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            Err(Errno::ACCESS) => worst = Errno::ACCESS,
            Err(errno) => return errno,
        }
    }
    worst
}

fn candidates(command: &str, path: &str) -> Vec<CString> {
    if command.is_empty() {
        return Vec::new();
    }
    if command.contains('/') {
        return CString::new(command).into_iter().collect();
    }
    let directories = path.split(':').map(|directory| if directory.is_empty() { "." } else { directory });
    directories.filter_map(|directory| CString::new(format!("{directory}/{command}")).ok()).collect()
}

fn search_path(environment: &[String]) -> &str {
    environment.iter().find_map(|entry| entry.strip_prefix("PATH=")).unwrap_or(DEFAULT_PATH)
}

fn c_strings<'a>(strings: impl Iterator<Item = &'a str>) -> Result<Vec<CString>> {
    strings.map(|text| CString::new(text).map_err(|_| Errno::INVAL)).collect()
}

/// A working directory that the image lacks is made, as docker does. It is the image's word, so it must not lead out
/// through /proc/self/fd (CVE-2024-21626).
fn enter_directory(path: &str) -> Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(rustix::fs::CWD, "/", flags, Mode::empty())?;
    rustix::process::fchdir(beneath::directory(root.as_fd(), path)?)
}

/// What the PID 1 of `--init` is called, inside.
const INIT_NAME: &CStr = c"limpet-init";

/// The caller goes on as the child of a PID 1 that reaps and forwards signals.
fn start_init() -> Result<()> {
    use limpet_sys::clone::{Cloned, clone_process};
    limpet_sys::process::block_all_signals();
    // Changing ids took it away (prctl(2), PR_SET_PDEATHSIG).
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    match clone_process(rustix::thread::UnshareFlags::empty(), None)? {
        Cloned::Parent(child) => {
            // The keeper's name and arguments are the board's.
            limpet_sys::init::retitle(INIT_NAME.to_str().unwrap_or_default());
            rustix::thread::set_name(INIT_NAME).ok();
            limpet_sys::init::reap_until(child.pid)
        }
        Cloned::Child => lead_own_group(),
    }
}

/// Ctrl-C and job control go to the command, not to the init.
fn lead_own_group() -> Result<()> {
    rustix::process::setpgid(None, None)?;
    let stdin = rustix::stdio::stdin();
    if rustix::termios::isatty(stdin) {
        rustix::termios::tcsetpgrp(stdin, rustix::process::getpgrp())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
