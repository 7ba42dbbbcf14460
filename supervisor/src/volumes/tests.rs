use super::*;

#[test]
fn each_target_has_a_name_of_its_own() {
    let targets = ["/a/b", "/a-b", "/a%2fb", "/a%/b", "/a/%b", "/a"];
    let names: std::collections::BTreeSet<String> = targets.iter().map(|target| file_name(target)).collect();
    assert_eq!(names.len(), targets.len());
    assert!(names.iter().all(|name| !name.contains('/')));
}

#[test]
fn a_child_says_why_it_failed() {
    // The test harness has threads, and a copy of it would be dangerous: that is refused.
    let failure = in_child(|| Ok(())).unwrap_err();
    assert!(failure.to_string().contains("busy"), "{failure}");
}
