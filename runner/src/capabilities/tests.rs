//! Names, docker's way of adding and dropping, and the sets of a process.

use super::*;

const LAST: u8 = 40;

fn bits(names: &[&str]) -> u64 {
    names.iter().map(|name| 1 << number(name).unwrap()).sum()
}

fn resolved(adds: &[&str], drops: &[&str]) -> u64 {
    resolve(false, adds, drops, LAST).unwrap()
}

#[test]
fn default_is_dockers() {
    // As `CapBnd` reads in a container of docker: 00000000a80425fb.
    assert_eq!(DEFAULT, 0xa804_25fb);
    assert_eq!(resolved(&[], &[]), DEFAULT);
}

#[test]
fn names_are_taken_in_any_form() {
    assert_eq!(number("CAP_SYS_ADMIN"), Ok(21));
    assert_eq!(number("sys_admin"), Ok(21));
    assert_eq!(number("cap_Net_Raw"), Ok(13));
    assert_eq!(number("CHECKPOINT_RESTORE"), Ok(40));
}

#[test]
fn numbers_are_the_kernels() {
    assert_eq!(names(1 << 12 | 1 << 37 | 1 << 50).collect::<Vec<_>>(), ["CAP_NET_ADMIN", "CAP_AUDIT_READ"]);
    assert_eq!(names(u64::MAX).count(), 41);
}

#[test]
fn adding_and_dropping_change_the_default() {
    assert_eq!(resolved(&["NET_ADMIN"], &["CHOWN"]), DEFAULT & !bits(&["CHOWN"]) | bits(&["NET_ADMIN"]));
    assert_eq!(resolved(&["CHOWN"], &["CHOWN"]), DEFAULT, "what is added comes after what is dropped");
}

#[test]
fn all_may_be_added_or_dropped() {
    let all = (1 << 41) - 1;
    assert_eq!(resolved(&["all"], &["NET_RAW"]), all & !bits(&["NET_RAW"]));
    assert_eq!(resolved(&["KILL"], &["ALL"]), bits(&["KILL"]));
    assert_eq!(resolved(&[], &["ALL"]), 0);
    assert_eq!(resolved(&["ALL"], &["ALL"]), all, "as docker: ALL added wins");
}

#[test]
fn privileged_is_all_that_the_kernel_has() {
    assert_eq!(resolve(true, &["nonsense"], &["ALL"], LAST), Ok((1 << 41) - 1));
    assert_eq!(resolve(true, &[""; 0], &[], 37), Ok((1 << 38) - 1));
    assert_eq!(resolve(true, &[""; 0], &[], 63), Ok((1 << 41) - 1));
}

#[test]
fn unknown_names_are_refused_with_a_hint() {
    let error = |name: &str| resolve(false, &[name], &[], LAST).unwrap_err().to_string();
    assert_eq!(error("SYS_ADMN"), "unknown capability 'SYS_ADMN'; did you mean CAP_SYS_ADMIN?");
    assert_eq!(error("cap_net_rw"), "unknown capability 'cap_net_rw'; did you mean CAP_NET_RAW?");
    assert_eq!(error("fly"), "unknown capability 'fly'; see capabilities(7) for the names");
    assert_eq!(error(""), "unknown capability ''; see capabilities(7) for the names");
    assert!(error(&"SYS_ADMIN".repeat(1000)).ends_with("for the names"));
    assert!(error("CAP_ü").contains("unknown"));
}

#[test]
fn capabilities_newer_than_the_kernel_are_refused() {
    let error = resolve(false, &["BPF"], &[], 37).unwrap_err();
    assert_eq!(error, CapabilityError::NotInKernel { name: "BPF" });
    assert_eq!(resolve(false, &["ALL"], &[], 37), Ok((1 << 38) - 1));
}

#[test]
fn only_root_has_its_set_in_force() {
    let root = Capabilities { bounding: 7, effective: 7, permitted: 7, inheritable: 0, ambient: 0 };
    assert_eq!(sets(7, true), root);
    assert_eq!(sets(7, false), Capabilities { effective: 0, permitted: 0, ..root });
}
