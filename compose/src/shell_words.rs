//! A command in one line, split into words as a shell does it: blanks, quotes, backslashes.

#[cfg(test)]
mod tests;

use limpet_protocol::launch::STRINGS_MAX;

/// What only a shell understands. docker compose cuts the command off there, silently.
const ONLY_OF_SHELLS: &[char] = &[';', '&', '|', '<', '>'];

/// The words of a line.
///
/// # Errors
/// An open quote, or what only a shell understands.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            _ if words.len() >= STRINGS_MAX => return Err(format!("has more than {STRINGS_MAX} words")),
            '\'' | '"' => quoted(c, &mut chars, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if ONLY_OF_SHELLS.contains(&c) => {
                return Err(format!(
                    "{c} needs a shell, and there is none; write [\"sh\", \"-c\", \"...\"], or put it in quotes"
                ));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(quote: char, chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => match chars.next() {
                Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => break,
            },
            c => word.push(c),
        }
    }
    Err(format!("the quote {quote} is not closed"))
}
