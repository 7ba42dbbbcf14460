//! What a token service is asked, and what it says. Pure.

use super::Credentials;
use crate::trouble::{Trouble, shown};
use crate::url::{Url, encoded};

/// A request to a token service.
pub(crate) struct TokenRequest {
    /// Where.
    pub(crate) url: Url,
    /// `POST` with this form; `GET` where it is `None`.
    pub(crate) form: Option<String>,
    /// The `Authorization` field.
    pub(crate) authorization: Option<String>,
}

impl TokenRequest {
    /// What is asked for a token for `scope`, as `client`.
    ///
    /// # Errors
    /// The realm is no URL, or would send a password in the clear although the registry is reached by TLS.
    pub(crate) fn new(
        registry: &Url,
        realm: &str,
        service: &str,
        scope: &str,
        credentials: Option<&Credentials>,
        client: &str,
    ) -> Result<Self, Trouble> {
        let mut url = registry.join(realm).map_err(Trouble::protocol)?;
        if registry.secure && !url.secure {
            return Err(Trouble::lasting(format!(
                "its token service {} is not reached by TLS: nothing is sent there",
                shown(&url.authority())
            )));
        }
        if let Some(Credentials::IdentityToken(token)) = credentials {
            let form = format!(
                "grant_type=refresh_token&service={}&client_id={}&scope={}&refresh_token={}",
                encoded(service),
                encoded(client),
                encoded(scope),
                encoded(token)
            );
            return Ok(Self { url, form: Some(form), authorization: None });
        }
        let separator = if url.target.contains('?') { '&' } else { '?' };
        url.target.push_str(&format!("{separator}service={}&scope={}", encoded(service), encoded(scope)));
        let authorization = credentials.and_then(Credentials::basic);
        if let Some(Credentials::Basic { user, .. }) = credentials {
            url.target.push_str(&format!("&account={}", encoded(user)));
        }
        Ok(Self { url, form: None, authorization })
    }
}

/// The token in a service's answer.
///
/// # Errors
/// There is none.
pub(crate) fn read(answer: &[u8]) -> Result<String, Trouble> {
    let value: serde_json::Value = serde_json::from_slice(answer)
        .map_err(|_| Trouble::lasting("its token service does not answer in JSON"))?;
    let text =
        |name: &str| value.get(name).and_then(|token| token.as_str()).filter(|token| !token.is_empty());
    let token = text("token").or_else(|| text("access_token"));
    let token = token.ok_or_else(|| Trouble::lasting("its token service gives no token"))?;
    if token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(token.to_owned());
    }
    Err(Trouble::lasting("its token service gives a token that cannot be sent"))
}

#[cfg(test)]
mod tests;
