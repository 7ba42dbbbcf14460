//! Capabilities by name.

use super::parse;

#[test]
fn known_names_pass_in_any_form() {
    for text in ["CHOWN", "cap_net_admin", "CAP_SYS_ADMIN", "all", "ALL"] {
        assert_eq!(parse(text).as_deref(), Ok(text));
    }
}

#[test]
fn unknown_names_are_refused_with_a_hint() {
    let error = |text: &str| parse(text).expect_err(text).to_string();
    assert_eq!(error("NET_ADMINN"), "unknown capability 'NET_ADMINN'; did you mean CAP_NET_ADMIN?");
    assert_eq!(error(""), "unknown capability ''; see capabilities(7) for the names");
}
