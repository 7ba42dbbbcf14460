//! Words of flags and compose fields: what has a form of its own survives being written in it.

use limpet_protocol::restart::RestartPolicy;
use limpet_protocol::words::{
    capability, device, duration, health, number, platform, rlimit, signal, size, text,
};

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    if let Ok(bytes) = size::parse(input) {
        assert_eq!(size::parse(&bytes.to_string()), Ok(bytes));
    }
    if let Some(ns) = duration::nanoseconds(input) {
        assert_eq!(duration::nanoseconds(&format!("{ns}ns")), Some(ns));
    }
    if let Ok(signal) = signal::parse(input) {
        assert_eq!(signal::parse(&signal::name(signal)), Ok(signal));
    }
    if let Ok(limit) = rlimit::parse(input) {
        assert!(limit.soft <= limit.hard && limit.resource < 16);
        assert_eq!(rlimit::resource(&rlimit::name(limit.resource)), Ok(limit.resource));
    }
    if let Ok(policy) = RestartPolicy::parse(input) {
        assert_eq!(RestartPolicy::parse(&policy.to_string()), Ok(policy));
    }
    if let Ok(device) = device::parse(input) {
        assert!(device.source.starts_with("/dev/") && device.target.starts_with("/dev/"));
    }
    if let Ok(name) = text::name(input) {
        assert_eq!(text::name(&name), Ok(name));
    }
    if let Ok(parent) = text::cgroup_parent(input) {
        assert!(!parent.split('/').any(|part| matches!(part, "" | "." | "..")));
    }
    if let Ok(host) = text::hostname(input) {
        assert!(host.len() <= text::HOSTNAME_BYTES_MAX);
    }
    for parse in [text::user, text::absolute, text::filled] {
        parse(input).ok();
    }
    text::sysctl(input).ok();
    number::memory(input).ok();
    number::swap(input).ok();
    number::pids(input).ok();
    number::oom_score_adj(input).ok();
    number::bytes_rate(input).ok();
    number::operations_rate(input).ok();
    if let Ok(millis) = number::cpu_millis(input) {
        assert!(millis > 0);
    }
    number::cpu_shares(input).ok();
    number::cpu_list(input).ok();
    platform::parse(input).ok();
    health::http(input).ok();
    health::tcp(input).ok();
    health::milliseconds(input).ok();
    assert_eq!(capability::is_known(input), capability::is_known(&input.to_ascii_lowercase()));
}
