//! What an event looks like, and which are wanted.

use super::*;
use crate::cli::value::filter;
use limpet_protocol::id::ContainerId;

fn event(action: &str) -> Event {
    Event {
        at_ns: 1_629_574_695_515_050_000,
        action: action.to_owned(),
        container: Some(ContainerId::from_bytes([0xab; 32])),
        name: "shop-db-1".to_owned(),
        attributes: [("app", "shop"), ("service", "db"), ("exitCode", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

#[test]
fn an_event_has_the_fields_of_docker() {
    let id = "ab".repeat(32);
    assert_eq!(
        document(&event("die")).to_string(),
        format!(
            "{{\"Action\":\"die\",\"Actor\":{{\"Attributes\":{{\"app\":\"shop\",\"exitCode\":\"1\",\
             \"name\":\"shop-db-1\",\"service\":\"db\"}},\"ID\":\"{id}\"}},\"Type\":\"container\",\
             \"scope\":\"local\",\"time\":1629574695,\"timeNano\":1629574695515050000}}"
        )
    );
}

#[test]
fn an_event_of_an_app_is_about_the_app() {
    let up = Event { container: None, name: "shop".to_owned(), attributes: Vec::new(), ..event("up") };
    let document = document(&up);
    assert_eq!((&document["Type"], &document["Actor"]["ID"]), (&"app".into(), &"shop".into()));
}

#[test]
fn all_keys_must_hold_and_of_one_key_any() {
    let wanted = |action: &str, filters: &[&str]| {
        let filters: Vec<Filter> =
            filters.iter().map(|text| filter::of_events(text).expect("a filter")).collect();
        is_wanted(&event(action), &filters)
    };
    assert!(wanted("die", &[]));
    assert!(wanted("die", &["event=start", "event=die"]));
    assert!(!wanted("stop", &["event=start", "event=die"]));
    assert!(wanted("die", &["event=die", "app=shop", "service=db"]));
    assert!(!wanted("die", &["event=die", "app=other"]));
    assert!(wanted("die", &["container=shop-db-1"]) && wanted("die", &["container=abab"]));
    assert!(!wanted("die", &["container=shop"]) && !wanted("die", &["container="]));
    assert!(wanted("health_status: healthy", &["event=health_status"]));
    assert!(wanted("health_status: healthy", &["event=health_status: healthy"]));
    assert!(!wanted("health_status: healthy", &["event=health_status: unhealthy"]));
    assert!(wanted("die", &["type=container"]) && !wanted("die", &["type=app"]));
}
