use super::*;
use limpet_store::archive::Reader;

fn entry(kind: Kind, path: &str) -> Entry {
    Entry {
        kind,
        path: path.as_bytes().to_vec(),
        link: Vec::new(),
        mode: 0o4751,
        uid: 12,
        gid: 34,
        modified: (1_700_000_000, 0),
        xattrs: Vec::new(),
        size_bytes: 0,
    }
}

/// What a reader makes of what was written.
fn read_back(entries: &[(Entry, &[u8])]) -> Vec<(Entry, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut writer = TarWriter::new(&mut bytes);
    for (entry, contents) in entries {
        writer.put(entry, &mut &**contents).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(bytes.len() % BLOCK_BYTES, 0);
    let mut input = bytes.as_slice();
    let mut reader = Reader::new(&mut input);
    let mut found = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        let mut contents = Vec::new();
        reader.read_to_end(&mut contents).unwrap();
        found.push((entry, contents));
    }
    found
}

#[test]
fn every_kind_comes_back() {
    let link = |kind, path: &str| Entry { link: b"f".to_vec(), ..entry(kind, path) };
    let entries = [
        (entry(Kind::Directory, "d"), &b""[..]),
        (Entry { size_bytes: 5, ..entry(Kind::File, "f") }, b"hello"),
        (link(Kind::Symlink, "s"), b""),
        (link(Kind::Hardlink, "h"), b""),
        (entry(Kind::Character(1, 300), "c"), b""),
        (entry(Kind::Block(8, 1), "b"), b""),
        (entry(Kind::Fifo, "p"), b""),
    ];
    let found = read_back(&entries);
    assert_eq!(found.len(), entries.len());
    assert_eq!(found[0].0.path, b"d/");
    for ((wanted, contents), (found, read)) in entries.iter().zip(&found).skip(1) {
        assert_eq!((wanted, *contents), (found, read.as_slice()));
    }
}

#[test]
fn what_does_not_fit_a_header_comes_back_too() {
    let wanted = Entry {
        path: [b"long/".repeat(40), b"name".to_vec()].concat(),
        link: b"target/".repeat(50),
        uid: 4_000_000,
        gid: 3_000_000,
        modified: (-5, 0),
        xattrs: vec![(b"user.a".to_vec(), b"line\nline=\0".to_vec())],
        ..entry(Kind::Symlink, "")
    };
    assert_eq!(read_back(&[(wanted.clone(), b"")]), [(wanted, Vec::new())]);
}

#[test]
fn a_record_counts_its_own_digits() {
    for length in [0, 80, 87, 88, 89, 90, 91, 92, 980, 985, 986, 987, 988, 990] {
        let mut records = Vec::new();
        record(&mut records, b"path", &vec![b'x'; length]);
        let text = String::from_utf8(records.clone()).unwrap();
        assert_eq!(text.split(' ').next().unwrap().parse::<usize>().unwrap(), records.len());
    }
}

#[test]
fn a_file_that_shrank_is_filled_up() {
    let found = read_back(&[
        (Entry { size_bytes: 8, ..entry(Kind::File, "f") }, b"abc"),
        (entry(Kind::Fifo, "p"), b""),
    ]);
    assert_eq!(found[0].1, b"abc\0\0\0\0\0");
    assert_eq!(found.len(), 2);
}

#[test]
fn the_root_is_a_dot() {
    assert_eq!(read_back(&[(entry(Kind::Directory, ""), b"")])[0].0.path, b"./");
}
