//! `WWW-Authenticate` (RFC 9110, 11.6.1): which of the offered ways is taken. Pure.

/// What a 401 asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A token from a service.
    Bearer {
        /// The service's URL.
        realm: String,
        /// What it calls the registry; may be empty.
        service: String,
        /// For what; may be empty.
        scope: String,
    },
    /// A user and a password.
    Basic,
}

/// The best of all challenges of the fields; `None` if none is understood.
pub(crate) fn best<'a>(fields: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let mut found = None;
    for field in fields {
        for (scheme, parameters) in challenges(field) {
            match read(&scheme, &parameters) {
                Some(bearer @ Challenge::Bearer { .. }) => return Some(bearer),
                Some(basic) => found = Some(basic),
                None => {}
            }
        }
    }
    found
}

type Parameters = Vec<(String, String)>;

fn read(scheme: &str, parameters: &Parameters) -> Option<Challenge> {
    let get = |name: &str| {
        let found = parameters.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" if !get("realm").is_empty() => {
            Some(Challenge::Bearer { realm: get("realm"), service: get("service"), scope: get("scope") })
        }
        _ => None,
    }
}

/// Schemes in lower case, each with its parameters.
fn challenges(field: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = Vec::new();
    let mut rest = field.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let (word, after) = token(rest);
        if word.is_empty() {
            return found;
        }
        let after = after.trim_start();
        match (after.strip_prefix('='), found.last_mut()) {
            (Some(value), Some((_, parameters))) => {
                let (value, after) = value_of(value.trim_start());
                parameters.push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            (Some(_), None) => return found,
            (None, _) => {
                found.push((word.to_ascii_lowercase(), Vec::new()));
                rest = after;
            }
        }
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    found
}

fn token(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)));
    text.split_at(end.unwrap_or(text.len()))
}

/// A token or a quoted string, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests;
