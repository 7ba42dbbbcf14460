//! Shortening and quoting of values for people.

#[cfg(test)]
mod tests;

use limpet_protocol::id::SHORT_ID_LEN;

/// Characters of a command that `ps` shows, quotes not counted, as docker.
pub const COMMAND_CHARS: usize = 20;

/// `text` in at most `chars` characters, the last of them an ellipsis if something was cut off.
#[must_use]
pub fn ellipsis(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(chars.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The first twelve digits of an id or digest, without `sha256:`.
#[must_use]
pub fn short_id(id: &str) -> &str {
    let digits = id.split_once(':').map_or(id, |(_, digits)| digits);
    digits.get(..SHORT_ID_LEN).unwrap_or(digits)
}

/// A command as `ps` shows it: its words in double quotes, shortened unless `whole`.
#[must_use]
pub fn command(words: &[String], whole: bool) -> String {
    let line = words.join(" ");
    let line = if whole { line } else { ellipsis(&line, COMMAND_CHARS) };
    format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""))
}
