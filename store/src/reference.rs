//! References: what people call images, in docker's normal form.
//!
//! `redis` is `docker.io/library/redis:latest` (distribution/reference, "normalized names"); people are shown the
//! short form again.

use crate::digest::Digest;
use crate::limits::{NAME_BYTES_MAX, REFERENCE_BYTES_MAX};
use std::fmt;

const DOMAIN_DEFAULT: &str = "docker.io";
const DOMAIN_OLD: &str = "index.docker.io";
const LIBRARY: &str = "library/";
const TAG_DEFAULT: &str = "latest";
const TAG_BYTES_MAX: usize = 128;
const TOO_LONG: &str = "its name is longer than 255 bytes";

/// A normalised reference: domain, path, and a tag or a digest or both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid reference {text:?}: {reason}")]
pub struct InvalidReference {
    text: String,
    reason: &'static str,
}

impl Reference {
    /// Parses and normalises; without tag and digest the tag is `latest`.
    ///
    /// # Errors
    /// What is not `[domain[:port]/]path[:tag][@digest]`, with the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        Self::split(text)
            .map_err(|reason| InvalidReference { text: text.chars().take(256).collect(), reason })
    }

    fn split(text: &str) -> Result<Self, &'static str> {
        if text.len() > REFERENCE_BYTES_MAX {
            return Err(TOO_LONG);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                (rest, Some(Digest::parse(digest).map_err(|_| "its digest is not sha256:HEX")?))
            }
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(checked_tag(tag)?)),
            _ => (rest, None),
        };
        if Digest::from_hex(name).is_some() {
            return Err("64 hexadecimal digits are an image's id, not a name");
        }
        let (domain, path) = split_domain(name);
        check_domain(&domain)?;
        check_path(&path)?;
        let tag = tag.or_else(|| digest.is_none().then(|| TAG_DEFAULT.to_owned()));
        let whole = Self { domain, path, tag, digest };
        if whole.name().len() > NAME_BYTES_MAX { Err(TOO_LONG) } else { Ok(whole) }
    }

    /// `domain/path`, normalised.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// Host and port of its registry; `docker.io` is docker's.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Path of the repository in its registry.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its tag; `None` only beside a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same repository, by digest alone.
    #[must_use]
    pub fn at(&self, digest: &Digest) -> Self {
        Self { tag: None, digest: Some(*digest), ..self.clone() }
    }

    /// The name as people write it: without what normalisation added.
    #[must_use]
    pub fn familiar_name(&self) -> String {
        if self.domain != DOMAIN_DEFAULT {
            return self.name();
        }
        self.path.strip_prefix(LIBRARY).filter(|rest| !rest.contains('/')).unwrap_or(&self.path).to_owned()
    }

    /// The whole reference as people write it; the tag is always shown.
    #[must_use]
    pub fn familiar(&self) -> String {
        self.with_suffix(self.familiar_name())
    }

    fn with_suffix(&self, mut text: String) -> String {
        if let Some(tag) = &self.tag {
            text = format!("{text}:{tag}");
        }
        if let Some(digest) = &self.digest {
            text = format!("{text}@{digest}");
        }
        text
    }
}

/// The normalised form, which [`Reference::parse`] reads back.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_suffix(self.name()))
    }
}

fn split_domain(name: &str) -> (String, String) {
    let (domain, path) = match name.split_once('/') {
        Some((first, rest)) if looks_like_domain(first) => (first, rest),
        _ => (DOMAIN_DEFAULT, name),
    };
    let domain = if domain == DOMAIN_OLD { DOMAIN_DEFAULT } else { domain };
    if domain == DOMAIN_DEFAULT && !path.contains('/') {
        return (domain.to_owned(), format!("{LIBRARY}{path}"));
    }
    (domain.to_owned(), path.to_owned())
}

fn looks_like_domain(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn checked_tag(tag: &str) -> Result<String, &'static str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first = tag.bytes().next().is_some_and(word);
    if first && tag.len() <= TAG_BYTES_MAX && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-') {
        return Ok(tag.to_owned());
    }
    Err("its tag must be 1 to 128 letters, digits, '_', '.' or '-', and not begin with '.' or '-'")
}

fn check_domain(domain: &str) -> Result<(), &'static str> {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let v6 = |h: &str| h.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') && !h.is_empty();
    let good = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(address) => v6(address),
        None => host.split('.').all(label),
    };
    if !good {
        return Err("its registry is not a host name");
    }
    match port {
        Some(port) if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) => {
            Err("its registry's port is not a number")
        }
        _ => Ok(()),
    }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err("its name must be lower case");
    }
    if path.split('/').all(good_component) {
        return Ok(());
    }
    Err("its name must be words of a-z and 0-9, separated by '/', '.', '_', '__' or '-'")
}

/// `[a-z0-9]+` words separated by one `.`, one or two `_`, or any number of `-`.
fn good_component(component: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = component.bytes().next().is_some_and(word) && component.bytes().last().is_some_and(word);
    ends && component
        .split(|c: char| c.is_ascii_alphanumeric())
        .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

#[cfg(test)]
mod tests;
