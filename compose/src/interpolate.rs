//! Variables in texts: `$NAME`, `${NAME}` and the forms with `:-`, `-`, `:?`, `?`, `:+` and `+`, nested; `$$` is a dollar
//! sign (Compose Specification, "Interpolation").
//!
//! Pure: in a text and the variables, out the text and the names of variables that are not set.

#[cfg(test)]
mod tests;

use crate::variables::Lookup;

/// Deepest nesting of `${A:-${B}}`.
const NESTING_MAX: usize = 32;
/// Longest text that variables may make of one value.
const EXPANDED_BYTES_MAX: usize = 1024 * 1024;

const OPEN: &str = "a ${ has no }; write $$ for a dollar sign";

/// A text with its variables replaced; `None` if it has no dollar sign. Names that are not set and have no default are
/// added to `unset`.
///
/// # Errors
/// What cannot be read, or a variable that must be set and is not.
pub(crate) fn substitute(
    text: &str,
    variables: &dyn Lookup,
    unset: &mut Vec<String>,
) -> Result<Option<String>, String> {
    if !text.contains('$') {
        return Ok(None);
    }
    let mut reader = Reader { text, at: 0, variables, unset };
    reader.template(0, true).map(Some)
}

struct Reader<'a> {
    text: &'a str,
    /// Byte from which the rest is read; always between characters.
    at: usize,
    variables: &'a dyn Lookup,
    unset: &'a mut Vec<String>,
}

impl<'a> Reader<'a> {
    /// Up to the end, or within `${}` to the brace that closes it. If it is not `live`, only the syntax counts: what a
    /// set variable does not need is not evaluated.
    fn template(&mut self, depth: usize, live: bool) -> Result<String, String> {
        if depth > NESTING_MAX {
            return Err(format!("variables are nested deeper than {NESTING_MAX} levels"));
        }
        let mut out = String::new();
        while let Some(c) = self.take() {
            match c {
                '}' if depth > 0 => return Ok(out),
                '$' => self.dollar(&mut out, depth, live)?,
                other => out.push(other),
            }
            if out.len() > EXPANDED_BYTES_MAX {
                return Err(format!("variables make it longer than {EXPANDED_BYTES_MAX} bytes"));
            }
        }
        if depth == 0 { Ok(out) } else { Err(OPEN.to_owned()) }
    }

    fn take(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn take_if(&mut self, wanted: char) -> bool {
        let there = self.text[self.at..].starts_with(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    fn dollar(&mut self, out: &mut String, depth: usize, live: bool) -> Result<(), String> {
        if self.take_if('$') {
            out.push('$');
            return Ok(());
        }
        if self.take_if('{') {
            let value = self.braced(depth, live)?;
            out.push_str(&value);
            return Ok(());
        }
        match self.name() {
            // As the specification has it: what begins no variable is left alone.
            "" => out.push('$'),
            name => out.push_str(&self.plain(name, live)),
        }
        Ok(())
    }

    /// The longest name here; empty if there is none.
    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let begins = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = if begins { &rest[..end] } else { "" };
        self.at += name.len();
        name
    }

    fn plain(&mut self, name: &str, live: bool) -> String {
        if !live {
            return String::new();
        }
        let value = self.variables.value(name);
        if value.is_none() && !self.unset.iter().any(|known| known == name) {
            self.unset.push(name.to_owned());
        }
        value.unwrap_or_default()
    }

    /// After `${`.
    fn braced(&mut self, depth: usize, live: bool) -> Result<String, String> {
        let name = self.name();
        if name.is_empty() && self.at == self.text.len() {
            return Err(OPEN.to_owned());
        }
        if name.is_empty() {
            return Err("after ${ stands no name of a variable; write $$ for a dollar sign".to_owned());
        }
        let or_empty = self.take_if(':');
        let operator = self.take();
        if operator == Some('}') && !or_empty {
            return Ok(self.plain(name, live));
        }
        let value = if live { self.variables.value(name) } else { None };
        let value = value.filter(|value| !(or_empty && value.is_empty()));
        let mut word = |live| self.template(depth + 1, live);
        match operator {
            Some('-') => {
                let default = word(live && value.is_none())?;
                Ok(value.unwrap_or(default))
            }
            Some('+') => {
                let replacement = word(live && value.is_some())?;
                Ok(value.map_or_else(String::new, |_| replacement))
            }
            Some('?') => {
                let why = word(live && value.is_none())?;
                match value {
                    None if live => Err(required(name, &why)),
                    value => Ok(value.unwrap_or_default()),
                }
            }
            None => Err(OPEN.to_owned()),
            Some(_) => Err(format!(
                "${{{name} goes on in a way that means nothing; there are ${{{name}}} and the forms with :- - :? ? :+ +"
            )),
        }
    }
}

fn required(name: &str, why: &str) -> String {
    let why = if why.is_empty() { "it has no default" } else { why };
    format!("variable {name} must be set: {}", crate::problem::quoted(why))
}
