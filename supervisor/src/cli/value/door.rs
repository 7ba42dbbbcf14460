//! `--metrics`: where the supervisor's metrics can be fetched. Nothing but this board reaches it.

#[cfg(test)]
mod tests;

use super::Invalid;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

/// Longest path of a socket (unix(7), its final NUL apart).
const PATH_BYTES_MAX: usize = 107;

/// Where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// A Unix socket at this absolute path.
    Unix(String),
    /// A port of a loopback address.
    Port(SocketAddr),
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Port(address) => address.fmt(f),
        }
    }
}

/// `unix:/PATH`, `127.0.0.1:PORT`, `[::1]:PORT`, `localhost:PORT`.
///
/// # Errors
/// Anything else, above all an address that other boards could reach.
pub fn parse(text: &str) -> Result<Door, Invalid> {
    if let Some(path) = text.strip_prefix("unix:") {
        let fits = path.starts_with('/') && path.len() <= PATH_BYTES_MAX && !path.ends_with('/');
        return if fits {
            Ok(Door::Unix(path.to_owned()))
        } else {
            Err("write unix: and an absolute path of at most 107 bytes".into())
        };
    }
    let address = match text.strip_prefix("localhost:").map(str::parse) {
        Some(port) => port.ok().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => text.parse().ok(),
    };
    match address {
        Some(address) if !address.ip().is_loopback() => {
            Err("other boards could read them there; write 127.0.0.1:PORT and let a proxy with access control serve it".into())
        }
        Some(address) if address.port() > 0 => Ok(Door::Port(address)),
        Some(_) | None => Err("write unix:/PATH or 127.0.0.1:PORT".into()),
    }
}
