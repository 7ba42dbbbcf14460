//! The part of Go's templates that people use with docker: `{{.State.Status}}`, `{{json .Mounts}}`.
//!
//! In: a template and JSON values. Out: text. What is understood: text, `{{.Path.To.Field}}`, `{{.}}`,
//! `{{index .Map "key"}}` and the functions `json`, `upper`, `lower`, `len`, `join` before or after a `|`, and the
//! escapes `\t` and `\n` outside of braces. Blocks (`range`, `if`, `with`) are refused by name.

#[cfg(test)]
mod tests;

use serde_json::Value;

/// Longest template that is taken.
pub const TEMPLATE_BYTES_MAX: usize = 16 * 1024;

/// A template, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field { path: Vec<String>, functions: Vec<Function> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Function {
    Json,
    Upper,
    Lower,
    Len,
    Join(String),
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Over [`TEMPLATE_BYTES_MAX`].
    #[error("template is over {TEMPLATE_BYTES_MAX} bytes")]
    TooLong,
    /// `{{` without `}}`.
    #[error("template: {{{{ without }}}}")]
    Unclosed,
    /// A block or function of Go's that is not understood here.
    #[error(
        "template: {0} is not supported; there are fields (.A.B), index, json, upper, lower, len and join; or use --format json"
    )]
    Unsupported(String),
    /// No such field in what is shown.
    #[error("template: there is no field {0}{hint}", hint = known(.1))]
    NoField(String, Vec<String>),
    /// A function on a value that it cannot take.
    #[error("template: {0} cannot be used on {1}")]
    WrongValue(&'static str, String),
}

fn known(fields: &[String]) -> String {
    if fields.is_empty() { String::new() } else { format!("; there are {}", fields.join(", ")) }
}

impl Template {
    /// Understands `text`.
    ///
    /// # Errors
    /// Braces that do not close, and what is not supported.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(TemplateError::TooLong);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) = after.split_once("}}").ok_or(TemplateError::Unclosed)?;
            // {{- and -}} eat the white space beside them.
            let (inside, trim_left) =
                inside.strip_prefix("- ").map_or((inside, false), |inside| (inside, true));
            let (inside, trim_right) =
                inside.strip_suffix(" -").map_or((inside, false), |inside| (inside, true));
            let before = if trim_left { before.trim_end() } else { before };
            pieces.push(Piece::Text(unescape(before)));
            pieces.push(action(inside.trim())?);
            rest = if trim_right { after.trim_start() } else { after };
        }
        pieces.push(Piece::Text(unescape(rest)));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self { pieces })
    }

    /// The template filled with the fields of `value`.
    ///
    /// # Errors
    /// A field that `value` has not, or a function on a value that it cannot take.
    pub fn render(&self, value: &Value) -> Result<String, TemplateError> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Field { path, functions } => text.push_str(&evaluate(value, path, functions)?),
            }
        }
        Ok(text)
    }

    /// The fields that stand alone in the template, for the headings of a table: `{{.ID}}` is `ID`.
    #[must_use]
    pub fn headings(&self, heading_of: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Field { path, .. } => {
                    text.push_str(&heading_of(path.last().map_or("", String::as_str)));
                }
            }
        }
        text
    }
}

/// `\t` and `\n` as the shell leaves them in single quotes.
fn unescape(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}

fn action(inside: &str) -> Result<Piece, TemplateError> {
    if inside.is_empty() {
        return Err(TemplateError::Unsupported(String::from("{{}}")));
    }
    let mut stages = split_pipes(inside).into_iter();
    let (path, mut functions) = first_stage(stages.next().unwrap_or_default())?;
    for stage in stages {
        functions.push(function(&words(stage.trim())?)?);
    }
    Ok(Piece::Field { path, functions })
}

/// Parts at `|` that stand outside of quotes.
fn split_pipes(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == '|' && !quoted
    })
    .collect()
}

/// A field, or a function of one: `.A.B`, `json .A`, `index .A "b"`, `join .A ","`.
fn first_stage(stage: &str) -> Result<(Vec<String>, Vec<Function>), TemplateError> {
    let words = words(stage.trim())?;
    let unsupported = || TemplateError::Unsupported(stage.trim().to_owned());
    let (first, rest) = words.split_first().ok_or_else(unsupported)?;
    if let Some(path) = field(first) {
        return if rest.is_empty() { Ok((path, Vec::new())) } else { Err(unsupported()) };
    }
    let (subject, arguments) = rest.split_first().ok_or_else(unsupported)?;
    let mut path = field(subject).ok_or_else(unsupported)?;
    if first == "index" {
        path.extend(arguments.iter().map(|key| key.trim_matches('"').to_owned()));
        return Ok((path, Vec::new()));
    }
    let call: Vec<String> = std::iter::once(first).chain(arguments).cloned().collect();
    Ok((path, vec![function(&call)?]))
}

fn function(words: &[String]) -> Result<Function, TemplateError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["json"] => Ok(Function::Json),
        ["upper"] => Ok(Function::Upper),
        ["lower"] => Ok(Function::Lower),
        ["len"] => Ok(Function::Len),
        ["join", separator] if separator.starts_with('"') => {
            Ok(Function::Join(unescape(separator.trim_matches('"'))))
        }
        _ => Err(TemplateError::Unsupported(words.join(" "))),
    }
}

/// Words, of which those in double quotes keep their quotes and spaces.
fn words(text: &str) -> Result<Vec<String>, TemplateError> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(inside) => inside.find('"').map(|end| end + 2).ok_or(TemplateError::Unclosed)?,
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

/// `.A.B` is `["A", "B"]`; `.` is the whole value.
fn field(word: &str) -> Option<Vec<String>> {
    let path = word.strip_prefix('.')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
    let name = |part: &String| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    parts.iter().all(name).then_some(parts)
}

fn evaluate(root: &Value, path: &[String], functions: &[Function]) -> Result<String, TemplateError> {
    let mut value = lookup(root, path)?.clone();
    for function in functions {
        value = apply(function, &value, path)?;
    }
    Ok(shown(&value))
}

fn lookup<'a>(root: &'a Value, path: &[String]) -> Result<&'a Value, TemplateError> {
    let mut value = root;
    for (depth, name) in path.iter().enumerate() {
        let next = match value {
            Value::Array(items) => name.parse::<usize>().ok().and_then(|index| items.get(index)),
            other => other.get(name),
        };
        value = next.ok_or_else(|| no_field(value, &path[..=depth]))?;
    }
    Ok(value)
}

fn no_field(value: &Value, path: &[String]) -> TemplateError {
    let known = value.as_object().map(|fields| fields.keys().cloned().collect());
    TemplateError::NoField(format!(".{}", path.join(".")), known.unwrap_or_default())
}

fn apply(function: &Function, value: &Value, path: &[String]) -> Result<Value, TemplateError> {
    let wrong = |name| TemplateError::WrongValue(name, format!(".{}", path.join(".")));
    Ok(match (function, value) {
        (Function::Json, value) => Value::String(value.to_string()),
        (Function::Upper, value) => Value::String(shown(value).to_uppercase()),
        (Function::Lower, value) => Value::String(shown(value).to_lowercase()),
        (Function::Len, Value::String(text)) => text.len().into(),
        (Function::Len, Value::Array(items)) => items.len().into(),
        (Function::Len, Value::Object(fields)) => fields.len().into(),
        (Function::Len, _) => return Err(wrong("len")),
        (Function::Join(separator), Value::Array(items)) => {
            Value::String(items.iter().map(shown).collect::<Vec<_>>().join(separator))
        }
        (Function::Join(_), _) => return Err(wrong("join")),
    })
}

/// As Go prints it: lists in brackets, maps as `map[key:value]`, nothing as `<nil>`.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::from("<nil>"),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect();
            format!("map[{}]", fields.join(" "))
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
