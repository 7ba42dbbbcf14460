//! Reading others' JSON: unknown fields are passed over, a wrong type is an error that names the field.
//!
//! One dynamic value instead of a derived type per document: the whole of it is a few kilobytes of code.
//! serde_json itself stops at a depth of 128; how many values there are is counted before it begins, as a document of
//! 4 MiB can hold a million of them, which would take a hundred MiB.

use crate::digest::Digest;
use crate::limits::JSON_VALUES_MAX;
use serde_json::{Map, Value};

/// Why a document is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON, or not UTF-8, or too deep.
    #[error("not valid JSON: {0}")]
    Syntax(String),
    /// More of it than any real document has.
    #[error("it has more than {JSON_VALUES_MAX} values")]
    TooMany,
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
    /// A field that must be there.
    #[error("field {0:?} is missing")]
    Missing(String),
}

/// One JSON object and where it lies in its document.
pub(crate) struct Object<'a> {
    path: String,
    map: &'a Map<String, Value>,
}

/// Parses one document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    // Every value but the first follows one of these; those inside of strings only make the count too high.
    if bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > JSON_VALUES_MAX {
        return Err(JsonError::TooMany);
    }
    serde_json::from_slice(bytes).map_err(|error| JsonError::Syntax(error.to_string()))
}

impl<'a> Object<'a> {
    /// The document's outermost object.
    pub(crate) fn root(value: &'a Value) -> Result<Self, JsonError> {
        Self::at(String::new(), value)
    }

    fn at(path: String, value: &'a Value) -> Result<Self, JsonError> {
        match value.as_object() {
            Some(map) => Ok(Self { path, map }),
            None if path.is_empty() => Err(JsonError::Outermost),
            None => Err(JsonError::Type { field: path, wanted: "an object" }),
        }
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn wrong(&self, name: &str, wanted: &'static str) -> JsonError {
        JsonError::Type { field: self.path(name), wanted }
    }

    /// The field's value; `null` is as good as absent, as Go writes it.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// What `found`, or that it is missing.
    pub(crate) fn need<T>(&self, name: &str, found: Option<T>) -> Result<T, JsonError> {
        found.ok_or_else(|| JsonError::Missing(self.path(name)))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, JsonError> {
        self.raw(name).map(|value| value.as_str().ok_or_else(|| self.wrong(name, "a string"))).transpose()
    }

    /// An owned string, empty where there is none.
    pub(crate) fn string(&self, name: &str) -> Result<String, JsonError> {
        Ok(self.text(name)?.unwrap_or_default().to_owned())
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, JsonError> {
        self.raw(name)
            .map(|value| value.as_u64().ok_or_else(|| self.wrong(name, "a whole number")))
            .transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, JsonError> {
        self.raw(name)
            .map_or(Ok(false), |value| value.as_bool().ok_or_else(|| self.wrong(name, "true or false")))
    }

    pub(crate) fn digest(&self, name: &str) -> Result<Digest, JsonError> {
        let text = self.text(name)?;
        Digest::parse(self.need(name, text)?).map_err(|_| self.wrong(name, "a digest of the form sha256:HEX"))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, JsonError> {
        self.raw(name).map(|value| Self::at(self.path(name), value)).transpose()
    }

    /// The objects of an array, none where the field is absent.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Self>, JsonError> {
        self.array(name)?
            .iter()
            .enumerate()
            .map(|(i, value)| Self::at(format!("{}[{i}]", self.path(name)), value))
            .collect()
    }

    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, JsonError> {
        if self.raw(name).is_none() {
            return Ok(None);
        }
        let text = |value: &Value| {
            value.as_str().map(str::to_owned).ok_or_else(|| self.wrong(name, "an array of strings"))
        };
        self.array(name)?.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// An object's string values.
    pub(crate) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, JsonError> {
        let Some(object) = self.object(name)? else { return Ok(Vec::new()) };
        object.map.keys().map(|key| Ok((key.clone(), object.string(key)?))).collect()
    }

    /// An object's keys: how Go writes a set.
    pub(crate) fn keys(&self, name: &str) -> Result<Vec<String>, JsonError> {
        Ok(self.object(name)?.map(|object| object.map.keys().cloned().collect()).unwrap_or_default())
    }

    fn array(&self, name: &str) -> Result<&'a [Value], JsonError> {
        match self.raw(name) {
            None => Ok(&[]),
            Some(value) => value.as_array().map(Vec::as_slice).ok_or_else(|| self.wrong(name, "an array")),
        }
    }
}
