//! `--detach-keys`: the keys that leave a container running, `ctrl-p,ctrl-q`.

#[cfg(test)]
mod tests;

use super::Invalid;

/// Most keys in a sequence.
pub const KEYS_MAX: usize = 16;

/// The bytes that a terminal sends for the keys; empty for none. Ctrl-P, Ctrl-Q by default, as in docker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachKeys(pub Vec<u8>);

impl Default for DetachKeys {
    fn default() -> Self {
        Self(vec![control(b'p'), control(b'q')])
    }
}

/// The keys that `text` names, parted by commas: characters, or `ctrl-` and one of a-z, @, [, \, ], ^, _.
///
/// # Errors
/// Anything else, or more than [`KEYS_MAX`].
pub fn parse(text: &str) -> Result<DetachKeys, Invalid> {
    if text.is_empty() {
        return Ok(DetachKeys(Vec::new()));
    }
    let keys = text.split(',').map(key).collect::<Option<Vec<u8>>>();
    match keys {
        Some(keys) if keys.len() <= KEYS_MAX => Ok(DetachKeys(keys)),
        Some(_) => Err(format!("more than {KEYS_MAX} keys").into()),
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
