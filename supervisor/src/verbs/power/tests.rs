use super::*;

#[test]
fn a_child_of_the_first_process_is_told_by_its_parent() {
    assert!(is_child_of_first("77 (limpet) S 1 77 77 0 -1 4194560"));
    assert!(is_child_of_first("77 (a) S 9 (b) S 1 77"));
    for other in ["77 (limpet) S 11 1 1 0", "77 (x) S 1 1) S 2 1", ""] {
        assert!(!is_child_of_first(other), "{other:?}");
    }
}

#[test]
fn what_no_limpet_keeps_may_be_shut_down() {
    assert!(!is_kept_by_init(rustix::process::getpid()), "it is a child of cargo");
}
