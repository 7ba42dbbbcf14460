//! Env files: `.env`, `--env-file` and `env_file`
//! (<https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax>).
//!
//! Pure: in a text, out names with their values in the order of the text, later ones later.

#[cfg(test)]
mod tests;

use crate::interpolate::substitute;
use crate::problem::{At, Fault, quoted};
use crate::variables::Lookup;

/// Most lines of one file that say something.
pub(crate) const LINES_MAX: usize = 4096;
/// Most bytes of all values of one file, variables replaced.
pub(crate) const VALUES_BYTES_MAX: usize = 1024 * 1024;

/// A variable; without a value it is to be taken from where the file is used.
pub(crate) type Line = (String, Option<String>);

/// What the file says: `NAME=VALUE`, `NAME: VALUE`, `export NAME=VALUE`, `NAME`; values in single quotes are literal, in
/// double quotes and without quotes variables are replaced: by what is `over` the file, else by earlier lines, else by
/// what is `under` it.
pub(crate) fn parse(
    text: &str,
    file: u16,
    over: &dyn Lookup,
    under: &dyn Lookup,
) -> Result<Vec<Line>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (lines, counted) = (Vec::new(), Counted { at: 0, line: 1, begins: 0 });
    let mut reader = Reader { text, at: 0, file, over, under, lines, counted, values_bytes: 0 };
    while reader.skip_to_statement() {
        reader.statement()?;
    }
    Ok(reader.lines)
}

/// `format: raw`: everything after the first `=` is the value.
pub(crate) fn parse_raw(text: &str, file: u16) -> Result<Vec<Line>, Fault> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let at = At { file, line: number, column: 1 };
        room(lines.len(), 0, at)?;
        lines.push(match line.split_once('=') {
            Some((name, value)) => (name_of(name, at)?, Some(value.to_owned())),
            None => (name_of(line, at)?, None),
        });
    }
    Ok(lines)
}

struct Reader<'a> {
    text: &'a str,
    /// Byte from which the rest is read; always between characters.
    at: usize,
    file: u16,
    over: &'a dyn Lookup,
    under: &'a dyn Lookup,
    lines: Vec<Line>,
    counted: Counted,
    values_bytes: usize,
}

/// How far lines have been counted: places are asked for in order.
struct Counted {
    at: usize,
    line: u32,
    /// Where that line begins.
    begins: usize,
}

/// The file's own lines between what is over and under it.
struct Layered<'a>(&'a Reader<'a>);

impl Lookup for Layered<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let Self(reader) = self;
        let own = || {
            reader.lines.iter().rev().find(|(known, _)| known == name).and_then(|(_, value)| value.clone())
        };
        reader.over.value(name).or_else(own).or_else(|| reader.under.value(name))
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn place(&mut self) -> At {
        for (index, _) in self.text[self.counted.at..self.at].match_indices('\n') {
            self.counted.line = self.counted.line.saturating_add(1);
            self.counted.begins = self.counted.at + index + 1;
        }
        self.counted.at = self.at;
        let column = self.text[self.counted.begins..self.at].chars().count() + 1;
        let column = u32::try_from(column).unwrap_or(u32::MAX);
        At { file: self.file, line: self.counted.line, column }
    }

    /// Over blank lines and comments; `false` at the end.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            self.at += self.rest().len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty();
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn statement(&mut self) -> Result<(), Fault> {
        let at = self.place();
        room(self.lines.len(), self.values_bytes, at)?;
        if let Some(after) = self.rest().strip_prefix("export")
            && after.starts_with([' ', '\t'])
        {
            self.at = self.text.len() - after.trim_start_matches([' ', '\t']).len();
        }
        let end = self.rest().find(['=', ':', '\n']).unwrap_or(self.rest().len());
        let name = name_of(&self.rest()[..end], at)?;
        self.at += end;
        let value = match self.rest().chars().next() {
            Some('=' | ':') => {
                self.at += 1;
                Some(self.value()?)
            }
            _ => None,
        };
        self.lines.push((name, value));
        Ok(())
    }

    /// After `=`.
    fn value(&mut self) -> Result<String, Fault> {
        let blanks = |c: char| c.is_whitespace() && c != '\n';
        self.at = self.text.len() - self.rest().trim_start_matches(blanks).len();
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => self.unquoted(),
        }
    }

    fn unquoted(&mut self) -> Result<String, Fault> {
        let at = self.place();
        let end = self.rest().find('\n').unwrap_or(self.rest().len());
        let line = &self.rest()[..end];
        self.at += end;
        let comment = line.match_indices('#').find(|(index, _)| line[..*index].ends_with([' ', '\t']));
        let starts_with_comment = line.starts_with('#').then_some(0);
        let end = starts_with_comment.or(comment.map(|(index, _)| index)).unwrap_or(line.len());
        self.expand(line[..end].trim_end(), at)
    }

    /// A value in quotes, which may go over lines; after it comes nothing but a comment.
    fn quoted(&mut self, quote: char) -> Result<String, Fault> {
        let at = self.place();
        let Some(end) = closing(self.rest(), quote) else {
            return Err(at.fault(format!("the quote {quote} is not closed")));
        };
        let inner = &self.rest()[1..end];
        self.at += end + 1;
        let after_at = self.place();
        let line_end = self.rest().find('\n').unwrap_or(self.rest().len());
        let after = self.rest()[..line_end].trim();
        self.at += line_end;
        if !after.is_empty() && !after.starts_with('#') {
            return Err(after_at.fault(format!("after the closing quote stands '{}'", quoted(after))));
        }
        match quote {
            '"' => self.expand(&unescape(inner), at),
            _ => Ok(inner.replace("\\'", "'")),
        }
    }

    fn expand(&mut self, text: &str, at: At) -> Result<String, Fault> {
        // As in a shell, what is not set is empty.
        let expanded = substitute(text, &Layered(self), &mut Vec::new()).map_err(|why| at.fault(why))?;
        let value = expanded.unwrap_or_else(|| text.to_owned());
        self.values_bytes += value.len();
        Ok(value)
    }
}

/// Where the quote that `text` begins with is closed.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(index),
            _ => {}
        }
    }
    None
}

/// `\n`, `\r`, `\t`, `\\`, `\"`; `\$` becomes `$$`, which stands for a dollar sign.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('$') => out.push_str("$$"),
            Some(same @ ('\\' | '"' | '\'')) => out.push(same),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

fn room(lines: usize, values_bytes: usize, at: At) -> Result<(), Fault> {
    if lines < LINES_MAX && values_bytes <= VALUES_BYTES_MAX {
        return Ok(());
    }
    Err(at.fault(format!("more than {LINES_MAX} variables, or {} KiB of values", VALUES_BYTES_MAX / 1024)))
}

fn name_of(text: &str, at: At) -> Result<String, Fault> {
    let name = text.trim();
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(known) {
        return Err(at.fault(format!("'{}' is no name of a variable; write NAME=VALUE", quoted(name))));
    }
    Ok(name.to_owned())
}
