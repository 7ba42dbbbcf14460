//! When text is dressed up.

use super::Style;

#[test]
fn only_a_willing_terminal_gets_sequences() {
    let with = |name: &'static str, value: &'static str| {
        move |asked: &str| (asked == name).then(|| value.to_owned())
    };
    assert_eq!(Style::of(true, |_| None), Style::Terminal);
    assert_eq!(Style::of(false, |_| None), Style::Plain);
    assert_eq!(Style::of(true, with("NO_COLOR", "1")), Style::Plain);
    assert_eq!(Style::of(true, with("NO_COLOR", "")), Style::Terminal);
    assert_eq!(Style::of(true, with("TERM", "dumb")), Style::Plain);
    assert_eq!(
        (Style::Plain.bold("a"), Style::Terminal.bold("a")),
        (String::from("a"), String::from("\x1b[1ma\x1b[0m"))
    );
}
