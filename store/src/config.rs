//! The configuration of an image (OCI image specification, config.md, and docker's additions).

use crate::digest::Digest;
use crate::json::{JsonError, Object, parse};
use crate::limits::LAYERS_MAX;
use crate::manifest::read_platform;
use crate::platform::Platform;

/// What an image says about itself and how it wants to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageConfig {
    /// What it runs on.
    pub platform: Platform,
    /// RFC 3339, as it stands there.
    pub created: Option<String>,
    /// Who made it.
    pub author: String,
    /// `user[:group]`, names or numbers; empty is root.
    pub user: String,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// First part of the command; `None` if the image has none.
    pub entrypoint: Option<Vec<String>>,
    /// Second part of the command, or its default.
    pub cmd: Option<Vec<String>>,
    /// Empty is `/`.
    pub working_dir: String,
    /// A signal's name or number; empty is SIGTERM.
    pub stop_signal: String,
    /// Seconds that docker waits before it kills.
    pub stop_timeout_s: Option<u64>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// Paths that are to be volumes.
    pub volumes: Vec<String>,
    /// `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// docker's Healthcheck, as it stands there.
    pub healthcheck: Option<serde_json::Value>,
    /// How it was made, the bottom first.
    pub history: Vec<History>,
    /// The layers, the bottom first.
    pub diff_ids: Vec<Digest>,
}

/// One step of how an image was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// RFC 3339.
    pub created: Option<String>,
    /// The command.
    pub created_by: String,
    /// What was noted.
    pub comment: String,
    /// It made no layer.
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Reads one.
    ///
    /// # Errors
    /// What is not JSON or has fields of other types than the specification's.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        let value = parse(bytes)?;
        let root = Object::root(&value)?;
        let empty = serde_json::Value::Object(serde_json::Map::new());
        let run = root.object("config")?.map_or_else(|| Object::root(&empty), Ok)?;
        Ok(Self {
            platform: read_platform(&root)?,
            created: root.text("created")?.map(str::to_owned),
            author: root.string("author")?,
            user: run.string("User")?,
            env: run.strings("Env")?.unwrap_or_default(),
            entrypoint: run.strings("Entrypoint")?,
            cmd: run.strings("Cmd")?,
            working_dir: run.string("WorkingDir")?,
            stop_signal: run.string("StopSignal")?,
            stop_timeout_s: run.number("StopTimeout")?,
            labels: run.pairs("Labels")?,
            volumes: run.keys("Volumes")?,
            exposed_ports: run.keys("ExposedPorts")?,
            healthcheck: run.raw("Healthcheck").cloned(),
            history: root.objects("history")?.iter().map(read_history).collect::<Result<_, _>>()?,
            diff_ids: read_diff_ids(&root)?,
        })
    }

    /// When it was made, in seconds since 1970.
    #[must_use]
    pub fn created_s(&self) -> Option<i64> {
        rfc3339_s(self.created.as_deref()?)
    }
}

fn read_history(step: &Object<'_>) -> Result<History, JsonError> {
    Ok(History {
        created: step.text("created")?.map(str::to_owned),
        created_by: step.string("created_by")?,
        comment: step.string("comment")?,
        empty_layer: step.flag("empty_layer")?,
    })
}

fn read_diff_ids(root: &Object<'_>) -> Result<Vec<Digest>, JsonError> {
    let rootfs = root.object("rootfs")?;
    let rootfs = root.need("rootfs", rootfs)?;
    let texts = rootfs.list("diff_ids")?;
    let wrong = |wanted| rootfs.wrong("diff_ids", wanted);
    if texts.len() > LAYERS_MAX {
        return Err(wrong("an array of at most 128 layers"));
    }
    texts
        .iter()
        .map(|text| Digest::parse(text).map_err(|_| wrong("an array of digests of the form sha256:HEX")))
        .collect()
}

/// Seconds since 1970 of a time in RFC 3339; fractions are cut off.
#[must_use]
pub fn rfc3339_s(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let field = |from: usize, to: usize| -> Option<i64> {
        let digits = bytes.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then(|| text[from..to].parse().ok())?
    };
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if !marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark))
        || !matches!(bytes.get(10), Some(b'T' | b't' | b' '))
    {
        return None;
    }
    let (month, day) = (field(5, 7)?, field(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let time = field(11, 13)? * 3600 + field(14, 16)? * 60 + field(17, 19)?;
    let zone = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    Some(days_since_1970(field(0, 4)?, month, day) * 86_400 + time - zone_s(zone)?)
}

fn zone_s(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = zone
        .strip_prefix('+')
        .map(|rest| (1, rest))
        .or_else(|| zone.strip_prefix('-').map(|rest| (-1, rest)))?;
    let (hours, minutes) = rest.split_once(':')?;
    Some(sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
}

/// Days of the proleptic Gregorian calendar, counted in years that begin in March so that the leap day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests;
