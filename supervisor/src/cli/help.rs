//! `--help`: what a verb is for, how it is called, its flags by heading, and examples.

#[cfg(test)]
mod tests;

use super::table::{self, CHAPTERS, Flag, Group, NO, Section, Takes, Verb};
use crate::output::terminal::Style;
use std::fmt::Write as _;

/// A page of help; [`Page::render`] turns it into text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    /// Empty for none.
    title: String,
    /// Left column and right column; an empty right one leaves the left as a plain line.
    rows: Vec<(String, String)>,
}

/// The left column is as wide as its widest entry, up to this.
const LEFT_WIDTH_MAX: usize = 34;

impl Page {
    /// The text, with a final newline; headings stand out if `style` has colour.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let mut text = String::new();
        for (index, block) in self.blocks.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            block.render(style, &mut text);
        }
        text
    }
}

impl Block {
    fn lines(title: &str, lines: impl IntoIterator<Item = String>) -> Self {
        Self { title: title.to_owned(), rows: lines.into_iter().map(|line| (line, String::new())).collect() }
    }

    fn render(&self, style: Style, text: &mut String) {
        let indent = if self.title.is_empty() { "" } else { "  " };
        if !self.title.is_empty() {
            text.push_str(&style.bold(&self.title));
            text.push('\n');
        }
        let width =
            self.rows.iter().filter(|(_, right)| !right.is_empty()).map(|(left, _)| left.chars().count());
        let width = width.filter(|width| *width <= LEFT_WIDTH_MAX).max().unwrap_or(0);
        for (left, right) in &self.rows {
            row(text, indent, left, right, width);
        }
    }
}

/// A left entry that is too wide has its right one on the next line. Writing to a string cannot fail.
fn row(text: &mut String, indent: &str, left: &str, right: &str, width: usize) {
    let _ = if right.is_empty() {
        writeln!(text, "{indent}{left}")
    } else if left.chars().count() > width {
        writeln!(text, "{indent}{left}\n{indent}{:width$}  {right}", "")
    } else {
        writeln!(text, "{indent}{left:width$}  {right}")
    };
}

/// `limpet --help`
pub(super) fn program() -> Page {
    let mut blocks = vec![
        Block::lines("", [String::from("Runs containers within limits that hold.")]),
        Block::lines("Usage", [String::from("limpet [--root DIR] [--state DIR] VERB [OPTIONS] ...")]),
    ];
    for chapter in CHAPTERS {
        let rows = chapter.verbs.iter().map(|verb| (verb.name.to_owned(), verb.purpose.to_owned()));
        blocks.push(Block { title: chapter.title.to_owned(), rows: rows.collect() });
    }
    let groups = table::GROUPS.iter().map(|group| (group.name.to_owned(), group.purpose.to_owned()));
    blocks.push(Block { title: String::from("Groups"), rows: groups.collect() });
    blocks.push(section(&table::GLOBAL));
    blocks.push(examples(&[
        ("limpet load -i redis.tar", "take an image in"),
        ("limpet run -d --name cache -m 64m --cpus 0.5 redis", "run it within limits"),
        ("limpet run --help", "all about one verb"),
    ]));
    Page { blocks }
}

/// `limpet image --help`
pub(super) fn group(group: &Group) -> Page {
    let rows = group.members.iter().map(|(name, verb)| ((*name).to_owned(), verb.purpose.to_owned()));
    Page {
        blocks: vec![
            Block::lines("", [format!("{}.", group.purpose)]),
            Block::lines("Usage", [format!("limpet {} VERB [OPTIONS] ...", group.name)]),
            Block { title: String::from("Verbs"), rows: rows.collect() },
        ],
    }
}

/// `limpet run --help`; `typed` is how the verb was called.
pub(super) fn verb(verb: &Verb, typed: &str) -> Page {
    let mut usage = format!("limpet {typed}");
    if !verb.sections.is_empty() {
        usage.push_str(" [OPTIONS]");
    }
    if !verb.operands.usage.is_empty() {
        let _ = write!(usage, " {}", verb.operands.usage);
    }
    let mut blocks = vec![Block::lines("", [format!("{}.", verb.purpose)]), Block::lines("Usage", [usage])];
    blocks.extend(verb.sections.iter().map(|flags| section(flags)).filter(|block| !block.rows.is_empty()));
    if !verb.examples.is_empty() {
        blocks.push(examples(verb.examples));
    }
    Page { blocks }
}

fn section(section: &Section) -> Block {
    let shown = section.flags.iter().filter(|flag| flag.is_shown());
    let rows = shown.map(|flag| (spelled(flag), flag.help.to_owned()));
    Block { title: section.title.to_owned(), rows: rows.collect() }
}

/// `-m, --memory SIZE`
fn spelled(flag: &Flag) -> String {
    let short = if flag.short == NO { String::from("    ") } else { format!("-{}, ", flag.short) };
    match flag.takes {
        Takes::Value(name) | Takes::Values(name) => format!("{short}--{} {name}", flag.long),
        _ => format!("{short}--{}", flag.long),
    }
}

fn examples(examples: &[(&str, &str)]) -> Block {
    let lines = examples.iter().map(|(line, what)| format!("{line}\n      {what}"));
    Block::lines("Examples", lines)
}
