use super::*;

#[test]
fn there_and_back() {
    let path = std::env::temp_dir().join(format!("limpet-split-{}", std::process::id()));
    let mut writer = SplitWriter::new(File::create(&path).unwrap()).unwrap();
    let long = vec![7; 3 * PIECE_BYTES_MAX + 1];
    writer.bytes(b"a").unwrap();
    writer.bytes(b"b").unwrap();
    writer.part(9, b"p/q", &[(0, 5), (10, 5)], &Digest::of(b"0123456789")).unwrap();
    writer.bytes(&long).unwrap();
    writer.finish().unwrap();
    let mut reader = SplitReader::new(File::open(&path).unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut bytes = Vec::new();
    let mut parts = Vec::new();
    while let Some(piece) = reader.next().unwrap() {
        match piece {
            Piece::Bytes(more) => bytes.extend(more),
            Piece::Part { label, path, chunks, digest } => {
                parts.push((bytes.len(), label, path, chunks, digest));
            }
        }
    }
    assert_eq!(parts, [(2, 9, b"p/q".to_vec(), vec![(0, 5), (10, 5)], Digest::of(b"0123456789"))]);
    assert_eq!(bytes, [b"ab", &long[..]].concat());
}
