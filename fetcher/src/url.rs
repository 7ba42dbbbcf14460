//! URLs, as far as registries need them: `http` and `https`, a host, a port, a path with a query.

use crate::limits::URL_BYTES_MAX;
use std::fmt;

/// One URL, without a fragment and without a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// `https`.
    pub secure: bool,
    /// A name, or an address (that of IPv6 without brackets).
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query; begins with `/`.
    pub target: String,
}

/// Why a text is not such a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URL that can be used: {text:?}: {reason}")]
pub struct InvalidUrl {
    text: String,
    reason: &'static str,
}

impl Url {
    /// Parses an absolute URL.
    ///
    /// # Errors
    /// Another scheme, a user in it, or a host or port that is none.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        Self::split(text).map_err(|reason| InvalidUrl { text: text.chars().take(200).collect(), reason })
    }

    fn split(text: &str) -> Result<Self, &'static str> {
        if text.len() > URL_BYTES_MAX {
            return Err("it is too long");
        }
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err("it has characters that a URL cannot have");
        }
        let (secure, rest) = scheme(text).ok_or("it must begin with https:// or http://")?;
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            return Err("it must not name a user");
        }
        let (host, port) = authority_parts(authority).ok_or("its host or port is none")?;
        let port = port.unwrap_or(if secure { 443 } else { 80 });
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { secure, host: host.to_ascii_lowercase(), port, target: format!("{slash}{target}") })
    }

    /// Another path of the same server.
    #[must_use]
    pub fn with_target(&self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self.clone() }
    }

    /// Where a `Location` field leads (RFC 9110, 10.2.2).
    ///
    /// # Errors
    /// It is no URL.
    pub fn join(&self, location: &str) -> Result<Self, InvalidUrl> {
        if scheme(location).is_some() {
            return Self::parse(location);
        }
        let origin = if self.secure { "https:" } else { "http:" };
        if location.starts_with("//") {
            return Self::parse(&format!("{origin}{location}"));
        }
        let base = format!("{origin}//{}", self.authority());
        if location.starts_with('/') {
            return Self::parse(&format!("{base}{location}"));
        }
        let path = self.target.split('?').next().unwrap_or("/");
        let directory = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
        Self::parse(&format!("{base}{directory}{location}"))
    }

    /// Whether both are of one server: what is meant for the one may be sent to the other.
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }

    /// Host and port as a `Host` field has them.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.target)
    }
}

fn scheme(text: &str) -> Option<(bool, &str)> {
    let (name, rest) = text.split_once("://")?;
    match name.to_ascii_lowercase().as_str() {
        "https" => Some((true, rest)),
        "http" => Some((false, rest)),
        _ => None,
    }
}

/// Host without brackets, and port.
fn authority_parts(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if host.is_empty() || !host.bytes().all(good) {
        return None;
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((host, None)),
        None => None,
        Some(digits) => digits.parse().ok().filter(|port| *port != 0).map(|port| (host, Some(port))),
    }
}

/// A text as it may stand in a query (RFC 3986, 2.3).
#[must_use]
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests;
