//! Selectors and constraints: what they mean, and what is no selector at all.

use limpet_fleet::label::Labels;
use limpet_fleet::{placement, selector};

fn labels() -> Labels {
    let pairs =
        [("site", "greenhouse"), ("arch", "aarch64"), ("hostname", "Pi-7"), ("empty", ""), ("in", "x")];
    pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn selectors_mean_what_they_mean_to_kubectl() {
    for (text, is_meant) in [
        ("", true),
        ("  ", true),
        ("site=greenhouse", true),
        ("site==greenhouse", true),
        (" site = greenhouse , arch=aarch64 ", true),
        ("site=greenhouse,arch=x86_64", false),
        ("site!=field", true),
        ("site!=greenhouse", false),
        ("nothing!=field", true),
        ("nothing=field", false),
        ("site in (field, greenhouse)", true),
        ("site in (field)", false),
        ("site notin (field)", true),
        ("site notin (field,greenhouse)", false),
        ("nothing notin (field)", true),
        ("nothing in (field)", false),
        ("site", true),
        ("!site", false),
        ("! nothing", true),
        ("nothing", false),
        ("empty=", true),
        ("empty in (a,)", true),
        ("site=", false),
        ("in in (x),!notin", true),
        ("site in(greenhouse),arch", true),
        ("site=Greenhouse", false),
    ] {
        let selector = selector::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        assert_eq!(selector.selects(&labels()), is_meant, "{text}");
        assert_eq!(selector.is_all(), text.trim().is_empty(), "{text}");
    }
}

#[test]
fn what_is_no_selector_is_refused_where_it_is_wrong() {
    for (text, message) in [
        ("site=a,", "at character 8: a condition is missing behind the last comma"),
        (",site", "at character 1: the name of a label is wanted, and “,” is there"),
        ("site=a b=c", "at character 8: “b” is not expected, but a comma or the end"),
        ("site near (a)", "at character 6: behind site comes =, !=, in, notin, a comma or the end"),
        ("site in a", "at character 9: a list in ( ) is wanted"),
        ("site in (a b)", "at character 12: a comma or ) is wanted"),
        ("site in (a", "at character 11: a comma or ) is wanted"),
        ("!", "at character 2: the name of a label is missing"),
        ("=a", "at character 1: the name of a label is wanted, and “=” is there"),
        ("site===a", "at character 7: “=” is not expected, but a comma or the end"),
        ("site>3", "at character 5: “>” is not expected, but a comma or the end"),
        ("größe=1", "at character 3: “ö” is not expected, but a comma or the end"),
        (
            "-a=1",
            "at character 1: the name of a label has at most 63 letters, digits, -, _, . and /, and begins and ends with a letter or a digit",
        ),
        ("a=b\nc", "at character 4: “\\n” is not expected, but a comma or the end"),
    ] {
        assert_eq!(selector::parse(text).map_err(|wrong| wrong.to_string()), Err(message.into()), "{text}");
    }
}

#[test]
fn selectors_have_maxima() {
    let is_read = |text: String| selector::parse(&text).is_ok();
    for (most, is_right) in [(selector::CONDITIONS_MAX, true), (selector::CONDITIONS_MAX + 1, false)] {
        assert_eq!(is_read(vec!["a"; most].join(",")), is_right);
    }
    for (most, is_right) in [(selector::VALUES_MAX, true), (selector::VALUES_MAX + 1, false)] {
        assert_eq!(is_read(format!("a in ({})", vec!["b"; most].join(","))), is_right);
    }
    for (most, is_right) in [(63, true), (64, false)] {
        assert_eq!(is_read(format!("{}={}", "a".repeat(most), "b".repeat(most))), is_right);
    }
    assert!(!is_read(" ".repeat(selector::TEXT_BYTES_MAX + 1)));
}

#[test]
fn constraints_are_met_as_in_swarm() {
    for (text, is_met) in [
        ("node.labels.site == greenhouse", true),
        ("node.labels.site==GREENHOUSE", true),
        ("node.labels.site!=greenhouse", false),
        ("node.labels.nothing!=a", true),
        ("node.labels.nothing==a", false),
        ("node.hostname==pi-7", true),
        ("node.hostname != pi-8", true),
        ("node.platform.arch==arm64", true),
        ("node.platform.arch==aarch64", true),
        ("node.platform.arch==x86_64", false),
        ("node.platform.os==linux", true),
        ("node.platform.os==windows", false),
    ] {
        let constraint = placement::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        assert_eq!(constraint.is_met(&labels()), is_met, "{text}");
    }
    assert_eq!(
        placement::are_met(&["node.labels.site==greenhouse", "node.hostname!=pi-7"], &labels()),
        Ok(false)
    );
    assert_eq!(placement::are_met::<&str>(&[], &labels()), Ok(true));
}

#[test]
fn what_is_no_constraint_is_refused() {
    for (text, words) in [
        ("node.labels.site=greenhouse", "== or !="),
        ("node.labels.a==b!=c", "== or !="),
        ("node.role==manager", "swarm's nodes"),
        ("node.id==2ivku8v2gvtg4", "swarm's nodes"),
        ("engine.labels.a==b", "swarm's nodes"),
        ("site==greenhouse", "there is no site"),
        ("node.labels.==a", "there is no node.labels."),
        ("node.hostname==", "a value has"),
        ("node.hostname==a*", "a value has"),
    ] {
        let wrong = placement::parse(text).map_err(|wrong| wrong.to_string());
        assert!(wrong.as_ref().is_err_and(|wrong| wrong.contains(words)), "{text}: {wrong:?}");
    }
    assert_eq!(placement::parse(&"a".repeat(placement::TEXT_BYTES_MAX + 1)), Err(placement::Wrong::Long));
}
