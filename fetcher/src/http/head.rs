//! The heads of requests and responses. Pure.

use super::framing::Framing;
use crate::limits::{HEAD_BYTES_MAX, HEAD_FIELDS_MAX};

/// Why bytes are not the head of a response that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadError {
    /// Not HTTP/1.
    #[error("it does not speak HTTP/1.1")]
    Malformed,
    /// More than [`HEAD_BYTES_MAX`] or [`HEAD_FIELDS_MAX`].
    #[error("its answer's head has more than {HEAD_BYTES_MAX} bytes or {HEAD_FIELDS_MAX} fields")]
    TooLong,
    /// How long the body is, is said twice or not understood.
    #[error("its answer's length is ambiguous")]
    Length,
}

/// The head of a request.
#[derive(Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// What stands after the method: a path, or for a proxy a whole URL.
    pub target: &'a str,
    /// The `Host` field.
    pub host: &'a str,
    /// All other fields.
    pub fields: &'a [(&'static str, String)],
}

impl Request<'_> {
    /// As it is sent.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.target, self.host);
        for (name, value) in self.fields {
            // What is sent is ours; whatever might smuggle a field in is cut off all the same.
            let value = value.split(['\r', '\n']).next().unwrap_or_default();
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text
    }
}

/// The head of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// Fields, their names in lower case.
    fields: Vec<(String, String)>,
    /// HTTP/1.0 closes by default.
    old: bool,
}

impl Head {
    /// The first field of this name (in lower case).
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All fields of this name.
    pub fn every<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether another request may follow on the connection.
    #[must_use]
    pub(crate) fn keeps_open(&self) -> bool {
        let says =
            |word: &str| self.every("connection").any(|value| value.to_ascii_lowercase().contains(word));
        !says("close") && (!self.old || says("keep-alive"))
    }

    /// How the end of the body is told (RFC 9112, 6.3).
    ///
    /// # Errors
    /// It is ambiguous, which is how requests are smuggled.
    pub(crate) fn framing(&self) -> Result<Framing, HeadError> {
        if matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        let lengths: Vec<_> = self.every("content-length").collect();
        let codings: Vec<_> = self.every("transfer-encoding").collect();
        match (&codings[..], &lengths[..]) {
            ([], []) => Ok(Framing::UntilClose),
            ([], [length]) => length.parse().map(Framing::Length).map_err(|_| HeadError::Length),
            ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::chunked()),
            _ => Err(HeadError::Length),
        }
    }
}

/// Parses what has come of a head: it and how many bytes it took, or `None` as long as it is not whole.
///
/// # Errors
/// It is none, or too long.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
    let mut fields = [httparse::EMPTY_HEADER; HEAD_FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES_MAX => return Ok(None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return Err(HeadError::TooLong);
        }
        Err(_) => return Err(HeadError::Malformed),
    };
    let fields = response.headers.iter().map(|field| {
        let value = String::from_utf8_lossy(field.value).trim().to_owned();
        (field.name.to_ascii_lowercase(), value)
    });
    let (status, old) = (response.code.unwrap_or(0), response.version == Some(0));
    Ok(Some((Head { status, fields: fields.collect(), old }, length)))
}

#[cfg(test)]
mod tests;
