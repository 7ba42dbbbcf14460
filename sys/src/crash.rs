//! When this program itself fails: the static builds have no words for a panic, they stop at an instruction that faults. Its
//! address, and the file with symbols that the build keeps, say where that was (addr2line(1)).

use libc::{c_int, c_void, siginfo_t};
use std::cell::UnsafeCell;
use std::io::Write;

/// Faults of the processor, and abort(3).
pub const SIGNALS: [c_int; 6] =
    [libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGFPE, libc::SIGBUS, libc::SIGSEGV];
/// Bytes of the stack that the handlers run on, as a fault may come from having no stack left (sigaltstack(2)).
const STACK_BYTES: usize = 32 * 1024;
/// Most bytes of a line about a crash.
const LINE_BYTES_MAX: usize = 160;

/// How it failed.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    /// The signal's number.
    pub signal: i32,
    /// Of the instruction.
    pub address: usize,
}

/// What is done then, in the signal's handler: nothing may be allocated, and no lock taken, as whoever crashed may have been
/// doing just that (signal-safety(7)). When it returns, the process ends by the signal.
pub trait OnCrash {
    /// Does it.
    fn crashed(crash: Crash);
}

/// From here on a crash of this process is told to `A`, unless it blocks [`SIGNALS`] (then the kernel ends it at once). The handlers are the process's own: exec resets them.
/// To be called from its first thread, whose stack may overflow; those of others may not.
pub fn install<A: OnCrash>() {
    install_stack();
    // SAFETY: all bytes zero is a valid sigaction: no flags, no handler, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // Back to the default at the first one, so that the second of its kind ends the process.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESETHAND | libc::SA_ONSTACK;
    action.sa_sigaction = handle::<A> as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
    for signal in SIGNALS {
        // SAFETY: the action outlives the call, and its handler has the form that SA_SIGINFO asks for. What it calls is
        // async-signal-safe: `instruction` only reads, and each OnCrash of this workspace keeps to what the trait says.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// Only ever touched by the kernel and by handlers that run on it.
struct Stack(UnsafeCell<[u8; STACK_BYTES]>);

// SAFETY: nothing in Rust reads or writes what is in it.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; STACK_BYTES]));

fn install_stack() {
    let stack = libc::stack_t { ss_sp: STACK.0.get().cast(), ss_flags: 0, ss_size: STACK_BYTES };
    // SAFETY: the memory is the handlers' alone and lives as long as the process; the structure outlives the call. Where the
    // kernel does not take it, handlers run on the stack that there is.
    unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) };
}

extern "C" fn handle<A: OnCrash>(signal: c_int, _info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a ucontext_t, valid as long as the handler runs (sigaction(2)).
    let address = instruction(unsafe { &*context.cast::<libc::ucontext_t>() });
    A::crashed(Crash { signal, address });
    // A fault would come again, but not what somebody sent (systemd.service(5), WatchdogSignal=).
    // SAFETY: the signal waits until this handler returns, and then has its default effect (SA_RESETHAND).
    unsafe { libc::raise(signal) };
}

#[cfg(target_arch = "x86_64")]
fn instruction(context: &libc::ucontext_t) -> usize {
    usize::try_from(context.uc_mcontext.gregs[libc::REG_RIP as usize]).unwrap_or(0)
}

#[cfg(target_arch = "aarch64")]
fn instruction(context: &libc::ucontext_t) -> usize {
    usize::try_from(context.uc_mcontext.pc).unwrap_or(0)
}

/// Says it on standard error, in one line that begins with `who`, without allocating.
pub fn tell(who: &str, crash: Crash, more: &str) {
    let mut line = [0; LINE_BYTES_MAX];
    let mut rest = &mut line[..];
    // Where it does not fit, its beginning is told.
    let _ = writeln!(rest, "{who}: crashed (signal {}, at {:#x}){more}", crash.signal, crash.address);
    let unused = rest.len();
    let said = &line[..LINE_BYTES_MAX - unused];
    // SAFETY: the bytes outlive the call and are only read.
    unsafe { libc::write(libc::STDERR_FILENO, said.as_ptr().cast(), said.len()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    const ROLE: &str = "LIMPET_CRASH_TEST";

    struct Told;

    impl OnCrash for Told {
        fn crashed(crash: Crash) {
            tell("limpet", crash, "; please report it");
        }
    }

    /// Not a test by itself: what the next one starts.
    #[test]
    fn crash_if_asked_to() {
        match std::env::var(ROLE).as_deref() {
            Ok("abort") => {
                install::<Told>();
                std::process::abort();
            }
            Ok("overflow") => {
                install::<Told>();
                std::process::exit(i32::from(deeper(1)));
            }
            Ok("sent") => {
                install::<Told>();
                // SAFETY: it has no parameter that points anywhere.
                unsafe { libc::raise(libc::SIGILL) };
                std::process::exit(0);
            }
            Ok("fault") => {
                install::<Told>();
                // SAFETY: none; address 16 is never mapped, and that is what is wanted.
                unsafe { std::ptr::read_volatile(std::ptr::without_provenance::<u8>(16)) };
            }
            _ => {}
        }
    }

    /// Ends only by a fault.
    fn deeper(depth: u8) -> u8 {
        let here = std::hint::black_box([depth; 4096]);
        if depth == 0 { here[0] } else { deeper(here[1] | 1).wrapping_add(here[2]) }
    }

    #[test]
    fn a_crash_is_told_and_ends_the_process_by_its_signal() {
        for (role, signal) in [
            ("abort", libc::SIGABRT),
            ("fault", libc::SIGSEGV),
            ("sent", libc::SIGILL),
            ("overflow", libc::SIGSEGV),
        ] {
            let test = std::env::current_exe().unwrap();
            let arguments = ["crash::tests::crash_if_asked_to", "--exact", "--nocapture", "--test-threads=1"];
            let output = Command::new(test).args(arguments).env(ROLE, role).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            let begin = format!("limpet: crashed (signal {signal}, at 0x");
            let line = said.lines().find(|line| line.starts_with(&begin)).expect(&said);
            assert!(line.ends_with("); please report it"), "{line}");
            assert_eq!(output.status.signal(), Some(signal));
        }
    }
}
