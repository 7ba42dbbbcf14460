//! `--filter` of `ps`: docker's rules. What names other containers and images is looked up first; then it is pure.

#[cfg(test)]
mod tests;

use crate::board::Board;
use crate::census::Listed;
use crate::cli::value::filter::Filter;
use crate::failure::Failure;
use crate::output::apps::health_word;
use crate::output::containers::network_word;
use crate::output::mounted;
use limpet_protocol::control::Health;
use limpet_runner::status::Status;
use limpet_store::Reference;

/// Filters whose names have been looked up.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted(Vec<(&'static str, Test)>);

/// One condition.
#[derive(Clone, Debug)]
enum Test {
    /// The value as it was typed.
    Text(String),
    /// Made before this moment, nanoseconds since 1970.
    Before(u64),
    /// Made after it.
    Since(u64),
    /// Made from the image of this reference, or from this image.
    Ancestor { reference: String, digest: Option<String> },
}

/// Filters that are about containers which need not run.
pub(super) fn reach_beyond_running(filters: &[Filter]) -> bool {
    filters.iter().any(|filter| matches!(filter.key, "status" | "exited" | "before" | "since"))
}

/// Looks up what the filters name.
///
/// # Errors
/// `before` or `since` name no container.
pub(super) fn resolve(board: &Board, filters: &[Filter]) -> Result<Wanted, Failure> {
    let mut tests = Vec::with_capacity(filters.len());
    for filter in filters {
        let test = match filter.key {
            "before" => Test::Before(board.container(&filter.value)?.created_ns),
            "since" => Test::Since(board.container(&filter.value)?.created_ns),
            "ancestor" => ancestor(board, &filter.value)?,
            _ => Test::Text(filter.value.clone()),
        };
        tests.push((filter.key, test));
    }
    Ok(Wanted(tests))
}

/// An image that is not there is the ancestor of nobody.
fn ancestor(board: &Board, value: &str) -> Result<Test, Failure> {
    let image = board.store()?.find(value).ok();
    Ok(Test::Ancestor { reference: normalised(value), digest: image.map(|image| image.id.to_string()) })
}

fn normalised(reference: &str) -> String {
    Reference::parse(reference).map_or_else(|_| reference.to_owned(), |reference| reference.to_string())
}

impl Wanted {
    /// Whether all hold; of several with one key one is enough, but a container must have all labels.
    pub(super) fn has(&self, listed: &Listed) -> bool {
        self.0.iter().all(|(key, test)| match *key {
            "label" => holds(key, test, listed),
            key => self.0.iter().any(|(other, test)| *other == key && holds(key, test, listed)),
        })
    }
}

fn holds(key: &str, test: &Test, listed: &Listed) -> bool {
    let container = &listed.container;
    match test {
        Test::Before(created_ns) => container.created_ns < *created_ns,
        Test::Since(created_ns) => container.created_ns > *created_ns,
        Test::Ancestor { reference, digest } => {
            let image = container.image.as_ref();
            image.is_some_and(|image| {
                Some(&image.digest) == digest.as_ref() || normalised(&image.reference) == *reference
            })
        }
        Test::Text(value) => text_holds(key, value, listed),
    }
}

fn text_holds(key: &str, value: &str, listed: &Listed) -> bool {
    let container = &listed.container;
    let launch = &container.keep.launch;
    match key {
        "id" => launch.id.as_str().contains(value),
        "name" => name_matches(&container.name, value),
        "label" => has_label(&container.labels, value),
        "status" => listed.word() == value,
        "health" => {
            let health = listed.supervision.as_ref().map_or(Health::Unwatched, |instance| instance.health);
            health_word(health) == value
        }
        "exited" => matches!(&listed.status, Status::Exited(exit) if value.parse() == Ok(exit.code)),
        "volume" => mounted::of(container).iter().any(|mounted| {
            let is = |text: &str| !text.is_empty() && text == value;
            is(mounted.origin.name()) || is(mounted.origin.source()) || is(&mounted.mount.target)
        }),
        "network" => network_word(launch.network) == value,
        _ => false,
    }
}

/// docker takes a regular expression here; of these, only the anchors are understood.
fn name_matches(name: &str, pattern: &str) -> bool {
    let (pattern, at_start) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
    let (pattern, at_end) = pattern.strip_suffix('$').map_or((pattern, false), |rest| (rest, true));
    let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
    match (at_start, at_end) {
        (true, true) => name == pattern,
        (true, false) => name.starts_with(pattern),
        (false, true) => name.ends_with(pattern),
        (false, false) => name.contains(pattern),
    }
}

/// `NAME`, or `NAME=VALUE`.
pub(in crate::verbs) fn has_label(labels: &[(String, String)], wanted: &str) -> bool {
    let (name, value) = wanted.split_once('=').map_or((wanted, None), |(name, value)| (name, Some(value)));
    labels.iter().any(|label| label.0 == name && value.is_none_or(|value| label.1 == value))
}
