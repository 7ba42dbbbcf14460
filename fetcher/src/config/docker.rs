//! docker's `config.json`: what it says of a registry, and the same with a login more or less. Pure.

use crate::auth::Credentials;
use crate::base64;
use serde_json::{Map, Value, json};

/// The key of Docker Hub, for historical reasons.
const HUB: &str = "https://index.docker.io/v1/";
/// What a helper calls the user of a refresh token.
pub(super) const TOKEN_USER: &str = "<token>";

/// The file's contents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DockerConfig(Map<String, Value>);

/// Where the proof for a registry is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// In the file itself.
    Here(Credentials),
    /// With this helper.
    Helper(String),
    /// Nowhere.
    Nothing,
}

/// How the file and helpers call a registry.
pub(super) fn key(domain: &str) -> &str {
    if domain == "docker.io" { HUB } else { domain }
}

impl DockerConfig {
    /// Reads it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err("it is no JSON object".to_owned()),
            Err(error) => Err(format!("it is no JSON: {error}")),
        }
    }

    /// What it says of a registry. A helper goes before what is written, and one for the registry before the one for
    /// all, as docker has it.
    pub(super) fn look_up(&self, domain: &str) -> Result<Found, String> {
        if let Some(helper) = self.helper(domain)? {
            return Ok(Found::Helper(helper));
        }
        let auths = self.0.get("auths").and_then(Value::as_object);
        let mut entries = auths.into_iter().flatten();
        let Some((_, entry)) = entries.find(|(name, _)| means(name, domain)) else {
            return Ok(Found::Nothing);
        };
        read_entry(entry).map(|found| found.map_or(Found::Nothing, Found::Here))
    }

    /// The helper of a registry, if it has one.
    pub(super) fn helper(&self, domain: &str) -> Result<Option<String>, String> {
        let of_this = self.0.get("credHelpers").and_then(|helpers| {
            helpers.as_object()?.iter().find(|(name, _)| means(name, domain)).map(|(_, helper)| helper)
        });
        let found = of_this.or_else(|| self.0.get("credsStore")).and_then(Value::as_str).unwrap_or_default();
        if found.is_empty() {
            return Ok(None);
        }
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if found.bytes().all(good) {
            Ok(Some(found.to_owned()))
        } else {
            Err("a helper's name is none".to_owned())
        }
    }

    /// With these credentials for a registry.
    pub(super) fn with(mut self, domain: &str, credentials: &Credentials) -> Self {
        let entry = match credentials {
            Credentials::Basic { user, password } => {
                json!({ "auth": base64::encode(format!("{user}:{password}").as_bytes()) })
            }
            Credentials::IdentityToken(token) => json!({ "identitytoken": token }),
        };
        let auths = self.0.entry("auths").or_insert_with(|| json!({}));
        if !auths.is_object() {
            *auths = json!({});
        }
        auths[key(domain)] = entry;
        self
    }

    /// Without any; whether there were some.
    pub(super) fn without(mut self, domain: &str) -> (Self, bool) {
        let Some(auths) = self.0.get_mut("auths").and_then(Value::as_object_mut) else {
            return (self, false);
        };
        let before = auths.len();
        auths.retain(|name, _| !means(name, domain));
        let found = auths.len() < before;
        (self, found)
    }

    /// As docker writes it.
    pub(super) fn text(&self) -> String {
        format!("{:#}\n", Value::Object(self.0.clone()))
    }
}

/// `host`, `https://host`, `https://host/v2/`; Docker Hub has names of its own.
fn means(name: &str, domain: &str) -> bool {
    let rest = name.split_once("://").map_or(name, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    if domain == "docker.io" {
        return matches!(host, "index.docker.io" | "docker.io" | "registry-1.docker.io");
    }
    host.eq_ignore_ascii_case(domain)
}

fn read_entry(entry: &Value) -> Result<Option<Credentials>, String> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Ok(Some(Credentials::IdentityToken(token.to_owned())));
    }
    if let (Some(user), Some(password)) = (text("username"), text("password")) {
        return Ok(Some(Credentials::Basic { user: user.to_owned(), password: password.to_owned() }));
    }
    let Some(auth) = text("auth") else { return Ok(None) };
    let decoded = base64::decode(auth.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or("an auth entry is no base64 of a text")?;
    // docker pads old entries with NULs.
    let (user, password) =
        decoded.trim_end_matches('\0').split_once(':').ok_or("an auth entry has no password")?;
    Ok(Some(Credentials::Basic { user: user.to_owned(), password: password.to_owned() }))
}

#[cfg(test)]
mod tests;
