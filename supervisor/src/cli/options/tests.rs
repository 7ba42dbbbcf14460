//! What `update` changes and what it leaves.

use super::LimitOptions;
use limpet_protocol::limits::{Limits, Memory, Pids, Throttle, ThrottleKind};

fn throttle(kind: ThrottleKind, minor: u32, rate: u64) -> Throttle {
    Throttle { kind, path: String::from("/dev/sda"), major: 8, minor, rate }
}

#[test]
fn only_what_was_given_is_changed() {
    let mut limits = Limits {
        memory: Memory::MaxBytes(1 << 20),
        cpu_millis: Some(500),
        pids: Pids::Max(9),
        ..Limits::default()
    };
    let given = LimitOptions { memory: Memory::Unlimited, cpu_shares: Some(2), ..LimitOptions::default() };
    given.apply(&mut limits, Vec::new());
    assert_eq!(
        (limits.memory, limits.cpu_millis, limits.cpu_shares),
        (Memory::Unlimited, Some(500), Some(2))
    );
    assert_eq!(limits.pids, Pids::Max(9));
}

#[test]
fn a_throttle_replaces_its_like() {
    let read = ThrottleKind::ReadBps;
    let old = vec![throttle(read, 0, 1), throttle(read, 1, 1), throttle(ThrottleKind::WriteBps, 0, 1)];
    let mut limits = Limits { throttles: old, ..Limits::default() };
    LimitOptions::default().apply(&mut limits, vec![throttle(read, 0, 2)]);
    let left = [throttle(read, 1, 1), throttle(ThrottleKind::WriteBps, 0, 1), throttle(read, 0, 2)];
    assert_eq!(limits.throttles, left);
}
