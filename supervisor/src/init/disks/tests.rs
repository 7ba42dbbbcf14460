use super::superblock::{Names, names};

fn block() -> [u8; 0x88] {
    let mut block = [0; 0x88];
    block[0x38..0x3a].copy_from_slice(&[0x53, 0xef]);
    block[0x68..0x78].copy_from_slice(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xff]);
    block
}

#[test]
fn label_and_uuid_are_read() {
    let mut block = block();
    block[0x78..0x7c].copy_from_slice(b"data");
    let expected = Names { label: "data".into(), uuid: "00010203-0405-0607-0809-0a0b0c0d0eff".into() };
    assert_eq!(names(&block), Some(expected));
}

#[test]
fn a_label_may_fill_its_field_or_be_none() {
    let mut block = block();
    assert_eq!(names(&block).expect("it is ext4").label, "");
    block[0x78..0x88].copy_from_slice(b"0123456789abcdef");
    assert_eq!(names(&block).expect("it is ext4").label, "0123456789abcdef");
}

#[test]
fn another_file_system_has_no_names() {
    let mut block = block();
    block[0x39] = 0;
    assert_eq!(names(&block), None);
}
