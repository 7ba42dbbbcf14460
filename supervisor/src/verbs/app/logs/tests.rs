//! Lines of several containers.

use super::printer::Printer;
use crate::output::terminal::Style;
use limpet_runner::log::{Item, Record, Stream};
use std::borrow::Cow;

fn record(text: &str) -> Item<'_> {
    Item::Record(Record { stream: Stream::Stdout, time_ns: 1_500_000_000, text: Cow::Borrowed(text) })
}

fn printed(mut printer: Printer, items: &[(&str, Item<'_>)]) -> String {
    let speakers: Vec<usize> = items.iter().map(|(name, _)| printer.speaker(name)).collect();
    for (speaker, (_, item)) in speakers.into_iter().zip(items) {
        printer.item(speaker, item);
    }
    String::from_utf8(printer.take()).expect("text")
}

#[test]
fn each_line_says_who_wrote_it() {
    let lines = [("db-1", record("ready\n")), ("frontend-1", record("hello\n"))];
    assert_eq!(
        printed(Printer::new(false, true, None), &lines),
        "db-1        | ready\nfrontend-1  | hello\n"
    );
    assert_eq!(printed(Printer::new(false, false, None), &lines), "ready\nhello\n");
    assert_eq!(
        printed(Printer::new(true, true, None), &lines[..1]),
        "db-1  | 1970-01-01T00:00:01.500000000Z ready\n"
    );
    let coloured = printed(Printer::new(false, true, Some(Style::Terminal)), &lines[..1]);
    assert_eq!(coloured, "\x1b[36mdb-1  | \x1b[0mready\n");
}

#[test]
fn a_line_in_pieces_stays_one_line_unless_another_comes_between() {
    let pieces = [("a", record("one ")), ("a", record("line\n"))];
    assert_eq!(printed(Printer::new(false, true, None), &pieces), "a  | one line\n");
    let mixed = [("a", record("one ")), ("b", record("other\n")), ("a", record("line\n"))];
    assert_eq!(printed(Printer::new(false, true, None), &mixed), "a  | one \nb  | other\na  | line\n");
}

#[test]
fn what_is_lost_is_said() {
    let items = [("a", Item::Gap), ("a", Item::Damaged(7))];
    assert_eq!(
        printed(Printer::new(false, true, None), &items),
        "a  | (lines are missing here: the log was rotated meanwhile)\na  | (7 bytes of the log are damaged)\n"
    );
}
