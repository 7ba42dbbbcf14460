//! The documents of images: how many values they may have, and their digests. See [`limpet_json`].

use crate::digest::Digest;
use crate::limits::JSON_VALUES_MAX;
pub(crate) use limpet_json::{JsonError, Object};
use serde_json::Value;

/// Parses one document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    limpet_json::parse(bytes, JSON_VALUES_MAX)
}

/// A digest that must be there.
pub(crate) fn digest(object: &Object<'_>, name: &str) -> Result<Digest, JsonError> {
    Digest::parse(object.needed_text(name)?)
        .map_err(|_| object.wrong(name, "a digest of the form sha256:HEX"))
}
