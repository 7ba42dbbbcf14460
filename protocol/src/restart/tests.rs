//! docker's words for restart policies.

use super::{InvalidPolicy, RestartPolicy, When};
use alloc::string::ToString;

#[test]
fn dockers_words_are_understood() {
    for (text, when, tries_max) in [
        ("", When::No, None),
        ("no", When::No, None),
        ("always", When::Always, None),
        ("unless-stopped", When::UnlessStopped, None),
        ("on-failure", When::OnFailure, None),
        ("on-failure:3", When::OnFailure, Some(3)),
        ("on-failure:0", When::OnFailure, None),
        ("on-failure:4294967295", When::OnFailure, Some(u32::MAX)),
    ] {
        let expected = RestartPolicy { tries_max, ..RestartPolicy::plain(when) };
        assert_eq!(RestartPolicy::parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn other_words_are_refused() {
    for (text, error) in [
        ("Always", InvalidPolicy::Unknown),
        ("any", InvalidPolicy::Unknown),
        ("on-failure ", InvalidPolicy::Unknown),
        (":3", InvalidPolicy::TriesNotAllowed),
        ("no:1", InvalidPolicy::TriesNotAllowed),
        ("always:3", InvalidPolicy::TriesNotAllowed),
        ("unless-stopped:0", InvalidPolicy::TriesNotAllowed),
        ("on-failure:", InvalidPolicy::Tries),
        ("on-failure:-1", InvalidPolicy::Tries),
        ("on-failure:+1", InvalidPolicy::Tries),
        ("on-failure:4294967296", InvalidPolicy::Tries),
        ("on-failure:1:2", InvalidPolicy::Tries),
    ] {
        assert_eq!(RestartPolicy::parse(text), Err(error), "{text}");
    }
}

#[test]
fn what_is_shown_is_understood_again() {
    for text in ["no", "always", "unless-stopped", "on-failure", "on-failure:7"] {
        assert_eq!(RestartPolicy::parse(text).unwrap().to_string(), text);
    }
}
