//! `linux.resources` of a bundle as limits.

use super::{BundleError, spec, wrong};
use limpet_protocol::limits::{
    Limits, MEMORY_BYTES_MIN, Memory, Pids, Swap, THROTTLES_MAX, Throttle, ThrottleKind,
};

/// The kernel's period of CPU quotas where none is given.
const PERIOD_US: u64 = 100_000;

pub(super) fn read(resources: &spec::Resources<'_>) -> Result<Limits, BundleError> {
    let mut limits = Limits::default();
    if let Some(wanted) = &resources.memory {
        memory(wanted, &mut limits)?;
    }
    if let Some(wanted) = &resources.cpu {
        cpu(wanted, &mut limits)?;
    }
    if let Some(limit) = resources.pids_limit {
        limits.pids = match u32::try_from(limit) {
            Ok(0) | Err(_) => Pids::Unlimited,
            Ok(limit) => Pids::Max(limit),
        };
    }
    if let Some(wanted) = &resources.block_io {
        limits.throttles = throttles(wanted)?;
    }
    Ok(limits)
}

fn memory(wanted: &spec::Memory, limits: &mut Limits) -> Result<(), BundleError> {
    let prefix = "linux.resources.memory.";
    limits.memory = match wanted.limit {
        None | Some(0) => Memory::Default,
        Some(limit) => match u64::try_from(limit) {
            Err(_) => Memory::Unlimited,
            Ok(bytes) if bytes < MEMORY_BYTES_MIN => {
                return wrong(
                    format!("{prefix}limit"),
                    format!("{bytes} is less than the {MEMORY_BYTES_MIN} bytes it takes"),
                );
            }
            Ok(bytes) => Memory::MaxBytes(bytes),
        },
    };
    limits.swap = match (wanted.swap, wanted.limit) {
        (None | Some(0), _) => Swap::Default,
        (Some(..0), _) => Swap::Unlimited,
        (Some(swap), Some(limit)) if swap >= limit && limit > 0 => Swap::TotalBytes(swap.unsigned_abs()),
        _ => return wrong(format!("{prefix}swap"), "it is memory and swap together, and less than limit"),
    };
    limits.memory_reservation_bytes =
        wanted.reservation.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0);
    Ok(())
}

fn cpu(wanted: &spec::Cpu<'_>, limits: &mut Limits) -> Result<(), BundleError> {
    let prefix = "linux.resources.cpu.";
    if let Some(shares) = wanted.shares.filter(|shares| *shares > 0) {
        limits.cpu_shares = match u32::try_from(shares) {
            Ok(shares @ 2..=262_144) => Some(shares),
            _ => return wrong(format!("{prefix}shares"), format!("{shares} is not between 2 and 262144")),
        };
    }
    if let Some(quota) = wanted.quota.and_then(|quota| u64::try_from(quota).ok()).filter(|quota| *quota > 0) {
        let period = wanted.period.filter(|period| *period > 0).unwrap_or(PERIOD_US);
        let millis =
            quota.checked_mul(1000).map(|quota| quota / period).and_then(|millis| u32::try_from(millis).ok());
        limits.cpu_millis = match millis {
            Some(1..) => millis,
            _ => {
                return wrong(
                    format!("{prefix}quota"),
                    format!("{quota} of {period} is less than a thousandth of a CPU or too much"),
                );
            }
        };
    }
    let list = |list: Option<&str>| list.filter(|list| !list.is_empty()).map(str::to_owned);
    limits.cpuset_cpus = list(wanted.cpus);
    limits.cpuset_mems = list(wanted.mems);
    Ok(())
}

fn throttles(wanted: &spec::BlockIo) -> Result<Vec<Throttle>, BundleError> {
    let mut throttles = Vec::new();
    for (kind, list) in [
        (ThrottleKind::ReadBps, &wanted.throttle_read_bps_device),
        (ThrottleKind::WriteBps, &wanted.throttle_write_bps_device),
        (ThrottleKind::ReadIops, &wanted.throttle_read_iops_device),
        (ThrottleKind::WriteIops, &wanted.throttle_write_iops_device),
    ] {
        if list.len() > THROTTLES_MAX {
            return wrong(
                "linux.resources.blockIO",
                format!("there are more than {THROTTLES_MAX} throttles of one kind"),
            );
        }
        throttles.extend(list.iter().map(|device| Throttle {
            kind,
            path: format!("{}:{}", device.major, device.minor),
            major: device.major,
            minor: device.minor,
            rate: device.rate,
        }));
    }
    Ok(throttles)
}
