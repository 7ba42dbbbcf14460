//! The serial number that a board's maker gave it: of the device tree, or of DMI.

use super::word;
use limpet_protocol::fleet::enrol::{WORD_BYTES_MAX, Word};
use std::fs::File;
use std::io::Read;

const PLACES: [&str; 4] = [
    "/sys/firmware/devicetree/base/serial-number",
    "/sys/class/dmi/id/product_serial",
    "/sys/class/dmi/id/board_serial",
    "/sys/class/dmi/id/chassis_serial",
];

/// The first that is one.
pub(super) fn serial() -> Option<Word> {
    PLACES.iter().find_map(|place| {
        let mut bytes = Vec::new();
        File::open(place).ok()?.take(WORD_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
        number(&bytes)
    })
}

/// Makers of mainboards leave a text there that says that nothing is there.
pub(super) fn number(bytes: &[u8]) -> Option<Word> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches(['\0', ' ', '\t', '\n']);
    let plain = text.len() <= WORD_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    let empty = text.bytes().all(|byte| matches!(byte, b'0' | b'x' | b'X' | b'.' | b'-' | b'F' | b'f'));
    let words = ["none", "default", "n/a", "na", "unknown", "invalid", "serial", "oem", "123456789"];
    let lower = text.to_ascii_lowercase();
    (plain && !empty && !words.contains(&lower.as_str())).then(|| word(text))
}
