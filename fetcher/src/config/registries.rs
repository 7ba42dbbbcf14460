//! `registries.json`: mirrors, hosts without TLS, and how much may be fetched at a time. Pure.
//!
//! ```json
//! {
//!   "registry-mirrors": { "docker.io": ["https://mirror.example:5000"] },
//!   "plain-http": ["10.0.0.2:5000"],
//!   "max-concurrent-downloads": 1,
//!   "max-bytes-per-second": 1000000,
//!   "stall-seconds": 30
//! }
//! ```
//!
//! `registry-mirrors` may be a list, as in docker's daemon.json: then they are those of docker.io. A word that is not
//! known is an error.

use crate::limits::STALL_S_MAX;
use crate::url::Url;
use serde_json::{Map, Value};

/// Most layers that are fetched at a time, whatever is asked for.
const LANES_MAX: u64 = 16;

/// What the file says; all of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registries {
    /// Registry, and where else its images are.
    pub(super) mirrors: Vec<(String, Vec<String>)>,
    /// `host[:port]` of registries that are reached without TLS.
    pub(super) plain: Vec<String>,
    /// How many layers are fetched at a time.
    pub lanes: Option<usize>,
    /// Most bytes per second, all layers together.
    pub rate_bytes_per_s: Option<u64>,
    /// Seconds without a byte after which a server is given up.
    pub(super) stall_s: Option<u64>,
}

impl Registries {
    /// Reads the file.
    ///
    /// # Errors
    /// What of it is not as above.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value = serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON: {error}"))?;
        let Value::Object(map) = value else { return Err("it is no JSON object".to_owned()) };
        read(&map)
    }

    /// Reaches this `host[:port]` without TLS, whatever the file says.
    pub fn without_tls(&mut self, host: &str) {
        self.plain.push(host.to_owned());
    }

    /// Where else the images of a registry are.
    pub(super) fn mirrors_of(&self, domain: &str) -> &[String] {
        self.mirrors.iter().find(|(name, _)| name == domain).map_or(&[], |(_, mirrors)| mirrors)
    }
}

fn read(map: &Map<String, Value>) -> Result<Registries, String> {
    let mut registries = Registries::default();
    for (word, value) in map {
        match word.as_str() {
            "registry-mirrors" => registries.mirrors = mirrors(value)?,
            "plain-http" => registries.plain = strings(value, word)?,
            "max-concurrent-downloads" => {
                let lanes = number(value, word)?.min(LANES_MAX);
                registries.lanes = usize::try_from(lanes).ok();
            }
            "stall-seconds" => registries.stall_s = Some(number(value, word)?.min(STALL_S_MAX)),
            "max-bytes-per-second" => registries.rate_bytes_per_s = Some(number(value, word)?),
            word => return Err(format!("{word:?} is not known; known are {}", WORDS.join(", "))),
        }
    }
    Ok(registries)
}

const WORDS: [&str; 5] =
    ["registry-mirrors", "plain-http", "max-concurrent-downloads", "max-bytes-per-second", "stall-seconds"];

fn mirrors(value: &Value) -> Result<Vec<(String, Vec<String>)>, String> {
    let Value::Object(map) = value else { return Ok(vec![("docker.io".to_owned(), urls(value)?)]) };
    map.iter().map(|(domain, value)| Ok((domain.clone(), urls(value)?))).collect()
}

fn urls(value: &Value) -> Result<Vec<String>, String> {
    let found = strings(value, "registry-mirrors")?;
    for text in &found {
        let url = Url::parse(text).map_err(|error| format!("registry-mirrors: {error}"))?;
        if url.target != "/" {
            return Err(format!("registry-mirrors: {text}: a mirror has no path"));
        }
    }
    Ok(found)
}

fn strings(value: &Value, word: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{word} is not a list of strings");
    let list = value.as_array().ok_or_else(wrong)?;
    list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

fn number(value: &Value, word: &str) -> Result<u64, String> {
    value.as_u64().filter(|number| *number > 0).ok_or_else(|| format!("{word} is not a number above 0"))
}

#[cfg(test)]
mod tests;
