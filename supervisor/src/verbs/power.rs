//! `poweroff` and `reboot`: asking the first process of the board, where that is limpet.

use crate::failure::{Failure, Outcome};
use crate::init::{NAME, Order};
use rustix::process::{Pid, kill_process};
use std::fs;

#[cfg(test)]
mod tests;

/// The name of the board's first process.
fn first_process() -> String {
    fs::read_to_string("/proc/1/comm").unwrap_or_default().trim_end().to_owned()
}

fn is_limpet(name: &str) -> bool {
    name.as_bytes() == NAME.to_bytes()
}

/// Whether this process is kept by limpet as the first process of the board, which starts it again at once when it ends.
pub(super) fn is_kept_by_init(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    is_child_of_first(&stat) && is_limpet(&first_process())
}

/// Field 4 of proc_pid_stat(5); the second may hold anything, but ends with the last parenthesis.
fn is_child_of_first(stat: &str) -> bool {
    stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)) == Some("1")
}

/// Asks for it; the board ends some seconds later.
pub(super) fn end_board(order: Order) -> Outcome {
    let first = first_process();
    if !is_limpet(&first) {
        let first = if first.is_empty() { "unknown" } else { &first };
        return Err(Failure::new(format!(
            "ending the board: its first process is {first}, not limpet; ask that instead (systemd: systemctl {})",
            order.word()
        )));
    }
    kill_process(Pid::INIT, order.signal()).map(|()| 0).map_err(|errno| {
        Failure::new(format!("asking the first process to {}: {errno}; only root may", order.word()))
    })
}
