//! The log from both ends: pure parts by example, writer and reader together on real files.

use super::lines::{Lines, cut_character_bytes};
use super::tail::{self, Tail};
use super::{Item, Reader, Record, Selection, Stream, Woken, Writer, check, record, time};
use crate::scratch::Scratch;
use limpet_protocol::keeper::LogLimits;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use std::path::Path;

mod rate;

/// 2026-01-02T03:04:05.000000006Z.
const NOW_NS: u64 = 1_767_323_045_000_000_006;

impl Scratch {
    fn dir(&self) -> OwnedFd {
        open_dir(&self.0)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
}

fn open_dir(path: &Path) -> OwnedFd {
    rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

fn limits(file_bytes_max: u64, files_max: u16) -> LogLimits {
    LogLimits { file_bytes_max, files_max, ..LogLimits::default() }
}

/// What a reader says, in one line per item.
fn read(reader: &mut Reader) -> Vec<String> {
    let mut items = Vec::new();
    reader
        .read(&mut |item| {
            items.push(match item {
                Item::Record(Record { text, .. }) => text.into_owned(),
                Item::Damaged(bytes) => format!("damaged {bytes}"),
                Item::Gap => "gap".to_owned(),
            });
            Ok(())
        })
        .unwrap();
    items
}

fn read_all(scratch: &Scratch, selection: Selection) -> Vec<String> {
    read(&mut Reader::open(scratch.dir(), selection, false).unwrap())
}

fn lines_of(max: usize, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut lines = Lines::new(max);
    let mut got = Vec::new();
    for piece in pieces {
        lines.feed(piece, &mut |line| got.push(line.to_vec()));
    }
    lines.end(&mut |line| got.push(line.to_vec()));
    got
}

fn encoded(text: &[u8]) -> String {
    let mut all = Vec::new();
    record::encode(text, Stream::Stdout, NOW_NS, &mut |piece| all.extend_from_slice(piece));
    assert_eq!(all.len(), record::encoded_len(text));
    String::from_utf8(all).unwrap()
}

#[test]
fn time_is_written_and_read_back() {
    for (ns, text) in [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (NOW_NS, "2026-01-02T03:04:05.000000006Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
        (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
        (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
    ] {
        assert_eq!(std::str::from_utf8(&time::format(ns)), Ok(text));
        assert_eq!(time::parse(text), Some(ns));
    }
    assert_eq!(time::parse("1970-01-01T01:00:00+01:00"), Some(0));
    assert_eq!(time::parse("1970-01-01T00:00:00.5Z"), Some(500_000_000));
    for bad in [
        "",
        "1970-01-01",
        "1969-12-31T23:59:59Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00+99:99x",
        "2026-01-02T25:00:00Z",
    ] {
        assert_eq!(time::parse(bad), None, "{bad}");
    }
}

#[test]
fn every_day_of_the_calendar_comes_back() {
    for day in 0..213_000_u64 {
        let ns = day * 86_400_000_000_000;
        assert_eq!(time::parse(std::str::from_utf8(&time::format(ns)).unwrap()), Some(ns));
    }
}

#[test]
fn lines_are_cut_at_newlines_and_when_they_are_full() {
    assert_eq!(lines_of(100, &[b"a\nb", b"c\n", b"\n", b"d"]), [&b"a\n"[..], b"bc\n", b"\n", b"d"]);
    assert_eq!(lines_of(4, &[b"abcdefg\nh"]), [&b"abcd"[..], b"efg\n", b"h"]);
    assert_eq!(lines_of(4, &[b"ab", b"cdefg", b"\n"]), [&b"abcd"[..], b"efg\n"]);
    assert!(lines_of(4, &[b"", b""]).is_empty());
}

#[test]
fn no_character_is_cut_in_two() {
    assert_eq!(lines_of(5, &["aaa€b\n".as_bytes()]), [&b"aaa"[..], "€b\n".as_bytes()]);
    assert_eq!(lines_of(5, &[b"aaaa\xe2", b"\x82\xacb\n"]), [&b"aaaa"[..], "€b\n".as_bytes()]);
    assert_eq!(
        lines_of(4, &[b"\xf0\x90\x90", b"\xf0\x90\x90\xf0"]).concat(),
        b"\xf0\x90\x90\xf0\x90\x90\xf0"
    );
    assert_eq!(cut_character_bytes(b"\xff\xff\xff"), 0);
    assert_eq!(cut_character_bytes("é".as_bytes()), 0);
    assert_eq!(cut_character_bytes(b"a\xc3"), 1);
    assert_eq!(
        (cut_character_bytes(b"\xf0\n"), cut_character_bytes(b"\x80"), cut_character_bytes(b"")),
        (0, 0, 0)
    );
}

#[test]
fn any_cutting_of_any_bytes_loses_nothing() {
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 24
    };
    for _ in 0..300 {
        let bytes: Vec<u8> =
            (0..200).map(|_| b"a\n\xe2\x82\xac\xf0\x9f\"\\\0\xc3"[random() as usize % 11]).collect();
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, more) = rest.split_at((random() as usize % 20 + 1).min(rest.len()));
            pieces.push(piece);
            rest = more;
        }
        let max = 4 + random() as usize % 20;
        let lines = lines_of(max, &pieces);
        assert_eq!(lines.concat(), bytes);
        assert!(lines.iter().all(|line| line.len() <= max && !line[..line.len() - 1].contains(&b'\n')));
    }
}

#[test]
fn records_are_json_as_docker_writes_it() {
    assert_eq!(
        encoded(b"hi\n"),
        "{\"log\":\"hi\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-02T03:04:05.000000006Z\"}\n"
    );
    assert!(
        encoded(b"a\"\\\x01\x1b\r\t\xff\xe2\x82z").contains(r#""a\"\\\u0001\u001b\r\t\ufffd\ufffd\ufffdz""#)
    );
    let json = encoded("€ \u{7f}\u{10ffff}\n".as_bytes());
    let parsed = Record::parse(json.trim_end().as_bytes()).unwrap();
    assert_eq!((parsed.text.as_ref(), parsed.time_ns), ("€ \u{7f}\u{10ffff}\n", NOW_NS));
    for bad in [
        "",
        "{}",
        "null",
        "{\"log\":\"x\",\"stream\":\"other\",\"time\":\"2026-01-02T03:04:05Z\"}",
        "{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"now\"}",
    ] {
        assert_eq!(Record::parse(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn a_tail_is_found_without_reading_the_rest() {
    let text: Vec<u8> = (0..50_000).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
    let mut read_bytes = 0;
    let mut find = |lines| {
        tail::find(text.len() as u64, lines, &mut |block, at| {
            let at = usize::try_from(at).unwrap();
            read_bytes += block.len();
            block.copy_from_slice(&text[at..at + block.len()]);
            Ok(())
        })
        .unwrap()
    };
    let at = |tail| if let Tail::At(at) = tail { usize::try_from(at).unwrap() } else { panic!("{tail:?}") };
    assert_eq!(&text[at(find(1))..], b"line 49999\n");
    assert_eq!(&text[at(find(2))..], b"line 49998\nline 49999\n");
    assert_eq!(at(find(0)), text.len());
    assert!(text[at(find(10_000))..].starts_with(b"line 40000\n"));
    assert_eq!(at(find(50_000)), 0);
    assert_eq!(find(50_001), Tail::Only(50_000));
    assert!(read_bytes < 8 * tail::BLOCK_BYTES + 2 * text.len());
}

#[test]
fn limits_are_checked() {
    assert!(check(LogLimits::default()).is_ok() && check(limits(0, 0)).is_ok());
    assert!(check(limits(100, 1)).is_err() && check(limits(1 << 20, 101)).is_err());
}

#[test]
fn what_is_written_is_read() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), LogLimits::default()).unwrap();
    assert!(scratch.names().is_empty() && read_all(&scratch, Selection::default()).is_empty());
    writer.write(Stream::Stdout, b"one\ntw", NOW_NS);
    writer.write(Stream::Stderr, b"err\n", NOW_NS + 1);
    writer.write(Stream::Stdout, b"o\nrest", NOW_NS + 2);
    assert_eq!(read_all(&scratch, Selection::default()), ["one\n", "err\n", "two\n"]);
    writer.close(NOW_NS + 3);
    assert_eq!(read_all(&scratch, Selection::default()), ["one\n", "err\n", "two\n", "rest"]);
    assert_eq!(writer.dropped_bytes(), 0);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(scratch.0.join("log")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o7777, 0o600);
}

#[test]
fn a_selection_by_number_and_time() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), limits(2048, 5)).unwrap();
    for n in 0..60 {
        writer.write(Stream::Stdout, format!("{n}\n").as_bytes(), NOW_NS + n);
    }
    assert!(scratch.names().len() > 2, "{:?}", scratch.names());
    let numbers = |selection| -> Vec<u64> {
        read_all(&scratch, selection).iter().map(|l| l.trim().parse().unwrap()).collect()
    };
    for tail in 0..70 {
        let expected: Vec<u64> = (60 - tail.min(60)..60).collect();
        assert_eq!(numbers(Selection { tail: Some(tail), ..Selection::default() }), expected);
    }
    let (since_ns, until_ns) = (Some(NOW_NS + 10), Some(NOW_NS + 12));
    assert_eq!(numbers(Selection { tail: None, since_ns, until_ns }), [10, 11, 12]);
    assert!(numbers(Selection { tail: Some(3), since_ns: None, until_ns }).is_empty());
}

#[test]
fn files_stay_within_their_limits() {
    for (file_bytes_max, files_max) in [(2048, 1), (2048, 3), (5000, 2), (200_000, 2)] {
        let scratch = Scratch::new("log");
        let mut writer = Writer::new(scratch.dir(), limits(file_bytes_max, files_max)).unwrap();
        for n in 0..40_u64 {
            let line = [
                vec![b'\x01'; usize::try_from(n * 997 % 30_000).unwrap()],
                format!("end {n}\n").into_bytes(),
            ]
            .concat();
            writer.write(Stream::Stdout, &line, NOW_NS);
        }
        writer.close(NOW_NS);
        assert_eq!(writer.dropped_bytes(), 0);
        assert_eq!(scratch.names().len(), usize::from(files_max), "{:?}", scratch.names());
        for name in scratch.names() {
            assert!(scratch.text(&name).len() as u64 <= file_bytes_max);
        }
        let read = read_all(&scratch, Selection::default());
        assert!(read.last().unwrap().ends_with("end 39\n") && !read.iter().any(|l| l.starts_with("damaged")));
    }
}

#[test]
fn no_files_at_all_is_no_loss() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), limits(0, 0)).unwrap();
    writer.write(Stream::Stdout, b"x\n", NOW_NS);
    writer.close(NOW_NS);
    assert_eq!((scratch.names().len(), writer.dropped_bytes()), (0, 0));
}

#[test]
fn fewer_files_than_before_removes_the_rest() {
    let scratch = Scratch::new("log");
    for n in ["log.2", "log.3"] {
        std::fs::write(scratch.0.join(n), encoded(b"old\n")).unwrap();
    }
    std::fs::write(scratch.0.join("log.1"), encoded(b"kept\n")).unwrap();
    Writer::new(scratch.dir(), limits(4096, 2)).unwrap().write(Stream::Stdout, b"new\n", NOW_NS);
    assert_eq!(scratch.names(), ["log", "log.1"]);
    assert_eq!(read_all(&scratch, Selection::default()), ["kept\n", "new\n"]);
}

#[test]
fn a_torn_line_is_reported_and_ended_by_the_next_writer() {
    let scratch = Scratch::new("log");
    std::fs::write(scratch.0.join("log"), encoded(b"whole\n") + "{\"log\":\"to").unwrap();
    let mut reader = Reader::open(scratch.dir(), Selection::default(), false).unwrap();
    assert_eq!(read(&mut reader), ["whole\n"]);
    assert_eq!(reader.unfinished_bytes(), 10);
    Writer::new(scratch.dir(), LogLimits::default()).unwrap().write(Stream::Stdout, b"after\n", NOW_NS);
    assert_eq!(read(&mut reader), ["damaged 10", "after\n"]);
    assert_eq!(reader.unfinished_bytes(), 0);
}

#[test]
fn garbage_without_newlines_needs_no_memory_and_is_passed_over() {
    let scratch = Scratch::new("log");
    let garbage = vec![0; 1_000_000];
    std::fs::write(scratch.0.join("log"), [&garbage[..], b"\n", encoded(b"after\n").as_bytes()].concat())
        .unwrap();
    assert_eq!(read_all(&scratch, Selection::default()), ["damaged 1000000", "after\n"]);
    assert_eq!(read_all(&scratch, Selection { tail: Some(1), ..Selection::default() }), ["after\n"]);
}

/// A tmpfs of its own that is mounted nowhere.
fn small_disk(size: &str) -> OwnedFd {
    use rustix::mount::{
        FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
    };
    let fs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC).expect("tests run as root");
    fsconfig_set_string(&fs, "size", size).expect("a tmpfs has a size");
    fsconfig_create(&fs).expect("tests run as root");
    fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty()).expect("tests run as root")
}

#[test]
fn a_full_disk_loses_output_visibly_and_heals() {
    let disk = small_disk("64k");
    let filler = rustix::fs::openat(&disk, "filler", OFlags::WRONLY | OFlags::CREATE, Mode::RUSR).unwrap();
    let mut writer = Writer::new(disk.try_clone().unwrap(), LogLimits::default()).unwrap();
    writer.write(Stream::Stdout, b"before\n", NOW_NS);
    while rustix::io::write(&filler, &[0; 4096]).is_ok() {}
    let big = [vec![b'x'; 9_000], b"\n".to_vec()].concat();
    let mut written_bytes = 0;
    while writer.dropped_bytes() == 0 {
        writer.write(Stream::Stdout, &big, NOW_NS);
        written_bytes += big.len() as u64;
        assert!(written_bytes < 100_000);
    }
    writer.write(Stream::Stderr, &big, NOW_NS);
    written_bytes += big.len() as u64;
    let dropped_bytes = writer.dropped_bytes();
    assert!(dropped_bytes > 0);
    rustix::fs::ftruncate(&filler, 0).unwrap();
    writer.write(Stream::Stdout, b"after\n", NOW_NS);
    writer.close(NOW_NS);
    assert_eq!(writer.dropped_bytes(), dropped_bytes);
    let lines = read(&mut Reader::open(disk, Selection::default(), false).unwrap());
    let told = |line: &String| -> Option<u64> {
        line.strip_prefix("limpet: ")?
            .strip_suffix(" bytes of output were not logged: No space left on device (os error 28)\n")?
            .parse()
            .ok()
    };
    assert_eq!((lines[0].as_str(), lines[lines.len() - 1].as_str()), ("before\n", "after\n"));
    assert_eq!(lines.iter().filter_map(told).sum::<u64>(), dropped_bytes);
    assert_eq!(lines.iter().filter(|l| l.starts_with("damaged")).count(), 0);
    let kept_bytes: usize = lines.iter().filter(|l| l.starts_with('x')).map(String::len).sum();
    assert_eq!(kept_bytes as u64 + dropped_bytes, written_bytes);
}

#[test]
fn following_survives_rotations_without_loss_or_doubles() {
    const LINES: u64 = 20_000;
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), limits(40_000, 4)).unwrap();
    let mut reader = Reader::open(scratch.dir(), Selection::default(), true).unwrap();
    let (ended, end) = rustix::pipe::pipe().unwrap();
    let (go, turn) = std::sync::mpsc::sync_channel::<()>(8);
    let thread = std::thread::spawn(move || {
        for n in 0..LINES {
            if n % 50 == 0 {
                go.send(()).unwrap();
            }
            writer.write(Stream::Stdout, format!("{n}\n").as_bytes(), NOW_NS);
        }
        drop(end);
    });
    let mut got: Vec<String> = Vec::new();
    loop {
        let woken = reader.wait(Some(rustix::fd::AsFd::as_fd(&ended)), None).unwrap();
        got.extend(read(&mut reader));
        // At most some 450 lines ahead, less than the 3 files that rotation keeps.
        for _ in 0..9 {
            let _ = turn.try_recv();
        }
        if woken == Woken::Other {
            break;
        }
    }
    thread.join().unwrap();
    let expected: Vec<String> = (0..LINES).map(|n| format!("{n}\n")).collect();
    assert_eq!(got.len(), expected.len());
    assert!(got == expected);
}

#[test]
fn a_reader_that_is_too_slow_says_so() {
    let scratch = Scratch::new("log");
    let mut writer = Writer::new(scratch.dir(), limits(2048, 2)).unwrap();
    let mut reader = Reader::open(scratch.dir(), Selection::default(), true).unwrap();
    writer.write(Stream::Stdout, b"first\n", NOW_NS);
    assert_eq!(reader.wait(None, Some(5000)).unwrap(), Woken::Grown);
    assert_eq!(read(&mut reader), ["first\n"]);
    for n in 0..200 {
        writer.write(Stream::Stdout, format!("{n}\n").as_bytes(), NOW_NS);
    }
    let got = read(&mut reader);
    assert_eq!(
        got.iter().position(|l| l == "gap"),
        Some(got.len() - got.iter().rev().position(|l| l == "gap").unwrap() - 1)
    );
    assert_eq!(got.last().map(String::as_str), Some("199\n"));
    reader.drain();
    assert_eq!(reader.wait(None, Some(10)).unwrap(), Woken::TimeOut);
}
