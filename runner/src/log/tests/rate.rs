//! Lines that come too fast, and a disk that must not be filled.

use super::*;
use crate::log::rate::Rate;
use crate::scratch::Scratch;
use limpet_protocol::keeper::{LogRate, LogStorage};
use std::path::Path;

const S_NS: u64 = 1_000_000_000;

fn rated(rate: LogRate) -> LogLimits {
    LogLimits { rate, ..LogLimits::default() }
}

fn all(scratch: &Scratch) -> Vec<String> {
    read_all(scratch, Selection::default())
}

/// Of the lines at these moments, how many are kept.
fn kept(rate: &mut Rate, bytes: usize, moments_ns: impl Iterator<Item = u64>) -> usize {
    moments_ns.filter(|now_ns| rate.keeps(bytes, *now_ns)).count()
}

#[test]
fn without_a_rate_everything_is_kept() {
    let mut rate = Rate::new(LogRate::Unlimited);
    assert_eq!(kept(&mut rate, usize::MAX, std::iter::repeat_n(NOW_NS, 1000)), 1000);
}

#[test]
fn what_stays_below_the_rate_is_kept_for_ever() {
    let mut rate = Rate::new(LogRate::Lines(10));
    assert_eq!(kept(&mut rate, 1, (0..100_000).map(|n| NOW_NS + n * S_NS / 10)), 100_000);
}

#[test]
fn a_flood_is_kept_at_its_rate_and_told_of_seldom() {
    for (limit, bytes, expected) in [(LogRate::Lines(10), 999, 10), (LogRate::Bytes(1000), 100, 10)] {
        let mut rate = Rate::new(limit);
        let (mut got, mut openings) = (0, 0);
        for n in 0..200_000 {
            let was_closed = rate.is_closed;
            got += u64::from(rate.keeps(bytes, NOW_NS + n * S_NS / 1000));
            openings += u64::from(was_closed && !rate.is_closed);
        }
        // 200 seconds, and what the bucket held at first.
        assert!((200 * expected..=210 * expected + 1).contains(&got), "{limit:?}: {got}");
        assert!((30..=40).contains(&openings), "{limit:?}: {openings}");
    }
}

#[test]
fn a_line_longer_than_the_bucket_comes_through_and_is_paid_for() {
    let mut rate = Rate::new(LogRate::Bytes(10));
    assert!(rate.keeps(1000, NOW_NS));
    assert!(!rate.keeps(1, NOW_NS + 89 * S_NS));
    assert!(!rate.keeps(1, NOW_NS + 94 * S_NS));
    assert!(rate.keeps(1, NOW_NS + 98 * S_NS));
}

#[test]
fn a_clock_that_is_set_stops_no_log() {
    let mut rate = Rate::new(LogRate::Lines(1));
    assert_eq!(kept(&mut rate, 1, std::iter::repeat_n(NOW_NS, 100)), 10);
    // Years back, and on from there.
    assert_eq!(kept(&mut rate, 1, (0..10).map(|n| n * S_NS)), 4);
    // Years ahead: no more than the bucket holds.
    assert_eq!(kept(&mut rate, 1, std::iter::repeat_n(u64::MAX, 100)), 10);
}

#[test]
fn what_was_dropped_is_told_before_the_next_line() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), rated(LogRate::Lines(1))).unwrap();
    let lines: String = (0..30).map(|n| format!("{n}\n")).collect();
    writer.write(Stream::Stdout, lines.as_bytes(), NOW_NS);
    assert_eq!(all(&scratch).len(), 10);
    writer.write(Stream::Stdout, b"after\n", NOW_NS + 60 * S_NS);
    let notice = "limpet: 20 lines were not logged: more than 1 lines a second\n";
    assert_eq!(all(&scratch)[9..], ["9\n", notice, "after\n"]);
}

#[test]
fn what_was_dropped_is_told_once_when_it_is_quiet_or_over() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), rated(LogRate::Bytes(1))).unwrap();
    assert!(!writer.has_to_tell());
    for _ in 0..3 {
        writer.write(Stream::Stdout, b"0123456789\n", NOW_NS);
    }
    assert!(writer.has_to_tell());
    writer.tell(NOW_NS);
    let notice = |lines| format!("limpet: {lines} not logged: more than 1 bytes a second\n");
    assert_eq!(all(&scratch), ["0123456789\n".to_owned(), notice("2 lines were")]);
    assert!(!writer.has_to_tell());
    writer.write(Stream::Stderr, b"unfinished", NOW_NS);
    writer.close(NOW_NS);
    assert_eq!(all(&scratch)[2..], [notice("1 line was")]);
    assert_eq!(writer.dropped_bytes(), 0);
}

#[test]
fn nothing_goes_on_with_a_line_whose_rest_was_dropped() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), rated(LogRate::Lines(1))).unwrap();
    let endless = vec![b'x'; 16 * 1024];
    for _ in 0..12 {
        writer.write(Stream::Stdout, &endless, NOW_NS);
    }
    writer.write(Stream::Stdout, b"end\n", NOW_NS);
    writer.write(Stream::Stdout, b"next\n", NOW_NS + 60 * S_NS);
    let text = all(&scratch).concat();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0].len(), 10 * endless.len());
    assert_eq!(lines[1..], ["limpet: 3 lines were not logged: more than 1 lines a second", "next"]);
}

#[test]
fn a_log_on_disk_leaves_the_reserve_free() {
    let disk = small_disk("256k");
    let limits = LogLimits { file_bytes_max: 1 << 20, storage: LogStorage::Disk, ..LogLimits::default() };
    let line = [vec![b'x'; 999], b"\n".to_vec()].concat();
    let mut writer =
        Writer::new(disk.try_clone().unwrap(), limits).unwrap().with_reserve(Some(128 << 10), Path::new("/"));
    for _ in 0..400 {
        writer.write(Stream::Stdout, &line, NOW_NS);
    }
    let free = rustix::fs::fstatvfs(&disk).unwrap();
    assert_eq!(free.f_bavail * free.f_frsize, 128 << 10);
    let dropped_bytes = writer.dropped_bytes();
    assert!((250_000..300_000).contains(&dropped_bytes), "{dropped_bytes}");
    // The same disk with less to leave free.
    let mut writer = Writer::new(disk, limits).unwrap().with_reserve(Some(64 << 10), Path::new("/"));
    writer.write(Stream::Stdout, &line, NOW_NS);
    assert_eq!(writer.dropped_bytes(), 0);
}
