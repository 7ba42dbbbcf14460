use super::*;

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut writer = BlockWriter::begin(Vec::new()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    read(Box::new(bytes))?.read_to_end(&mut all)?;
    Ok(all)
}

/// Bytes that are alike here and different there, from a linear congruential generator.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|at| if at % 700 < 600 { b"ustar"[at % 5] } else { next() }).collect()
}

#[test]
fn what_is_packed_is_read_again() {
    for length in [0, 1, BLOCK_BYTES_MAX - 1, BLOCK_BYTES_MAX, BLOCK_BYTES_MAX + 1, 3 * BLOCK_BYTES_MAX + 7] {
        let bytes = sample(length);
        assert_eq!(unpacked(&packed(&bytes)).unwrap(), bytes, "{length}");
    }
    let bytes = sample(1 << 20);
    assert!(packed(&bytes).len() < bytes.len() / 3);
}

#[test]
fn gzip_of_earlier_versions_is_read() {
    let bytes = sample(100_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    assert_eq!(unpacked(&gzip.finish().unwrap()).unwrap(), bytes);
}

#[test]
fn damage_is_an_error() {
    let whole = packed(&sample(50_000));
    for cut in [0, 3, 5, 11, 12, 13, whole.len() - 1] {
        assert!(unpacked(&whole[..cut]).is_err(), "{cut}");
    }
    // Its first number is the block's length, 50,000: the lowest byte is 0x50, the highest 0.
    assert_eq!(whole[MAGIC.len()], 0x50);
    let packed_bytes_at = MAGIC.len() + 8;
    for (at, byte) in [(4, 0x4f), (4, 0x51), (7, 1), (10, 0xff), (packed_bytes_at, !whole[packed_bytes_at])] {
        let mut damaged = whole.clone();
        damaged[at] = byte;
        assert!(unpacked(&damaged).is_err(), "{at}");
    }
}

#[test]
fn nothing_else_is_unpacked() {
    for other in [&b"plain"[..], &[0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1]] {
        assert!(unpacked(other).is_err(), "{other:?}");
    }
}
