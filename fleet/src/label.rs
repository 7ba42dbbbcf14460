//! Labels of boards: names with values, in the forms that selectors can name.

use std::collections::BTreeMap;

/// Labels of one board.
pub type Labels = BTreeMap<String, String>;

/// Bytes of a name, and of a value: that of the protocol.
pub const BYTES_MAX: usize = limpet_protocol::fleet::enrol::WORD_BYTES_MAX;

/// A name of 1 to [`BYTES_MAX`] bytes: letters, digits, `-`, `_`, `.` and `/`, a letter or a digit first and last.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let ends_well = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= BYTES_MAX
        && ends_well(bytes.first())
        && ends_well(bytes.last())
        && bytes.iter().all(|byte| is_of_a_word(*byte))
}

/// A value: the form of a name, or nothing.
#[must_use]
pub fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

pub(crate) fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')
}
