//! How a registry is told who asks: challenges, Basic, and tokens that a service gives out.
//!
//! docker's token authentication ("Token Authentication Specification" of the distribution project): a 401 names a
//! realm, a service and a scope; the realm gives a token for it, to anybody or to whoever has a password.

pub(crate) mod challenge;
pub(crate) mod token;

use serde::{Deserialize, Serialize};
use std::fmt;

/// What proves who asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credentials {
    /// A user and a password, or an access token in its place.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A refresh token, which the token service takes.
    IdentityToken(String),
}

/// Never shows them.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(...)",
            Self::IdentityToken(_) => "IdentityToken(...)",
        })
    }
}

impl Credentials {
    /// The value of an `Authorization` field for Basic authentication (RFC 7617); a refresh token has none.
    #[must_use]
    pub(crate) fn basic(&self) -> Option<String> {
        match self {
            Self::Basic { user, password } => {
                Some(format!("Basic {}", crate::base64::encode(format!("{user}:{password}").as_bytes())))
            }
            Self::IdentityToken(_) => None,
        }
    }
}
