use super::*;

struct Bytes<'a> {
    left: &'a [u8],
    kept: Vec<u8>,
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.left.read(buffer)
    }
}

impl Medium for Bytes<'_> {
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.kept.extend_from_slice(bytes);
        Ok(())
    }

    fn skip(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o104_755);
    header.set_uid(1);
    header.set_gid(2);
    header.set_mtime(3);
    header.set_cksum();
    header
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
    padded
}

fn first(tar: &[u8]) -> Result<Option<Entry>, TapeError> {
    next_entry(&mut Bytes { left: tar, kept: Vec::new() })
}

#[test]
fn headers_are_kept_and_contents_left() {
    let tar = [header("f", EntryType::Regular, 3).as_bytes(), &padded(b"abc")[..]].concat();
    let mut medium = Bytes { left: &tar, kept: Vec::new() };
    let entry = next_entry(&mut medium).unwrap().unwrap();
    assert_eq!((entry.kind, &*entry.path, entry.stored_bytes), (Kind::File, &b"f"[..], 3));
    assert_eq!((entry.mode, entry.uid, entry.gid, entry.mtime), (0o4755, 1, 2, (3, 0)));
    let mut contents = [0; 3];
    medium.read_exact(&mut contents).unwrap();
    end_contents(&mut medium, 3).unwrap();
    assert_eq!(medium.kept.len(), BLOCK_BYTES + BLOCK_BYTES - 3);
    assert!(next_entry(&mut medium).unwrap().is_none());
}

#[test]
fn pax_goes_before_gnu_before_header() {
    let long = header("././@LongLink", EntryType::GNULongName, 4);
    let pax = header("pax", EntryType::XHeader, 25);
    let file = header("short", EntryType::Regular, 1);
    let gnu = [long.as_bytes(), &padded(b"gnu\0")[..]].concat();
    let records = padded(b"12 path=pax\n13 uid=70000\n");
    assert_eq!(first(&[&gnu[..], file.as_bytes()].concat()).unwrap().unwrap().path, b"gnu");
    let all = [pax.as_bytes(), &records[..], &gnu[..], file.as_bytes()].concat();
    let entry = first(&all).unwrap().unwrap();
    assert_eq!((&*entry.path, entry.uid), (&b"pax"[..], 70000));
}

#[test]
fn links_have_no_contents() {
    let entry = first(header("l", EntryType::Link, 512).as_bytes()).unwrap().unwrap();
    assert_eq!((entry.kind, entry.stored_bytes), (Kind::Hardlink, 0));
}

#[test]
fn what_is_wrong_is_told() {
    let good = header("f", EntryType::Regular, 0);
    assert!(matches!(first(&good.as_bytes()[..100]), Err(TapeError::Truncated)));
    let mut damaged = *good.as_bytes();
    damaged[0] ^= 1;
    assert!(matches!(first(&damaged), Err(TapeError::Malformed(_))));
    let huge = header("x", EntryType::XHeader, EXTENDED_HEADER_BYTES_MAX + 1);
    assert!(matches!(first(huge.as_bytes()), Err(TapeError::ExtendedTooLong)));
    let lone = [&[0; BLOCK_BYTES][..], good.as_bytes()].concat();
    assert!(matches!(first(&lone), Err(TapeError::Malformed(_))));
    assert!(first(&[0; 2 * BLOCK_BYTES]).unwrap().is_none());
    assert!(first(b"").unwrap().is_none());
}
