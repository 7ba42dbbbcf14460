use super::*;

#[test]
fn a_record_with_any_bit_flipped_is_none() {
    let digest = |text: &str| Digest::of(text.as_bytes());
    let size = LayerSize { file_bytes: 12, tar_bytes: 3456 };
    let record = LayerRecord { size, split: digest("split"), index: digest("index") };
    let text = record.text();
    assert_eq!(LayerRecord::parse(&text), Some(record));
    for bit in 0..text.len() * 8 {
        let mut bytes = text.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let parsed = String::from_utf8(bytes).ok().and_then(|text| LayerRecord::parse(&text));
        assert_eq!(parsed, None, "bit {bit}");
    }
    assert_eq!(LayerRecord::parse(""), None);
    assert_eq!(LayerRecord::parse(text.trim_end()), None);
}
