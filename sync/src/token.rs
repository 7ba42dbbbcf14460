//! Tokens as a person has them, from a terminal or a photograph. Pure.

use limpet_fetcher::base64::{decode_url, encode_url};
use limpet_fetcher::url::Url;
use limpet_protocol::fleet::enrol::{TOKEN_BYTES_MAX, TOKEN_PREFIX, Token};

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Of something else, or from its middle.
    #[error("it does not begin with {TOKEN_PREFIX}; is it copied whole?")]
    Prefix,
    /// Longer than any.
    #[error("it has more than {TOKEN_BYTES_MAX} characters")]
    TooLong,
    /// A character that none has.
    #[error("it has a character that no token has, or lacks one; is it copied whole, without line breaks?")]
    Characters,
    /// Cut off, or mistyped.
    #[error("it is cut off or mistyped; copy it again, or ask for another with limpetctl board invite")]
    Malformed,
    /// The address in it is none.
    #[error("its controller's address is not https://HOST[:PORT]")]
    Url,
}

/// The token of a text; white space around it does not count.
///
/// # Errors
/// See [`TokenError`].
pub fn parse(text: &str) -> Result<Token, TokenError> {
    let text = text.trim();
    if text.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::TooLong);
    }
    let digits = text.strip_prefix(TOKEN_PREFIX).ok_or(TokenError::Prefix)?;
    let bytes = decode_url(digits).ok_or(TokenError::Characters)?;
    match postcard::take_from_bytes::<Token>(&bytes) {
        Ok((token, [])) if self::text(&token).as_deref() == Some(text) => {
            controller(&token.url).map(|_| token).ok_or(TokenError::Url)
        }
        Ok(_) | Err(_) => Err(TokenError::Malformed),
    }
}

/// As it is printed.
#[must_use]
pub fn text(token: &Token) -> Option<String> {
    let bytes = postcard::to_allocvec(token).ok()?;
    Some(format!("{TOKEN_PREFIX}{}", encode_url(&bytes)))
}

/// Where a controller is; `None` if it is not `https` or has a path.
#[must_use]
pub(crate) fn controller(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| url.secure && url.target == "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        let url = "https://controller.example:8443".try_into().expect("short");
        Token { url, pin: [1; 32], root: [2; 32], groups: heapless::Vec::new(), invite: [3; 16] }
    }

    #[test]
    fn what_is_printed_is_taken() {
        let text = text(&token()).expect("it has a form");
        assert!(text.len() < 200, "{text}");
        assert_eq!(parse(&format!("  {text}\n")), Ok(token()));
    }

    #[test]
    fn no_part_of_a_token_and_nothing_with_one_is_a_token() {
        let whole = text(&token()).expect("it has a form");
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).is_err(), "{end}");
        }
        for more in ["A", "AAAA", "=", "\n limpet1_"] {
            assert!(parse(&format!("{whole}{more}")).is_err(), "{more:?}");
        }
        assert_eq!(parse(&whole["limpet1_".len()..]), Err(TokenError::Prefix));
        assert_eq!(parse(&whole.replace("limpet1_", "limpet1_ ")), Err(TokenError::Characters));
        assert_eq!(parse(&"x".repeat(5000)), Err(TokenError::TooLong));
    }

    #[test]
    fn only_https_to_a_host_is_believed() {
        for url in ["http://h", "https://h/path", "https://", "h", "https://u@h", "https://h:99999"] {
            let token = Token { url: url.try_into().expect("short"), ..token() };
            assert_eq!(parse(&text(&token).expect("it has a form")), Err(TokenError::Url), "{url}");
        }
    }
}
