use super::*;

fn tar(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    build(&mut builder);
    builder.into_inner().unwrap()
}

fn add(builder: &mut tar::Builder<Vec<u8>>, path: &str, contents: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(contents.len() as u64);
    header.set_mode(0o640);
    header.set_uid(7);
    header.set_gid(8);
    header.set_mtime(99);
    builder.append_data(&mut header, path, contents).unwrap();
}

#[test]
fn entries_and_contents_come_in_order() {
    let bytes = tar(|builder| {
        add(builder, "a", &[b'x'; 700]);
        add(builder, "b", b"");
        add(builder, "c", b"end");
    });
    let mut input = bytes.as_slice();
    let mut reader = Reader::new(&mut input);
    let a = reader.next_entry().unwrap().unwrap();
    assert_eq!(
        (a.path.as_slice(), a.size_bytes, a.mode, a.uid, a.gid, a.modified),
        (&b"a"[..], 700, 0o640, 7, 8, (99, 0))
    );
    let mut contents = Vec::new();
    reader.read_to_end(&mut contents).unwrap();
    assert_eq!(contents, [b'x'; 700]);
    assert_eq!(reader.next_entry().unwrap().unwrap().path, b"b");
    let c = reader.next_entry().unwrap().unwrap();
    assert_eq!(c.path, b"c");
    // Unread contents are passed over.
    assert!(reader.next_entry().unwrap().is_none());
}

#[test]
fn a_sparse_file_is_read_with_its_holes() {
    let sparse = Sparse { size_bytes: 10, chunks: vec![(2, 3), (7, 1)] };
    let mut stored = &b"abcd"[..];
    let mut reader = Reader { input: Input(&mut stored), contents: Contents::of(Some(&sparse), 4) };
    let mut contents = Vec::new();
    reader.read_to_end(&mut contents).unwrap();
    assert_eq!(contents, b"\0\0abc\0\0d\0\0");
}

#[test]
fn a_tar_that_is_cut_short_is_an_error() {
    let bytes = tar(|builder| add(builder, "a", &[b'x'; 700]));
    let mut input = &bytes[..600];
    let mut reader = Reader::new(&mut input);
    reader.next_entry().unwrap();
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
}
