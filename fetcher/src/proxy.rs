//! Proxies, as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name them. Pure; the environment is an argument.

use crate::base64;
use crate::url::Url;
use serde::{Deserialize, Serialize};

/// One proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is; always `http`.
    pub url: Url,
    /// What it is told of who we are.
    pub authorization: Option<String>,
}

/// What the environment says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    plain: Option<Proxy>,
    secure: Option<Proxy>,
    /// Hosts that are reached without: lower case, without a leading dot.
    without: Vec<String>,
}

/// The same as text, for the fetching process.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyVariables {
    /// `HTTP_PROXY`
    pub plain: String,
    /// `HTTPS_PROXY`
    pub secure: String,
    /// `NO_PROXY`
    pub without: String,
}

/// A variable that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not http://[user:password@]host[:port]; other proxies are not supported")]
pub struct InvalidProxy {
    variable: &'static str,
}

impl ProxyVariables {
    /// Asks for each variable by its name in lower case, then in upper case. `HTTP_PROXY` alone is not asked for in a
    /// CGI program (CVE-2016-5385), which this never is.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| {
            let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
            filled(&name.to_ascii_lowercase()).or_else(|| filled(name)).unwrap_or_default()
        };
        Self { plain: get("HTTP_PROXY"), secure: get("HTTPS_PROXY"), without: get("NO_PROXY") }
    }

    /// Understands them.
    ///
    /// # Errors
    /// A proxy of another kind.
    pub fn parse(&self) -> Result<Proxies, InvalidProxy> {
        let without = self
            .without
            .split([',', ' '])
            .map(|host| host.trim().trim_start_matches("*.").trim_start_matches('.'));
        Ok(Proxies {
            plain: proxy("HTTP_PROXY", &self.plain)?,
            secure: proxy("HTTPS_PROXY", &self.secure)?,
            without: without.filter(|host| !host.is_empty()).map(str::to_ascii_lowercase).collect(),
        })
    }
}

impl Proxies {
    /// The proxy by which the server of `url` is reached; never for this machine itself.
    #[must_use]
    pub fn of(&self, url: &Url) -> Option<&Proxy> {
        let proxy = if url.secure { self.secure.as_ref() } else { self.plain.as_ref() };
        proxy.filter(|_| !is_loopback(&url.host) && !self.without.iter().any(|without| covers(without, url)))
    }
}

/// Whether a host is this machine: `localhost`, 127.0.0.0/8, ::1.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `*`, a host with all below it, an address, or a network of addresses (10.0.0.0/8); each with or without a port.
fn covers(without: &str, url: &Url) -> bool {
    if without == "*" {
        return true;
    }
    if let Some((network, bits)) = without.split_once('/') {
        return in_network(network, bits, &url.host);
    }
    let with_port = format!("{}:{}", url.host, url.port);
    let below =
        |whole: &str| whole.strip_suffix(without).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    below(&url.host) || below(&with_port)
}

fn in_network(network: &str, bits: &str, host: &str) -> bool {
    use std::net::IpAddr;
    let (Ok(network), Ok(bits), Ok(host)) =
        (network.parse::<IpAddr>(), bits.parse::<u32>(), host.parse::<IpAddr>())
    else {
        return false;
    };
    let same =
        |a: u128, b: u128, width: u32| bits <= width && (a ^ b).checked_shr(width - bits).unwrap_or(0) == 0;
    match (network, host) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn proxy(variable: &'static str, text: &str) -> Result<Option<Proxy>, InvalidProxy> {
    let invalid = || InvalidProxy { variable };
    if text.is_empty() {
        return Ok(None);
    }
    let rest = match text.split_once("://") {
        Some(("http", rest)) => rest,
        None => text,
        Some(_) => return Err(invalid()),
    };
    let (user, server) = rest.rsplit_once('@').map_or((None, rest), |(user, server)| (Some(user), server));
    let url = Url::parse(&format!("http://{server}")).map_err(|_| invalid())?;
    let authorization = user.map(|user| format!("Basic {}", base64::encode(&unescaped(user))));
    Ok(Some(Proxy { url, authorization }))
}

/// Without the `%XX` that a password may have.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = (*first == b'%').then(|| tail.get(..2)).flatten();
        let escaped = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    out
}

#[cfg(test)]
mod tests;
