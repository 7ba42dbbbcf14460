//! The tree of a compose file, and what its nodes can be read as.
//!
//! Types are the specification's: a plain `8080` is a number and no text, a quoted `"true"` is text and no boolean. What
//! came out of a variable is whatever its place needs, because a variable has no quotes.

use crate::problem::{At, Fault, quoted};

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) mark: Mark,
    pub(crate) value: Value,
}

/// How a node meets what an earlier file says (merge, "Reset value" and "Replace value").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It is merged.
    None,
    /// `!reset`: both are gone.
    Reset,
    /// `!override`: the earlier one is gone.
    Override,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a mapping with its value; keys of a mapping differ.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: At,
    pub(crate) value: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) form: Form,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Without quotes: what it is follows from its letters (YAML 1.2, core schema).
    Plain,
    /// In quotes or as a block: text.
    Quoted,
    /// A variable was replaced in it.
    Substituted,
}

/// What a plain scalar is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl Scalar {
    fn kind(&self) -> Kind {
        match self.form {
            Form::Plain => plain_kind(&self.text),
            Form::Quoted | Form::Substituted => Kind::Text,
        }
    }
}

fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ if is_number(text) => Kind::Number,
        _ => Kind::Text,
    }
}

/// Decimal with fraction and exponent, `0x`, `0o`, infinities and `.nan`.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    some && !exponent.is_empty() && [whole, fraction, exponent].into_iter().all(digits)
}

impl Node {
    /// Text that no file holds, at the place of what it was made from.
    pub(crate) fn made(at: At, text: impl Into<String>) -> Self {
        let scalar = Scalar { text: text.into(), form: Form::Quoted };
        Self { at, mark: Mark::None, value: Value::Scalar(scalar) }
    }

    /// Nothing, at the place of what it was made from.
    pub(crate) fn null(at: At) -> Self {
        let scalar = Scalar { text: String::new(), form: Form::Plain };
        Self { at, mark: Mark::None, value: Value::Scalar(scalar) }
    }

    pub(crate) fn fault(&self, what: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
        self.at.fault(what)
    }

    /// What it is, for messages.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.value {
            Value::Map(_) => "a mapping",
            Value::List(_) => "a list",
            Value::Scalar(scalar) => match scalar.kind() {
                Kind::Null => "empty",
                Kind::Bool(_) => "true or false",
                Kind::Number => "a number",
                Kind::Text => "text",
            },
        }
    }

    /// `key:` without a value, or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.kind() == Kind::Null)
    }

    /// Asks for nothing: no value, or a list or mapping without entries.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Map(entries) => entries.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Scalar(_) => self.is_null(),
        }
    }

    /// A scalar's letters, whatever they mean.
    pub(crate) fn letters(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Text; numbers and the like need quotes.
    pub(crate) fn text(&self) -> Result<&str, Fault> {
        match &self.value {
            Value::Scalar(scalar) => match scalar.kind() {
                Kind::Text => Ok(&scalar.text),
                Kind::Null => Err(self.fault("is empty; write a text")),
                Kind::Bool(_) | Kind::Number => Err(self.fault(format!(
                    "{} is {}, and text is wanted; put it in quotes: \"{0}\"",
                    scalar.text,
                    self.kind_name()
                ))),
            },
            Value::List(_) | Value::Map(_) => Err(self.wanted("text")),
        }
    }

    /// Text or a number, as it is written.
    pub(crate) fn text_or_number(&self) -> Result<&str, Fault> {
        match &self.value {
            Value::Scalar(scalar) if scalar.kind() == Kind::Number => Ok(&scalar.text),
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => self.text(),
        }
    }

    /// A scalar of any type but none, as it is written.
    pub(crate) fn any_scalar(&self) -> Result<&str, Fault> {
        match &self.value {
            Value::Scalar(scalar) if scalar.kind() != Kind::Null => Ok(&scalar.text),
            Value::Scalar(_) => Err(self.fault("is empty; write a value")),
            Value::List(_) | Value::Map(_) => Err(self.wanted("one value")),
        }
    }

    /// `true` or `false`, without quotes.
    pub(crate) fn boolean(&self) -> Result<bool, Fault> {
        let Value::Scalar(scalar) = &self.value else { return Err(self.wanted("true or false")) };
        let kind = match scalar.form {
            Form::Plain | Form::Substituted => plain_kind(&scalar.text),
            Form::Quoted => Kind::Text,
        };
        match (kind, scalar.form) {
            (Kind::Bool(value), _) => Ok(value),
            (Kind::Text, Form::Quoted) => Err(self
                .fault(format!("\"{}\" is text; write true or false, without quotes", quoted(&scalar.text)))),
            (Kind::Text | Kind::Null | Kind::Number, _) => {
                Err(self.fault(format!("'{}' is not true or false", quoted(&scalar.text))))
            }
        }
    }

    /// A whole number of at most `max`, in quotes or not (the specification's `integer | string`).
    pub(crate) fn whole(&self, max: u64) -> Result<u64, Fault> {
        let text = self.text_or_number()?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && *number <= max);
        number.ok_or_else(|| self.fault(format!("'{}' is not a whole number up to {max}", quoted(text))))
    }

    pub(crate) fn list(&self) -> Result<&[Node], Fault> {
        match &self.value {
            Value::List(items) => Ok(items),
            Value::Scalar(_) | Value::Map(_) => Err(self.wanted("a list")),
        }
    }

    pub(crate) fn map(&self) -> Result<&[Entry], Fault> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            Value::Scalar(_) | Value::List(_) => Err(self.wanted("a mapping")),
        }
    }

    /// The value of a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            Value::Scalar(_) | Value::List(_) => None,
        }
    }

    pub(crate) fn wanted(&self, what: &str) -> Fault {
        self.fault(format!("is {}, and {what} is wanted", self.kind_name()))
    }
}
