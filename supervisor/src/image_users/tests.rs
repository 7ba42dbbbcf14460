use super::*;
use limpet_protocol::app::Workload;

fn app(services: &[(&str, Option<&str>)]) -> App {
    let workload = |(image, id): &(&str, Option<&str>)| Workload {
        image_id: id.map(str::to_owned),
        ..Workload::new(image, image)
    };
    App { name: "shop".to_owned(), workloads: services.iter().map(workload).collect(), volumes: Vec::new() }
}

#[test]
fn what_runs_and_what_it_was_before_is_needed_and_nothing_else() {
    let now = uses_of(&app(&[("web:2", Some("sha256:2")), ("db:1", Some("sha256:d"))]), false);
    let before = uses_of(&app(&[("web:1", Some("sha256:1")), ("db:1", Some("sha256:d"))]), true);
    let uses = [before, now].concat();
    let needed = |digest: &str| needs(&uses, digest).map(|used| (used.image.as_str(), used.is_previous));
    assert_eq!(needed("sha256:2"), Some(("web:2", false)));
    assert_eq!(needed("sha256:1"), Some(("web:1", true)));
    assert_eq!(needed("sha256:d"), Some(("db:1", false)), "both need it, and one now");
    assert_eq!(needed("sha256:0"), None);
}

#[test]
fn an_image_that_is_not_known_is_needed_by_nobody() {
    assert_eq!(needs(&uses_of(&app(&[("web:1", None)]), false), "sha256:1"), None);
}
