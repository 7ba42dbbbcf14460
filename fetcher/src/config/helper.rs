//! docker's credential helpers: programs called `docker-credential-NAME` that are asked with the word `get`.

use super::ConfigError;
use super::docker::TOKEN_USER;
use crate::auth::Credentials;
use crate::limits::HELPER_BYTES_MAX;
use crate::trouble::shown;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Asks a helper for a registry by its key; `None` if it knows nothing of it.
pub(super) fn get(name: &str, key: &str) -> Result<Option<Credentials>, ConfigError> {
    let failed = |reason: String| ConfigError::Helper { name: name.to_owned(), reason };
    let mut child = Command::new(format!("docker-credential-{name}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot start it: {}", crate::trouble::words(&error))))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not listen says so by what it answers.
        let _unheard = stdin.write_all(format!("{key}\n").as_bytes());
    }
    let mut answer = Vec::new();
    let read = child.stdout.take().map(|out| out.take(HELPER_BYTES_MAX).read_to_end(&mut answer));
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if let Some(Err(error)) = read {
        return Err(failed(error.to_string()));
    }
    if status.success() {
        return read_answer(&answer).ok_or_else(|| failed("it answers in no form that is known".to_owned()));
    }
    let said = String::from_utf8_lossy(&answer);
    if said.contains("credentials not found") {
        return Ok(None);
    }
    Err(failed(format!("it fails: {}", shown(&said))))
}

fn read_answer(answer: &[u8]) -> Option<Option<Credentials>> {
    let value: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let (user, secret) = (value["Username"].as_str()?, value["Secret"].as_str()?);
    Some(match user {
        "" if secret.is_empty() => None,
        TOKEN_USER => Some(Credentials::IdentityToken(secret.to_owned())),
        user => Some(Credentials::Basic { user: user.to_owned(), password: secret.to_owned() }),
    })
}
