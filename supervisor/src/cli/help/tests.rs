//! What help looks like.

use crate::cli::{Command, parse};
use crate::output::terminal::Style;
use std::ffi::OsString;

fn page(line: &str, style: Style) -> String {
    match parse(line.split_whitespace().map(OsString::from), |_| None).map(|invocation| invocation.command) {
        Ok(Command::Help(page)) => page.render(style),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_verb_is_explained_whole() {
    let expected = "\
Send containers a signal, SIGKILL if none is named.

Usage
  limpet kill [OPTIONS] CONTAINER [CONTAINER...]

Options
  -s, --signal SIGNAL  A name or number (HUP, SIGHUP, 1, RTMIN+2)

Examples
  limpet kill -s HUP web
      have it read its configuration again
";
    assert_eq!(page("kill --help", Style::Plain), expected);
}

#[test]
fn headings_are_bold_on_a_terminal_only() {
    assert!(page("kill --help", Style::Terminal).contains("\n\x1b[1mUsage\x1b[0m\n"));
    assert!(!page("run --help", Style::Plain).contains('\x1b'));
}

#[test]
fn a_verb_is_shown_as_it_was_called() {
    assert!(page("container ls --help", Style::Plain).contains("  limpet container ls [OPTIONS]\n"));
    assert!(page("rename --help", Style::Plain).contains("  limpet rename CONTAINER NAME\n"));
}

#[test]
fn refused_flags_and_other_spellings_are_not_shown() {
    let run = page("run --help", Style::Plain);
    assert!(!run.contains("--publish") && !run.contains("--net ") && !run.contains("--gpus"));
    for heading in
        ["Foreground", "Process", "Identity", "Files", "Resources", "Placement", "Isolation", "Examples"]
    {
        assert!(run.contains(&format!("\n{heading}\n")), "{heading}");
    }
}

#[test]
fn no_line_is_wider_than_a_board_console() {
    for line in
        ["--help", "run --help", "create --help", "ps --help", "exec --help", "image --help", "update --help"]
    {
        for text in page(line, Style::Plain).lines() {
            assert!(text.chars().count() <= 120, "{line}: {text}");
        }
    }
}
