//! Bytes as text and back, as `crate::api` writes them, and text of others made fit for a terminal.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use limpet_protocol::fleet::PublicKey;
use std::time::{SystemTime, UNIX_EPOCH};

/// base64url without padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Bytes of base64url without padding.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim()).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `N` bytes of hexadecimal.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect();
    if digits.len() == 2 * N { bytes.try_into().ok() } else { None }
}

/// A public key of hexadecimal.
pub(crate) fn key(text: &str) -> Option<PublicKey> {
    from_hex(text).map(PublicKey)
}

/// Text of a board or a server without what would move a terminal's cursor.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// The wall clock, seconds since 1970. The one place where the tool asks for it.
pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// How long ago, in kubectl's words: `5s`, `12m`, `3h`, `2d`.
pub(crate) fn age(then_s: u64, now_s: u64) -> String {
    let s = now_s.saturating_sub(then_s);
    match s {
        0..120 => format!("{s}s"),
        120..7200 => format!("{}m", s / 60),
        7200..172_800 => format!("{}h", s / 3600),
        _ => format!("{}d", s / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_nothing_else_does() {
        assert_eq!(from_hex::<2>(&hex(&[0xab, 1])), Some([0xab, 1]));
        assert_eq!(from_hex::<2>("abc"), None);
        assert_eq!(from_hex::<2>("abcdef"), None);
        assert_eq!(from_hex::<1>("é"), None);
        assert_eq!(from_base64(&base64(b"x")).as_deref(), Some(&b"x"[..]));
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a?[2Jb?");
    }

    #[test]
    fn ages_are_kubectls() {
        let words: Vec<String> = [5, 119, 120, 7200, 200_000].iter().map(|s| age(0, *s)).collect();
        assert_eq!(words, ["5s", "119s", "2m", "2h", "2d"]);
        assert_eq!(age(10, 5), "0s");
    }
}
