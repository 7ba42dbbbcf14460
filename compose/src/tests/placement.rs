//! On which boards of a fleet services run.

use super::{DIRECTORY, options, reader};
use crate::{Options, Parsed, Problems, Source, Variables, parse};

/// A project for a fleet.
fn placed(text: &str) -> Result<Parsed, Problems> {
    let sources = [Source { path: format!("{DIRECTORY}/compose.yaml"), text: text.to_owned() }];
    let options = Options { for_fleet: true, ..options() };
    parse(&sources, &Variables::default(), &options, &mut reader(&[]))
}

const SHOP: &str = "services:
  web:
    image: a
    depends_on: {cache: {condition: service_started, required: false}}
  cache:
    image: a
    deploy:
      placement:
        constraints: [node.labels.site == greenhouse, \"node.hostname != pi-7\"]
  probe: {image: a, depends_on: [cache]}
";

#[test]
fn constraints_are_told_as_they_are_written() {
    let parsed = placed(SHOP).expect("right");
    let constraints = ["node.labels.site == greenhouse", "node.hostname != pi-7"].map(str::to_owned).to_vec();
    assert_eq!(parsed.placement, [("cache".to_owned(), constraints)]);
}

#[test]
fn services_that_do_not_run_somewhere_are_left_out_unless_they_are_needed() {
    let without = |services: &[&str]| placed(SHOP).expect("right").without(services);
    let app = without(&["cache", "probe"]).unwrap().unwrap();
    assert_eq!((app.workloads.len(), app.workloads[0].depends_on.len()), (1, 0));
    let needed = "the service probe depends on cache, which its placement keeps from there";
    assert_eq!(without(&["cache"]), Err(needed.to_owned()));
    assert_eq!(without(&["web", "cache", "probe"]), Ok(None));
}

#[test]
fn what_else_placement_may_say_is_refused() {
    let said = |placement: &str| {
        let text = format!("services: {{web: {{image: a, deploy: {{placement: {placement}}}}}}}");
        placed(&text).expect_err("wrong").to_string()
    };
    assert!(said("{preferences: [{spread: node.labels.site}]}").contains("nothing is spread"));
    assert!(said("{max_replicas_per_node: 1}").contains("replicas are those of each board"));
    assert!(
        said(&format!("{{constraints: [{}]}}", ["a==b"; 17].join(", "))).contains("is over 16 constraints")
    );
}
