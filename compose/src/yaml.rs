//! YAML text to trees whose nodes know their place, within bounds.
//!
//! In: one file. Out: its documents. Aliases are replaced by what they stand for, merge keys (`<<`) are carried out, keys
//! differ and are text. What a file can make grow (aliases of aliases: "billion laughs") is counted in a [`Budget`]
//! before it is copied.

#[cfg(test)]
mod tests;

use crate::node::{Entry, Form, Mark, Node, Scalar, Value};
use crate::problem::{At, Fault, Report, quoted};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::borrow::Cow;

/// Most nodes of all files of a project together, aliases replaced.
pub const NODES_MAX: usize = 100_000;
/// Most bytes of all texts and keys of a project together, aliases and variables replaced.
pub const TREE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Deepest nesting, aliases replaced.
pub const DEPTH_MAX: usize = 64;
/// Most entries of one list or mapping.
pub const ENTRIES_MAX: usize = 4096;

const MERGE_KEY: &str = "<<";

/// What all files of a project may still grow to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    nodes: usize,
    bytes: usize,
}

/// What a node weighs with all below it.
#[derive(Clone, Copy, Default)]
struct Weight {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { nodes: NODES_MAX, bytes: TREE_BYTES_MAX }
    }

    fn take(&mut self, nodes: usize, bytes: usize) -> Result<(), &'static str> {
        match (self.nodes.checked_sub(nodes), self.bytes.checked_sub(bytes)) {
            (Some(nodes), Some(bytes)) => {
                *self = Self { nodes, bytes };
                Ok(())
            }
            _ => Err("the files are too large together, with all aliases, variables and extended services \
                      in their places (100000 values, 8 MiB of text)"),
        }
    }

    /// For a text that grew.
    pub(crate) fn take_bytes(&mut self, at: At, bytes: usize) -> Result<(), Fault> {
        self.take(0, bytes).map_err(|why| at.fault(why))
    }

    /// A copy of a node, paid for.
    pub(crate) fn copy(&mut self, node: &Node) -> Result<Node, Fault> {
        let weight = weigh(node);
        self.take(weight.nodes, weight.bytes).map_err(|why| node.fault(why))?;
        Ok(node.clone())
    }
}

fn weigh(node: &Node) -> Weight {
    let mut weight = Weight { nodes: 1, bytes: 0, height: 1 };
    let mut add = |child: &Node, key: &str| {
        let below = weigh(child);
        weight.nodes += below.nodes;
        weight.bytes += below.bytes + key.len();
        weight.height = weight.height.max(below.height + 1);
    };
    match &node.value {
        Value::Scalar(scalar) => weight.bytes = scalar.text.len(),
        Value::List(items) => items.iter().for_each(|item| add(item, "")),
        Value::Map(entries) => entries.iter().for_each(|entry| add(&entry.value, &entry.key)),
    }
    weight
}

/// The documents of a text that are not empty. What is wrong but does not stop the reading goes to `report`.
///
/// # Errors
/// What stops it: no YAML, or out of bounds.
pub(crate) fn documents(
    text: &str,
    file: u16,
    budget: &mut Budget,
    report: &mut Report,
) -> Result<Vec<Node>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parser = Parser::new_from_str(text);
    let mut builder = Builder { parser, file, anchors: Vec::new(), budget, report };
    let mut documents = Vec::new();
    loop {
        let (event, at) = builder.next()?;
        match event {
            Event::StreamEnd => return Ok(documents),
            Event::DocumentStart(_) => {
                let (first, at) = builder.next()?;
                let root = builder.node(first, at, 1)?;
                if !root.is_null() {
                    documents.push(root);
                }
                // Anchors end with their document.
                builder.anchors.clear();
            }
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
            Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..)
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(at.fault("is not within a document")),
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    file: u16,
    /// By number, in the order of the text.
    anchors: Vec<(usize, Node)>,
    budget: &'a mut Budget,
    report: &'a mut Report,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, At), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.at(&span))),
            Some(Err(error)) => Err(self.scan_fault(&error)),
            // The parser ends with StreamEnd, after which nobody asks.
            None => Ok((Event::StreamEnd, At::whole(self.file))),
        }
    }

    fn at(&self, span: &Span) -> At {
        place(self.file, span.start.line(), span.start.col())
    }

    fn scan_fault(&self, error: &ScanError) -> Fault {
        let at = place(self.file, error.marker().line(), error.marker().col());
        at.fault(format!("is no YAML: {}", quoted(error.info())))
    }

    fn node(&mut self, event: Event<'a>, at: At, depth: usize) -> Result<Node, Fault> {
        if depth > DEPTH_MAX {
            return Err(at.fault(format!("is nested deeper than {DEPTH_MAX} levels")));
        }
        let (anchor, node) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.take(1, text.len()).map_err(|why| at.fault(why))?;
                (anchor, self.scalar(text, style, tag.as_deref(), at))
            }
            Event::SequenceStart(anchor, tag) => (anchor, self.list(tag.as_deref(), at, depth)?),
            Event::MappingStart(anchor, tag) => (anchor, self.map(tag.as_deref(), at, depth)?),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => {
                return Err(at.fault("a value is missing"));
            }
        };
        if anchor > 0 {
            let kept = self.budget.copy(&node)?;
            self.anchors.push((anchor, kept));
        }
        Ok(node)
    }

    /// What an alias stands for. An anchor becomes known after its whole node, so none can hold itself.
    fn alias(&mut self, anchor: usize, at: At, depth: usize) -> Result<Node, Fault> {
        let Some((_, known)) = self.anchors.iter().rev().find(|(number, _)| *number == anchor) else {
            return Err(at.fault("an alias stands within what it is an alias of"));
        };
        if depth + weigh(known).height > DEPTH_MAX + 1 {
            return Err(at.fault(format!("is nested deeper than {DEPTH_MAX} levels, aliases replaced")));
        }
        let known = self.budget.copy(known).map_err(|fault| Fault { at, ..fault })?;
        Ok(known)
    }

    fn scalar(&mut self, text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>, at: At) -> Node {
        let plain = style == ScalarStyle::Plain && !tag.is_some_and(is_text_tag);
        let form = if plain { Form::Plain } else { Form::Quoted };
        let value = Value::Scalar(Scalar { text: text.into_owned(), form });
        Node { at, mark: self.mark(tag, at), value }
    }

    fn list(&mut self, tag: Option<&Tag>, at: At, depth: usize) -> Result<Node, Fault> {
        self.budget.take(1, 0).map_err(|why| at.fault(why))?;
        let mut items = Vec::new();
        loop {
            let (event, item_at) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Node { at, mark: self.mark(tag, at), value: Value::List(items) });
            }
            room(items.len(), item_at)?;
            items.push(self.node(event, item_at, depth + 1)?);
        }
    }

    fn map(&mut self, tag: Option<&Tag>, at: At, depth: usize) -> Result<Node, Fault> {
        self.budget.take(1, 0).map_err(|why| at.fault(why))?;
        let mut entries: Vec<Entry> = Vec::new();
        let mut inherited = Vec::new();
        loop {
            let (event, key_at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            room(entries.len(), key_at)?;
            let (merges, key) = self.key(event, key_at, depth)?;
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth + 1)?;
            if merges {
                inherited.push(value);
            } else if let Some(key) = key {
                self.insert(&mut entries, Entry { key, at: key_at, value });
            }
        }
        for source in inherited {
            self.inherit(&mut entries, source)?;
        }
        Ok(Node { at, mark: self.mark(tag, at), value: Value::Map(entries) })
    }

    /// Whether it is the merge key, and its text; none after a complaint.
    fn key(&mut self, event: Event<'a>, at: At, depth: usize) -> Result<(bool, Option<String>), Fault> {
        let key = self.node(event, at, depth + 1)?;
        match &key.value {
            Value::Scalar(scalar) if scalar.form == Form::Plain && scalar.text == MERGE_KEY => {
                return Ok((true, None));
            }
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => {}
        }
        match key.text() {
            Ok(text) => Ok((false, Some(text.to_owned()))),
            Err(_) => {
                let what = key.kind_name();
                self.report.add(&at.fault(format!("a key is {what}, and text is wanted; put it in quotes")));
                Ok((false, None))
            }
        }
    }

    fn insert(&mut self, entries: &mut Vec<Entry>, entry: Entry) {
        match entries.iter().find(|other| other.key == entry.key) {
            Some(first) => {
                let what =
                    format!("{} stands here twice, first in line {}", quoted(&entry.key), first.at.line);
                self.report.add(&entry.at.fault(what));
            }
            None => entries.push(entry),
        }
    }

    /// What a merge key brings: entries whose keys are not there yet; of several mappings, the first counts
    /// (<https://yaml.org/type/merge.html>).
    fn inherit(&mut self, entries: &mut Vec<Entry>, source: Node) -> Result<(), Fault> {
        let at = source.at;
        match source.value {
            Value::Map(inherited) => {
                for entry in inherited {
                    room(entries.len(), at)?;
                    if !entries.iter().any(|own| own.key == entry.key) {
                        entries.push(entry);
                    }
                }
                Ok(())
            }
            Value::List(sources) if sources.iter().all(|source| source.map().is_ok()) => {
                sources.into_iter().try_for_each(|source| self.inherit(entries, source))
            }
            Value::List(_) | Value::Scalar(_) => {
                self.report.add(&at.fault("<< takes mappings: write <<: *ANCHOR or <<: [*ONE, *OTHER]"));
                Ok(())
            }
        }
    }

    fn mark(&mut self, tag: Option<&Tag>, at: At) -> Mark {
        let Some(tag) = tag else { return Mark::None };
        match (tag.handle.as_str(), tag.suffix.as_str()) {
            ("!", "reset") => Mark::Reset,
            ("!", "override") => Mark::Override,
            _ if is_core_tag(tag) => Mark::None,
            _ => {
                let tag = tag.to_string();
                self.report.add(&at.fault(format!(
                    "the tag {} means nothing here; there are !reset and !override",
                    quoted(&tag)
                )));
                Mark::None
            }
        }
    }
}

/// Tags that say what is the case anyway, besides the one that makes text.
fn is_core_tag(tag: &Tag) -> bool {
    is_text_tag(tag) || (tag.is_yaml_core_schema() && matches!(tag.suffix.as_str(), "map" | "seq"))
}

fn is_text_tag(tag: &Tag) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == "str"
}

fn room(entries: usize, at: At) -> Result<(), Fault> {
    if entries < ENTRIES_MAX {
        return Ok(());
    }
    Err(at.fault(format!("more than {ENTRIES_MAX} entries")))
}

fn place(file: u16, line: usize, column: usize) -> At {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    At { file, line: number(line), column: number(column.saturating_add(1)) }
}
