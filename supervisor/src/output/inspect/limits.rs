//! `Limits` of `inspect`: what the kernel said when it was asked just now.

use limpet_protocol::limits::ThrottleKind;
use limpet_runner::cgroup::Effective;
use serde_json::{Value, json};

/// Every limit that is in force; `null` is none.
pub(super) fn enforced(effective: &Effective) -> Value {
    let rates = effective.throttles.iter().map(|rate| {
        json!({ "Device": format!("{}:{}", rate.major, rate.minor), "Kind": kind(rate.kind), "Rate": rate.rate })
    });
    json!({
        "MemoryBytes": effective.memory_bytes,
        "MemoryReservationBytes": effective.memory_reservation_bytes,
        "MemorySwapBytes": effective.memory_swap_bytes,
        "CpuMillis": effective.cpu_millis,
        "CpuShares": effective.cpu_shares,
        "CpusetCpus": effective.cpuset_cpus,
        "CpusetMems": effective.cpuset_mems,
        "PidsMax": effective.pids_max,
        "Devices": rates.collect::<Vec<_>>(),
    })
}

fn kind(kind: ThrottleKind) -> &'static str {
    match kind {
        ThrottleKind::ReadBps => "ReadBps",
        ThrottleKind::WriteBps => "WriteBps",
        ThrottleKind::ReadIops => "ReadIops",
        ThrottleKind::WriteIops => "WriteIops",
    }
}
