//! Events as docker's API has them: one JSON object each. Pure.

#[cfg(test)]
mod tests;

use crate::cli::value::filter::Filter;
use limpet_protocol::control::Event;
use serde_json::{Map, Value, json};

/// The event as a JSON object, with the fields of docker's EventMessage.
/// <https://docs.docker.com/reference/api/engine/version/v1.57/schemas/EventMessage/>
#[must_use]
pub fn document(event: &Event) -> Value {
    let id = event.container.as_ref().map_or(event.name.as_str(), |id| id.as_str());
    let mut attributes = Map::new();
    for (name, value) in &event.attributes {
        attributes.insert(name.clone(), value.clone().into());
    }
    attributes.insert("name".to_owned(), event.name.clone().into());
    json!({
        "Type": kind(event),
        "Action": event.action,
        "Actor": { "ID": id, "Attributes": attributes },
        "scope": "local",
        "time": event.at_ns / 1_000_000_000,
        "timeNano": event.at_ns,
    })
}

fn kind(event: &Event) -> &'static str {
    match (&event.container, event.action.split('_').next()) {
        (Some(_), _) => "container",
        (None, Some("scrub")) => "image",
        (None, _) => "app",
    }
}

/// Whether it is one that the filters leave: of several with one key, one is enough.
#[must_use]
pub fn is_wanted(event: &Event, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| {
        let same_key = filters.iter().filter(|other| other.key == filter.key);
        same_key.into_iter().any(|other| holds(event, other))
    })
}

fn holds(event: &Event, filter: &Filter) -> bool {
    let value = filter.value.as_str();
    match filter.key {
        // docker takes `health_status` for `health_status: healthy`, too.
        "event" => event.action == value || event.action.split(':').next() == Some(value),
        "container" => {
            let id = event.container.as_ref();
            event.name == value || id.is_some_and(|id| !value.is_empty() && id.as_str().starts_with(value))
        }
        "type" => kind(event) == value,
        key => event.attributes.iter().any(|(name, text)| name == key && text == value),
    }
}
