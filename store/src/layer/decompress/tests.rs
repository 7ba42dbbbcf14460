use super::*;
use std::io::Write;

const TEXT: &[u8] = b"the same bytes, whatever they were packed with";

fn read(mut packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    unpacked(Box::new(&mut packed))?.read_to_end(&mut found).map(|_| found)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    // A frame without content size; window 1 KiB; one last raw block (RFC 8878).
    let block = (u32::try_from(bytes.len()).unwrap() << 3 | 1).to_le_bytes();
    [&ZSTD[..], &[0, 0], &block[..3], bytes].concat()
}

#[test]
fn plain_gzip_and_zstd() {
    assert_eq!(read(TEXT).unwrap(), TEXT);
    assert_eq!(read(&gzip(TEXT)).unwrap(), TEXT);
    assert_eq!(read(&zstd(TEXT)).unwrap(), TEXT);
    assert_eq!(read(b"").unwrap(), b"");
}

#[test]
fn several_members_and_frames() {
    assert_eq!(read(&[gzip(b"a"), gzip(b"b")].concat()).unwrap(), b"ab");
    let skippable = [&[0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
    assert_eq!(
        read(&[skippable.clone(), zstd(b"a"), skippable, zstd(b""), zstd(b"b")].concat()).unwrap(),
        b"ab"
    );
}

#[test]
fn what_is_cut_or_unknown_is_an_error() {
    assert!(read(&gzip(TEXT)[..30]).is_err());
    assert!(read(&zstd(TEXT)[..20]).is_err());
    assert!(read(&[0x50, 0x2a, 0x4d, 0x18, 9, 0, 0, 0, 1]).is_err());
    assert!(read(b"BZh91AY").unwrap_err().to_string().contains("bzip2"));
    assert!(read(b"\xfd7zXZ\0").unwrap_err().to_string().contains("xz"));
}
