//! `poweroff` and `reboot`: asking the first process of the board, where that is limpet.

use crate::failure::{Failure, Outcome};
use crate::init::{NAME, Order};
use rustix::process::{Pid, kill_process};
use std::fs;

/// Asks for it; the board ends some seconds later.
pub(super) fn end_board(order: Order) -> Outcome {
    let first = fs::read_to_string("/proc/1/comm").unwrap_or_default();
    if first.trim_end().as_bytes() != NAME.to_bytes() {
        let first = if first.is_empty() { "unknown" } else { first.trim_end() };
        return Err(Failure::new(format!(
            "ending the board: its first process is {first}, not limpet; ask that instead (systemd: systemctl {})",
            order.word()
        )));
    }
    kill_process(Pid::INIT, order.signal()).map(|()| 0).map_err(|errno| {
        Failure::new(format!("asking the first process to {}: {errno}; only root may", order.word()))
    })
}
