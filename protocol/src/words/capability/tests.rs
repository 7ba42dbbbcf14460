//! Names of capabilities, right and wrong.

use super::is_known;

#[test]
fn names_pass_in_any_case_with_and_without_prefix() {
    for text in ["NET_ADMIN", "CAP_NET_ADMIN", "cap_net_admin", "chown", "ALL", "all"] {
        assert!(is_known(text), "{text}");
    }
    for text in ["", "CAP_", "NET", "NET_ADMINN", "ÄÄÄ", "CAP_CAP_CHOWN"] {
        assert!(!is_known(text), "{text}");
    }
}
