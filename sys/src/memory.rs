//! Waiting with as little memory as a process can hold.
//!
//! In: descriptors to wait for. Out: which of them are ready; in between, a process that has given back whatever it can
//! have again: its code, its constants, and the part of its stack that nobody uses.

mod calls;
mod segments;
#[cfg(test)]
mod tests;

use calls::{Call, carry_out, routine};
use rustix::event::{PollFd, Timespec};
use rustix::io::Result;
use std::ops::Range;

/// How far below the stack pointer memory is given back. Nothing but the stack is there: the kernel keeps 256 pages free
/// below the lowest page that a stack has used (`stack_guard_gap`).
const STACK_BYTES: usize = 1 << 20;
/// What is left below the stack pointer: more than the routine pushes, and the red zone of x86_64.
const STACK_KEPT_BYTES: usize = 256;

/// Waits like poll(2), after giving back code, constants and unused stack (madvise(2), `MADV_DONTNEED`).
///
/// What is used again comes from the page cache, where all processes of the same program share it, at the price of some
/// page faults: this is for waits that may be long. With each page of a file that is touched the kernel maps those around
/// it (64 KiB, "fault-around"), so a handful of functions that run after the giving back would bring hundreds of KiB in
/// again. Therefore it is done, and waited, in one routine of a few instructions, whose page alone is kept.
///
/// What cannot be given back stays, which costs memory and nothing else. Outside of the first thread the stack stays.
///
/// # Errors
/// What poll(2) says; `ENOEXEC` if the kernel did not say where the program is.
pub fn rest(fds: &mut [PollFd<'_>], timeout: Option<&Timespec>) -> Result<usize> {
    let page_bytes = rustix::param::page_size();
    let kept = pages_of(&routine(), page_bytes);
    let constants = segments::constant()?;
    let around = constants.into_iter().flat_map(|segment| without(&pages_of(&segment, page_bytes), &kept));
    let mut timeout = timeout.copied();
    let mut calls: Vec<Call> = around.chain(unused_stack(page_bytes)).map(Call::forget).collect();
    calls.push(Call::poll(fds, timeout.as_mut()));
    // SAFETY: the constant segments are mapped from the program's file, read-only and private, so nothing in them was ever
    // changed and every page comes back as it was, from a file that cannot be written to while it is executed. The
    // stack that is given back lies below all frames, this one's included. The wait writes to `fds` and `timeout`,
    // which live until it has returned.
    unsafe { carry_out(&calls) }
}

/// The whole pages that `bytes` touches.
fn pages_of(bytes: &Range<usize>, page_bytes: usize) -> Range<usize> {
    bytes.start & !(page_bytes - 1)..bytes.end.next_multiple_of(page_bytes)
}

/// What of `pages` lies before and after `kept`.
fn without(pages: &Range<usize>, kept: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
    let before = pages.start..pages.end.min(kept.start);
    let after = pages.start.max(kept.end)..pages.end;
    [before, after].into_iter().filter(|part| !part.is_empty())
}

/// Below what all frames use, if this is the first thread: the stacks of others lie among other memory.
fn unused_stack(page_bytes: usize) -> Option<Range<usize>> {
    let is_first = rustix::thread::gettid() == rustix::process::getpid();
    let end = calls::stack_pointer().saturating_sub(STACK_KEPT_BYTES) & !(page_bytes - 1);
    is_first.then(|| end.saturating_sub(STACK_BYTES)..end)
}
