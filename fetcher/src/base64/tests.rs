use super::*;

#[test]
fn there_and_back() {
    for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
        assert_eq!(encode(bytes.as_bytes()), text);
        assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
    }
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(decode(&encode(&all)), Some(all));
    assert_eq!(decode("Zg"), Some(b"f".to_vec()));
}

#[test]
fn what_is_none() {
    for text in ["Z", "Zg!=", "Zm9vY", "a b"] {
        assert_eq!(decode(text), None, "{text}");
    }
}

#[test]
fn a_word_has_one_form() {
    for bytes in [&b""[..], b"\xff", b"\xfb\xff\xfe", b"limpet"] {
        assert_eq!(decode_url(&encode_url(bytes)).as_deref(), Some(bytes));
    }
    for text in ["_w==", "_x", "+w", "/w", "a", "_w\n", "_w "] {
        assert_eq!(decode_url(text), None, "{text:?}");
    }
}
