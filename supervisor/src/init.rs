//! PID 1 of a board on which Limpet is the whole system: `limpet init`, or the same file as `/init`.
//!
//! It mounts what is needed, loads the modules that the image lists, starts its few children ([`services`]), starts them
//! again when they end, reaps whatever lost its parent, and takes the board down in order when it is told to. It must
//! never end: the kernel panics then. So it decides little, parses only what the image and the boot loader say, and
//! whatever fails here is said on the console, not fatal.
//!
//! It holds the hardware watchdog, and tells it that the board does its work only while the supervisor says so ([`heart`]).
//!
//! In: the kernel's command line and `/etc/limpet/init.conf` ([`options`]), signals ([`order`]). It must never know an
//! image or a container: that is the supervisor's, which is a child of it and may crash.

mod base;
mod cgroups;
mod children;
mod console;
mod disks;
mod heart;
mod last_resort;
mod machine;
mod modules;
mod notes;
mod options;
mod order;
mod program;
mod say;
mod services;
mod shutdown;
pub mod uplink;
mod watchdog;

pub use order::Order;

use machine::Machine;
use std::ffi::CStr;
use std::process::ExitCode;

/// What the first process of a board is called (proc(5), `comm`), if it is limpet.
pub const NAME: &CStr = c"limpet-init";

/// Whether this process is to be PID 1's program: it is PID 1, and was not asked for anything else (a container may have
/// `limpet VERB` as its first process).
#[must_use]
pub fn is_wanted(program: &str, verb: Option<&str>) -> bool {
    let is_first = rustix::process::getpid() == rustix::process::Pid::INIT;
    let name = program.rsplit('/').next().unwrap_or_default();
    is_first && (name == "init" || verb.is_none_or(|verb| verb == "init"))
}

/// `limpet init` by anybody who is not PID 1.
#[must_use]
pub fn refuse() -> ExitCode {
    crate::screen::complain("init: this is the first process of a board; boot with init=/path/to/limpet");
    ExitCode::FAILURE
}

/// The life of PID 1.
pub fn main() -> ! {
    last_resort::install();
    // Only who asks for the board's end looks at it; see the verbs.
    rustix::thread::set_name(NAME).ok();
    base::leave_initial_root();
    base::mount_kernel_file_systems();
    console::adopt();
    say::line("limpet is the first process of this board");
    let options = options::read();
    base::mount_cgroups(options.cgroup);
    base::settle(&options);
    modules::load_listed();
    disks::mount_wanted(&options.mounts);
    shutdown::carry_out(Machine::new(&options).run())
}
