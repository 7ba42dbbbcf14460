//! Reading others' JSON: unknown fields are passed over, a wrong type is an error that names the field.
//!
//! One dynamic value instead of a derived type per document: the whole of it is a few kilobytes of code, where the derived
//! types of a runtime specification alone take 60.
//! In: bytes. Out: fields, or an error that names one. Of a field that is there twice the last one holds, as in Go. This crate
//! must never know what a document means.
//!
//! serde_json itself stops at a depth of 128; how many values there are is counted before it begins, as a document of
//! 4 MiB can hold a million of them, which would take a hundred MiB.

#![forbid(unsafe_code)]

use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// Why a document is not what it should be. A single word: it is handed up through many calls.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(Box<Mistake>);

impl From<Mistake> for JsonError {
    fn from(mistake: Mistake) -> Self {
        Self(Box::new(mistake))
    }
}

/// What is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// Not JSON, or not UTF-8, or too deep.
    #[error("not valid JSON: {0}")]
    Syntax(String),
    /// More of it than any real document has.
    #[error("it has more than {0} values")]
    TooMany(usize),
    /// Something else than fields.
    #[error("it is not a JSON object")]
    Outermost,
    /// A field of another type than the format has.
    #[error("field {field:?} is not {wanted}")]
    Type {
        /// Its path.
        field: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A number that its field has no room for.
    #[error("field {field:?} cannot be {found}")]
    Range {
        /// Its path.
        field: String,
        /// What it is.
        found: i64,
    },
    /// A field that must be there.
    #[error("field {0:?} is missing")]
    Missing(String),
    /// A field that the format does not have, where it has no others.
    #[error("field {0:?} is not known")]
    Unknown(String),
}

/// One JSON object and where it lies in its document.
pub struct Object<'a> {
    path: String,
    map: &'a Map<String, Value>,
}

/// How an object becomes what it stands for.
pub type Reader<'a, T> = fn(&Object<'a>) -> Result<T, JsonError>;

/// Parses one document of at most `values_max` values.
///
/// # Errors
/// [`Mistake::Syntax`] with line and column, [`Mistake::TooMany`].
pub fn parse(bytes: &[u8], values_max: usize) -> Result<Value, JsonError> {
    // Every value but the first follows one of these; those inside of strings only make the count too high.
    if bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > values_max {
        return Err(Mistake::TooMany(values_max).into());
    }
    serde_json::from_slice(bytes).map_err(|error| Mistake::Syntax(error.to_string()).into())
}

/// All readers of a field give nothing where it is absent or `null`, as Go writes it. Their errors are [`Mistake::Type`],
/// and what else their own line says; each names the field by its path.
impl<'a> Object<'a> {
    /// The document's outermost object, or [`Mistake::Outermost`].
    pub fn root(value: &'a Value) -> Result<Self, JsonError> {
        Self::at(String::new(), value)
    }

    fn at(path: String, value: &'a Value) -> Result<Self, JsonError> {
        match value.as_object() {
            Some(map) => Ok(Self { path, map }),
            None if path.is_empty() => Err(Mistake::Outermost.into()),
            None => Err(Mistake::Type { field: path, wanted: "an object" }.into()),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The error of a field that is not what it should be.
    #[must_use]
    pub fn wrong(&self, name: &str, wanted: &'static str) -> JsonError {
        Mistake::Type { field: self.path(name), wanted }.into()
    }

    /// Whether all fields are among these, else [`Mistake::Unknown`].
    pub fn only(&self, known: &[&str]) -> Result<(), JsonError> {
        match self.map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Mistake::Unknown(self.path(name)).into()),
            None => Ok(()),
        }
    }

    /// A value of any kind.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// What `found`, or [`Mistake::Missing`].
    pub fn need<T>(&self, name: &str, found: Option<T>) -> Result<T, JsonError> {
        found.ok_or_else(|| Mistake::Missing(self.path(name)).into())
    }

    /// A string.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, JsonError> {
        self.raw(name).map(|value| value.as_str().ok_or_else(|| self.wrong(name, "a string"))).transpose()
    }

    /// A string that must be there.
    pub fn needed_text(&self, name: &str) -> Result<&'a str, JsonError> {
        let text = self.text(name)?;
        self.need(name, text)
    }

    /// An owned string, empty where there is none.
    pub fn string(&self, name: &str) -> Result<String, JsonError> {
        Ok(self.text(name)?.unwrap_or_default().to_owned())
    }

    /// A whole number from 0.
    pub fn number(&self, name: &str) -> Result<Option<u64>, JsonError> {
        self.raw(name)
            .map(|value| value.as_u64().ok_or_else(|| self.wrong(name, "a whole number from 0")))
            .transpose()
    }

    /// A whole number with a sign.
    pub fn signed(&self, name: &str) -> Result<Option<i64>, JsonError> {
        self.raw(name)
            .map(|value| value.as_i64().ok_or_else(|| self.wrong(name, "a whole number of 64 bits")))
            .transpose()
    }

    /// A whole number of a smaller type, or [`Mistake::Range`].
    pub fn small<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>, JsonError> {
        let Some(found) = self.signed(name)? else { return Ok(None) };
        match T::try_from(found) {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Mistake::Range { field: self.path(name), found }.into()),
        }
    }

    /// True or false; false where there is none.
    pub fn flag(&self, name: &str) -> Result<bool, JsonError> {
        self.raw(name)
            .map_or(Ok(false), |value| value.as_bool().ok_or_else(|| self.wrong(name, "true or false")))
    }

    /// An object.
    pub fn object(&self, name: &str) -> Result<Option<Self>, JsonError> {
        self.raw(name).map(|value| Self::at(self.path(name), value)).transpose()
    }

    /// The objects of an array.
    pub fn objects(&self, name: &str) -> Result<Vec<Self>, JsonError> {
        self.array(name)?
            .iter()
            .enumerate()
            .map(|(i, value)| Self::at(format!("{}[{i}]", self.path(name)), value))
            .collect()
    }

    /// An object, understood.
    pub fn part<T>(&self, name: &str, read: Reader<'a, T>) -> Result<Option<T>, JsonError> {
        self.object(name)?.map(|object| read(&object)).transpose()
    }

    /// The objects of an array, understood.
    pub fn each<T>(&self, name: &str, read: Reader<'a, T>) -> Result<Vec<T>, JsonError> {
        self.objects(name)?.iter().map(read).collect()
    }

    /// The strings of an array.
    pub fn strings(&self, name: &str) -> Result<Option<Vec<String>>, JsonError> {
        if self.raw(name).is_none() {
            return Ok(None);
        }
        let text = |value: &Value| {
            value.as_str().map(str::to_owned).ok_or_else(|| self.wrong(name, "an array of strings"))
        };
        self.array(name)?.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// The strings of an array, none where the field is absent.
    pub fn list(&self, name: &str) -> Result<Vec<String>, JsonError> {
        Ok(self.strings(name)?.unwrap_or_default())
    }

    /// An object's string values, without those that are `null`.
    pub fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, JsonError> {
        let Some(object) = self.object(name)? else { return Ok(Vec::new()) };
        let there = object.map.keys().filter(|key| object.raw(key).is_some());
        there.map(|key| Ok((key.clone(), object.string(key)?))).collect()
    }

    /// An object's keys: how Go writes a set.
    pub fn keys(&self, name: &str) -> Result<Vec<String>, JsonError> {
        Ok(self.object(name)?.map(|object| object.map.keys().cloned().collect()).unwrap_or_default())
    }

    /// The values of an array.
    pub fn array(&self, name: &str) -> Result<&'a [Value], JsonError> {
        match self.raw(name) {
            None => Ok(&[]),
            Some(value) => value.as_array().map(Vec::as_slice).ok_or_else(|| self.wrong(name, "an array")),
        }
    }
}
