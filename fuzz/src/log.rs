//! Log files: any bytes are read to their end, all of them are accounted for, and what a keeper wrote comes out again.

use limpet_protocol::keeper::LogLimits;
use limpet_runner::log::{Item, Reader, Selection, Stream, Writer};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// In memory, one for each process.
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new("/dev/shm").join(format!("limpet-fuzz-log-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory in memory");
    directory
});

fn open() -> OwnedFd {
    File::open(&*DIRECTORY).expect("the directory").into()
}

/// Empties the directory: the next input begins anew.
fn clear() {
    for name in ["log", "log.1", "log.2"] {
        std::fs::remove_file(DIRECTORY.join(name)).ok();
    }
}

/// Texts that the log has, and bytes that are none.
fn read(selection: Selection) -> (Vec<String>, u64) {
    let (mut texts, mut damaged) = (Vec::new(), 0);
    let mut reader = Reader::open(open(), selection, false).expect("a log");
    let take = &mut |item: Item<'_>| {
        match item {
            Item::Record(record) => texts.push(record.text.into_owned()),
            Item::Damaged(bytes) => damaged += bytes,
            Item::Gap => {}
        }
        Ok(())
    };
    reader.read(take).expect("a log in memory");
    (texts, damaged)
}

/// Two files of any bytes.
fn any_files(input: &[u8]) {
    let at = input.iter().position(|byte| *byte == 0xff).unwrap_or(input.len());
    let (older, newer) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    std::fs::write(DIRECTORY.join("log.1"), older).expect("memory");
    std::fs::write(DIRECTORY.join("log"), newer).expect("memory");
    let (all, damaged) = read(Selection::default());
    assert!(damaged <= (older.len() + newer.len()) as u64 + 2, "{damaged}");
    let lines = input.iter().filter(|byte| **byte == b'\n').count();
    assert!(all.len() <= lines + 1, "{} records in {lines} lines", all.len());
    let (last, _) = read(Selection { tail: Some(2), ..Selection::default() });
    assert!(last.len() <= all.len() && all.ends_with(&last), "{last:?} of {all:?}");
    let (none, _) = read(Selection { since_ns: Some(u64::MAX), ..Selection::default() });
    assert!(none.is_empty());
}

/// Each byte that is no text is one mark, as with docker.
fn text(bytes: &[u8]) -> String {
    let part =
        |chunk: std::str::Utf8Chunk<'_>| chunk.valid().to_owned() + &"\u{fffd}".repeat(chunk.invalid().len());
    bytes.utf8_chunks().map(part).collect()
}

/// What a writer wrote, in pieces, comes out whole.
fn written(input: &[u8]) {
    let limits = LogLimits { files_max: 3, ..LogLimits::default() };
    let mut writer = Writer::new(open(), limits).expect("limits");
    for piece in input.chunks(7) {
        writer.write(Stream::Stdout, piece, 1);
    }
    writer.close(1);
    let (texts, damaged) = read(Selection::default());
    assert_eq!((texts.concat(), damaged), (text(input), 0));
}

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Some((way, input)) = input.split_first() else { return };
    match way % 2 {
        0 => any_files(input),
        _ => written(&input[..input.len().min(8192)]),
    }
    clear();
}
