use super::*;
use limpet_protocol::app::Workload;

fn app(name: &str, image: &str) -> App {
    App { name: name.to_owned(), workloads: vec![Workload::new("main", image)], volumes: Vec::new() }
}

fn names(content: &Content) -> Vec<&str> {
    content.apps.iter().map(|app| app.name.as_str()).collect()
}

#[test]
fn an_app_takes_the_place_of_the_one_of_its_name_and_leaves_the_others() {
    let two = Content::default().with_app(app("b", "1")).unwrap().with_app(app("a", "1")).unwrap();
    assert_eq!(names(&two), ["a", "b"]);
    let other = two.with_app(app("b", "2")).unwrap();
    assert_eq!((names(&other), &other.apps[0]), (vec!["a", "b"], &two.apps[0]));
    assert_eq!(other.apps[1].workloads[0].image, "2");
    assert_eq!(names(&other.without_app("a")), ["b"]);
    assert_eq!(other.without_app("c"), other);
}

#[test]
fn one_app_too_many_is_refused_and_a_known_one_still_changes() {
    let full = (0..APPS_MAX)
        .try_fold(Content::default(), |content, at| content.with_app(app(&format!("a{at}"), "1")));
    let full = full.unwrap();
    assert!(full.with_app(app("z", "1")).is_err());
    assert!(full.with_app(app("a3", "2")).is_ok());
}

#[test]
fn an_image_changes_in_one_service_and_its_id_is_forgotten() {
    let mut before = app("a", "1");
    before.workloads[0].image_id = Some("sha256:0".to_owned());
    let content = Content::default().with_app(before).unwrap();
    let after = content.with_image("a", "main", "2").unwrap();
    let workload = &after.apps[0].workloads[0];
    assert_eq!((workload.image.as_str(), &workload.image_id), ("2", &None));
    assert_eq!(content.with_image("a", "other", "2"), None);
    assert_eq!(content.with_image("b", "main", "2"), None);
}

#[test]
fn what_was_before_comes_out_of_a_document_as_it_went_in() {
    use limpet_protocol::fleet::PublicKey;
    let content = Content {
        windows: heapless::Vec::from_slice(&[Window { days: 1, from_minute: 2, minutes: 3 }]).unwrap(),
        program: None,
        apps: vec![app("a", "1")],
    };
    let stamp = Stamp { fleet: FleetId([1; 32]), root_generation: 2, issued_s: 3, expires_s: 4 };
    let desired = content.desired(stamp, BoardId(PublicKey([5; 32])), 6);
    assert_eq!((desired.generation, desired.root_generation), (6, 2));
    assert_eq!(Content::of(Some(desired)), content);
}
