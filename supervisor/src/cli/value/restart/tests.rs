use super::*;

#[test]
fn dockers_policies_are_understood() {
    for (text, when, tries_max) in [
        ("no", When::No, None),
        ("", When::No, None),
        ("always", When::Always, None),
        ("unless-stopped", When::UnlessStopped, None),
        ("on-failure", When::OnFailure, None),
        ("on-failure:0", When::OnFailure, None),
        ("on-failure:3", When::OnFailure, Some(3)),
    ] {
        assert_eq!(parse(text), Ok(RestartPolicy { tries_max, ..RestartPolicy::of(when) }), "{text}");
    }
}

#[test]
fn what_docker_refuses_is_refused() {
    for text in [
        "sometimes",
        "always:3",
        "no:1",
        "unless-stopped:2",
        "on-failure:",
        "on-failure:-1",
        "on-failure:x",
        "Always",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
