use super::*;

fn write(sector: u64) -> Entry {
    Entry { sector, sectors: 8, flags: 0, data_at: 0 }
}

fn flush() -> Entry {
    Entry { sector: 0, sectors: 0, flags: FLUSH, data_at: 0 }
}

/// What survives of `entries` in a thousand cuts.
fn cuts(entries: &[Entry], disk: Disk) -> Vec<Vec<Entry>> {
    (0..1000).map(|seed| survivors(entries, disk, &mut Random::new(seed))).collect()
}

#[test]
fn what_was_flushed_always_survives_and_what_was_not_sometimes() {
    let entries = [write(0), write(8), flush(), write(16), write(24)];
    let cuts = cuts(&entries, Disk::Honest);
    assert!(cuts.iter().all(|cut| cut[..3] == entries[..3]));
    let lengths: Vec<usize> = cuts.iter().map(Vec::len).collect();
    assert!([3, 4, 5].iter().all(|length| lengths.contains(length)), "{lengths:?}");
    let only_the_later = |cut: &&Vec<Entry>| cut.len() == 4 && cut[3].sector == 24;
    assert!(cuts.iter().find(only_the_later).is_some(), "writes are reordered");
    assert!(cuts.iter().any(|cut| cut[3..].iter().any(|entry| entry.sectors < 8)), "writes are torn");
}

#[test]
fn a_write_that_has_to_be_kept_is() {
    let forced = Entry { flags: FUA, ..write(16) };
    let cuts = cuts(&[write(0), flush(), write(8), forced], Disk::Honest);
    assert!(cuts.iter().all(|cut| cut.last() == Some(&forced)));
}

#[test]
fn a_forgetful_disk_loses_what_was_flushed() {
    let cuts = cuts(&[write(0), flush()], Disk::Forgetful);
    assert!(cuts.iter().any(|cut| !cut.contains(&write(0))));
}

#[test]
fn a_log_is_read_and_replayed() {
    let scratch = native_tests::scratch::Scratch::new();
    let mut bytes = vec![0; 512 * 6];
    let mut put = |at: usize, numbers: [u64; 3]| {
        numbers.iter().enumerate().for_each(|(index, number)| {
            bytes[at + index * 8..][..8].copy_from_slice(&number.to_le_bytes());
        });
    };
    put(0, [MAGIC, 1, 3]);
    put(512, [1, 2, 0]);
    put(2048, [0, 0, FLUSH]);
    put(2560, [1, 1, DISCARD]);
    bytes[1024..2048].fill(b'a');
    let (log, disk) = (scratch.path().join("log"), scratch.path().join("disk"));
    std::fs::write(&log, bytes).expect("the directory is ours");
    std::fs::write(&disk, vec![b'-'; 512 * 4]).expect("the same");
    let log = File::open(&log).expect("it is there");
    let entries = entries(&log).expect("it is whole");
    assert_eq!(entries.len(), 3);
    replay(&log, &entries, &disk).expect("it can be written");
    let sectors = std::fs::read(&disk).expect("it is there");
    let first: Vec<u8> = sectors.chunks(512).map(|sector| sector[0]).collect();
    assert_eq!(first, [b'-', 0, b'a', b'-']);
}
