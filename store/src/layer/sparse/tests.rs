use super::*;

#[test]
fn pieces_must_follow_one_another() {
    let mut sparse = Sparse { size_bytes: 100, chunks: Vec::new() };
    assert!(
        sparse.push((0, 10)).is_some() && sparse.push((50, 50)).is_some() && sparse.push((100, 0)).is_some()
    );
    assert_eq!(sparse.data_bytes(), 60);
    for wrong in [(40, 10), (100, 1), (u64::MAX, 1), (99, u64::MAX)] {
        assert!(sparse.push(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn a_map_in_data() {
    let mut map = MapReader::new(1000);
    assert_eq!(map.block(b"2\n0\n10\n5"), Some(false));
    assert_eq!(map.block(b"00\n20\n\0\0"), Some(true));
    assert_eq!(map.finish().chunks, [(0, 10), (500, 20)]);
    assert_eq!(MapReader::new(1).block(b"1\n0\n2\n"), None);
    assert_eq!(MapReader::new(1).block(b"x"), None);
    assert_eq!(MapReader::new(1).block(b"\n"), None);
    assert_eq!(MapReader::new(1).block(b"99999999999999999999999\n"), None);
}

#[test]
fn a_map_in_a_record() {
    let mut pax = PaxSparse::default();
    assert!(pax.take(b"size", b"100").is_some() && pax.take(b"map", b"0,5,50,5").is_some());
    assert_eq!(pax.shape().unwrap().chunks, [(0, 5), (50, 5)]);
    assert!(pax.take(b"offset", b"60").is_some());
    assert_eq!(pax.shape(), None);
    assert!(pax.take(b"map", b"1,,2").is_none());
}
