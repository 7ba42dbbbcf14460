//! Uses memory or a CPU, as much as it gets.

use super::tell;
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;
/// The smallest page size there is: every page of a block gets touched.
const PAGE_BYTES: usize = 4096;

/// Takes `bytes` of memory, MiB by MiB, and touches every page. Prints `held N` after each, then `done N`.
///
/// # Errors
/// An allocation that fails (a limit on address space: a cgroup kills instead).
pub fn memory(bytes: u64) -> io::Result<u8> {
    let wanted = usize::try_from(bytes).map_err(io::Error::other)?;
    let mut blocks = Vec::new();
    let mut held = 0;
    while held < wanted {
        let size = MIB.min(wanted - held);
        blocks.push(touched(size)?);
        held += size;
        tell(&format!("held {held}"))?;
    }
    tell(&format!("done {}", blocks.iter().map(Vec::len).sum::<usize>()))?;
    Ok(0)
}

fn touched(size: usize) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    block.try_reserve_exact(size).map_err(io::Error::other)?;
    block.resize(size, 1);
    // Not the same in every page, or the kernel could merge them.
    for (number, byte) in block.iter_mut().step_by(PAGE_BYTES).enumerate() {
        *byte = number.to_le_bytes()[0];
    }
    Ok(std::hint::black_box(block))
}

/// Is busy for `duration` of wall clock. Prints `cpu_ms N wall_ms N`.
///
/// # Errors
/// stdout is gone.
pub fn spin(duration: Duration) -> io::Result<u8> {
    tell("ready")?;
    let begin = Instant::now();
    let mut turns = 0_u64;
    while begin.elapsed() < duration {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let cpu_ms = cpu.tv_sec * 1000 + cpu.tv_nsec / 1_000_000;
    tell(&format!("cpu_ms {cpu_ms} wall_ms {}", begin.elapsed().as_millis()))?;
    Ok(0)
}
