//! Names, ids and their prefixes.

use native_tests::Limpet;

#[test]
fn a_container_is_found_by_name_id_and_prefix() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["--name", "rock", "busybox", "sleep", "1000"]);
    for name in ["rock", &id, &id[..12], &id[..3]] {
        assert_eq!(limpet.field(name, "/Id"), id.as_str(), "by {name}");
    }
}

#[test]
fn a_name_in_use_is_refused() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.ok(&["create", "--name", "rock", "busybox", "true"]);
    limpet.try_to(&["create", "--name", "rock", "busybox", "true"]).refused(1, &["rock", "in use"]);
    limpet.try_to(&["run", "--rm", "--name", "rock", "busybox", "true"]).refused(125, &["rock", "in use"]);
    assert_eq!(limpet.ids().len(), 1);
}

#[test]
fn a_name_is_free_again_after_rm() {
    let limpet = Limpet::with(&["busybox"]);
    for _ in 0..2 {
        limpet.ok(&["create", "--name", "rock", "busybox", "true"]);
        assert_eq!(limpet.ok(&["rm", "rock"]).text(), "rock");
    }
}

#[test]
fn every_container_gets_a_name() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.ok(&["create", "busybox", "true"]);
    let name = limpet.field(id.text(), "/Name");
    let name = name.as_str().expect("a name is text").trim_start_matches('/');
    assert!(!name.is_empty());
    assert_eq!(limpet.field(name, "/Id"), id.text());
}

#[test]
fn rename_keeps_the_container() {
    let limpet = Limpet::with(&["busybox"]);
    let id = limpet.detached(&["--name", "rock", "busybox", "sleep", "1000"]);
    limpet.ok(&["rename", "rock", "stone"]);
    assert_eq!(limpet.field("stone", "/Id"), id.as_str());
    assert_eq!(limpet.field("stone", "/State/Status"), "running");
    limpet.try_to(&["inspect", "rock"]).refused(1, &["rock"]);
    limpet.ok(&["create", "--name", "sand", "busybox", "true"]);
    limpet.try_to(&["rename", "stone", "sand"]).refused(1, &["sand", "in use"]);
}

#[test]
fn names_that_could_be_mistaken_are_refused() {
    let limpet = Limpet::with(&["busybox"]);
    for name in ["", "../up", "a/b", "-rm", "ü", "a b", &"x".repeat(300)] {
        let flag = format!("--name={name}");
        limpet.try_to(&["create", &flag, "busybox", "true"]).refused(125, &["name"]);
    }
    assert!(limpet.ids().is_empty());
}

#[test]
fn an_ambiguous_prefix_is_refused() {
    let limpet = Limpet::with(&["busybox"]);
    // Seventeen ids: two of them begin with the same digit.
    let ids: Vec<String> =
        (0..17).map(|_| limpet.ok(&["create", "busybox", "true"]).text().to_owned()).collect();
    let shared = |digit: &char| ids.iter().filter(|id| id.starts_with(*digit)).count() > 1;
    let digit = "0123456789abcdef".chars().find(shared).expect("pigeons and holes").to_string();
    limpet.try_to(&["rm", &digit]).refused(1, &[&digit]);
    assert_eq!(limpet.ids().len(), 17);
}

#[test]
fn a_cidfile_holds_the_id() {
    let limpet = Limpet::with(&["busybox"]);
    let file = limpet.home().join("cid");
    let flag = format!("--cidfile={}", file.display());
    let id = limpet.detached(&[&flag, "busybox", "sleep", "1000"]);
    assert_eq!(std::fs::read_to_string(&file).expect("it was written"), id);
    limpet.try_to(&["run", "--rm", &flag, "busybox", "true"]).refused(125, &["cid"]);
}
