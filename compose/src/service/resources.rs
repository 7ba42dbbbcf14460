//! What a service may use, as fields of its own; [`super::deploy`] has the other way to say it.

use super::process::{counted, worded};
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Fault, Outcome};
use crate::scope::Scope;
use limpet_protocol::app::ThrottleRequest;
use limpet_protocol::limits::{Memory, Pids, Swap, THROTTLES_MAX, ThrottleKind};
use limpet_protocol::words::{number, size, text};

/// What becomes a limit only when all fields are known.
#[derive(Default)]
pub(super) struct Given {
    pub(super) scale: Option<u16>,
    pub(super) period: Option<u64>,
    quota: Option<u64>,
}

/// Microseconds that `cpu_quota` is of, unless said otherwise.
const PERIOD_US: u64 = 100_000;

pub(super) fn shm_size(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.shm_bytes, counted(node, size::parse_positive).map(Some))
}

pub(super) fn oom_score_adj(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.oom_score_adj, counted(node, number::oom_score_adj).map(Some))
}

pub(super) fn mem_limit(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.memory, counted(node, number::memory))
}

pub(super) fn mem_reservation(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.memory_reservation_bytes, counted(node, size::parse_positive).map(Some))
}

pub(super) fn memswap_limit(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.swap, counted(node, number::swap))
}

pub(super) fn cpus(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.cpu_millis, counted(node, number::cpu_millis).map(Some))
}

pub(super) fn cpu_shares(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.cpu_shares, counted(node, number::cpu_shares).map(Some))
}

pub(super) fn cpu_quota(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    const US_MAX: u64 = 1_000_000 * number::CPUS_MAX as u64;
    match node.text_or_number()? {
        // No limit.
        "-1" | "0" => Ok(()),
        _ => set(&mut draft.resources.quota, node.whole(US_MAX).map(Some)),
    }
}

pub(super) fn cpuset(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.cpuset_cpus, worded(node, number::cpu_list).map(Some))
}

pub(super) fn pids_limit(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.limits.pids, counted(node, number::pids))
}

const BLKIO: Fields<Draft> = Fields {
    known: &[
        ("device_read_bps", |draft, node, scope| throttles(draft, ThrottleKind::ReadBps, node, scope)),
        ("device_write_bps", |draft, node, scope| throttles(draft, ThrottleKind::WriteBps, node, scope)),
        ("device_read_iops", |draft, node, scope| throttles(draft, ThrottleKind::ReadIops, node, scope)),
        ("device_write_iops", |draft, node, scope| throttles(draft, ThrottleKind::WriteIops, node, scope)),
    ],
    refused: &[
        ("weight", "weights of block devices are not; bound rates with device_read_bps and its like"),
        ("weight_device", "weights of block devices are not; bound rates with device_read_bps and its like"),
    ],
};

/// One device with its rate.
#[derive(Default)]
struct Rate {
    path: Option<String>,
    bytes: Option<u64>,
}

const RATE: Fields<Rate> = Fields {
    known: &[
        ("path", |rate, node, _| match node.text()? {
            path if path.starts_with("/dev/") => set(&mut rate.path, Ok(Some(path.to_owned()))),
            _ => Err(node.fault("is no path below /dev")),
        }),
        ("rate", |rate, node, _| set(&mut rate.bytes, counted(node, size::parse_positive).map(Some))),
    ],
    refused: &[],
};

pub(super) fn blkio_config(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    if !node.is_null() {
        fields::read(draft, node, &BLKIO, scope);
    }
    Ok(())
}

fn throttles(draft: &mut Draft, kind: ThrottleKind, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, scope| {
        let mut rate = Rate::default();
        fields::read(&mut rate, item, &RATE, scope);
        let (Some(path), Some(rate)) = (rate.path, rate.bytes) else {
            return Err(item.fault("wants path: and rate:"));
        };
        if draft.workload.limits.throttles.len() >= THROTTLES_MAX {
            return Err(item.fault(format!("more than {THROTTLES_MAX} rates of devices")));
        }
        draft.workload.limits.throttles.push(ThrottleRequest { kind, path, rate });
        Ok(())
    })
}

/// Two ways to say one thing must say the same.
pub(super) fn agree<T: PartialEq>(
    draft: &Draft,
    own: Option<T>,
    deploy: Option<T>,
    fields: &str,
) -> Result<Option<T>, Fault> {
    match (&own, &deploy) {
        (Some(a), Some(b)) if a != b => {
            Err(draft.at.fault(format!("{fields} say different things; leave one out")))
        }
        _ => Ok(own.or(deploy)),
    }
}

/// Puts the quota in its place, and looks at what belongs together.
pub(super) fn finish(draft: &mut Draft, _: &mut Scope<'_, '_, '_>) -> Outcome {
    if let Some(quota) = draft.resources.quota {
        let period = draft.resources.period.unwrap_or(PERIOD_US);
        let millis = (quota * 1000).checked_div(period).and_then(|millis| u32::try_from(millis).ok());
        let exact = millis.filter(|millis| *millis > 0 && u64::from(*millis) * period == quota * 1000);
        let millis = exact.ok_or_else(|| {
            draft.at.fault("cpu_quota is no whole thousandth of cpu_period; write cpus: 0.5")
        })?;
        draft.workload.limits.cpu_millis =
            agree(draft, draft.workload.limits.cpu_millis, Some(millis), "cpus and cpu_quota")?;
    } else if draft.resources.period.is_some() {
        return Err(draft.at.fault("cpu_period means nothing without cpu_quota; write cpus: 0.5"));
    }
    super::deploy::limits(draft)?;
    let limits = &draft.workload.limits;
    match (limits.swap, limits.memory) {
        (Swap::TotalBytes(_), Memory::Default | Memory::Unlimited) => {
            Err(draft.at.fault("memswap_limit needs mem_limit, which it includes"))
        }
        (Swap::TotalBytes(swap), Memory::MaxBytes(memory)) if swap < memory => {
            Err(draft.at.fault("memswap_limit is less than mem_limit, which it includes"))
        }
        (Swap::Default | Swap::Unlimited | Swap::TotalBytes(_), _) => Ok(()),
    }
}

/// `None` for what was not given.
pub(super) fn given_memory(memory: Memory) -> Option<Memory> {
    (memory != Memory::Default).then_some(memory)
}

/// `None` for what was not given.
pub(super) fn given_pids(pids: Pids) -> Option<Pids> {
    (pids != Pids::Default).then_some(pids)
}

/// A text that is not empty; for the tables of others.
pub(super) fn filled(node: &Node) -> Result<String, Fault> {
    worded(node, text::filled)
}
