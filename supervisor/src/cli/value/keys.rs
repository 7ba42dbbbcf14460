//! `--detach-keys`: the keys that leave a container running, `ctrl-p,ctrl-q`.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_runner::attach::DETACH_KEYS_MAX;
pub use limpet_runner::attach::DetachKeys;

/// The keys that `text` names, parted by commas: characters, or `ctrl-` and one of a-z, @, [, \, ], ^, _.
///
/// # Errors
/// Anything else, or more than [`DETACH_KEYS_MAX`].
pub fn parse(text: &str) -> Result<DetachKeys, Invalid> {
    if text.is_empty() {
        return Ok(DetachKeys::none());
    }
    let keys = text.split(',').map(key).collect::<Option<Vec<u8>>>();
    match keys {
        Some(keys) if keys.len() <= DETACH_KEYS_MAX => Ok(DetachKeys::from_bytes(&keys)),
        Some(_) => Err(format!("more than {DETACH_KEYS_MAX} keys").into()),
        None => Err("write keys such as ctrl-p,ctrl-q: characters, or ctrl- and a-z @ [ \\ ] ^ _".into()),
    }
}

fn key(text: &str) -> Option<u8> {
    if let Some(with_control) = text.strip_prefix("ctrl-") {
        let [letter] = with_control.as_bytes() else { return None };
        return matches!(letter, b'a'..=b'z' | b'@' | b'['..=b'_').then(|| control(*letter));
    }
    match text.as_bytes() {
        [byte] if byte.is_ascii_graphic() => Some(*byte),
        _ => None,
    }
}

/// What the terminal sends for Ctrl and this key: the five low bits.
const fn control(letter: u8) -> u8 {
    letter & 0x1f
}
