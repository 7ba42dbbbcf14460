//! Lines of several containers, one below the other: from log records to bytes. Pure.

use crate::output::terminal::Style;
use limpet_runner::log::{Item, Record, time};

/// Colours of names, in turns (ECMA-48 SGR).
const COLOURS: [&str; 6] = ["36", "33", "32", "35", "34", "96"];

/// What is printed, and what of it is not taken yet.
pub(super) struct Printer {
    timestamps: bool,
    prefix: bool,
    style: Style,
    names: Vec<String>,
    bytes: Vec<u8>,
    /// Who wrote the last piece, if that did not end its line.
    inside_line: Option<usize>,
}

impl Printer {
    /// `style` is that of the terminal, if colours are wanted at all.
    pub(super) fn new(timestamps: bool, prefix: bool, style: Option<Style>) -> Self {
        let style = style.unwrap_or(Style::Plain);
        Self { timestamps, prefix, style, names: Vec::new(), bytes: Vec::new(), inside_line: None }
    }

    /// The number of the one with this name.
    pub(super) fn speaker(&mut self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    /// Puts a record, or what stands instead of it, behind what is there.
    pub(super) fn item(&mut self, speaker: usize, item: &Item<'_>) {
        match item {
            Item::Record(record) => self.record(speaker, record),
            Item::Damaged(bytes) => self.remark(speaker, &format!("({bytes} bytes of the log are damaged)")),
            Item::Gap => self.remark(speaker, "(lines are missing here: the log was rotated meanwhile)"),
        }
    }

    fn record(&mut self, speaker: usize, record: &Record<'_>) {
        if self.inside_line != Some(speaker) {
            self.end_line();
            self.begin_line(speaker);
            if self.timestamps {
                self.bytes.extend_from_slice(&time::format(record.time_ns));
                self.bytes.push(b' ');
            }
        }
        self.inside_line = (!record.text.ends_with('\n')).then_some(speaker);
        self.bytes.extend_from_slice(record.text.as_bytes());
    }

    fn remark(&mut self, speaker: usize, text: &str) {
        self.end_line();
        self.begin_line(speaker);
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'\n');
    }

    /// A line that another one interrupts.
    fn end_line(&mut self) {
        if self.inside_line.take().is_some() {
            self.bytes.push(b'\n');
        }
    }

    /// `redis-1  | `, as wide for all.
    fn begin_line(&mut self, speaker: usize) {
        if !self.prefix {
            return;
        }
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let name = self.names.get(speaker).map_or("", String::as_str);
        let text = format!("{name:width$}  | ");
        let text = match self.style {
            Style::Plain => text,
            Style::Terminal => format!("\x1b[{}m{text}\x1b[0m", COLOURS[speaker % COLOURS.len()]),
        };
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// What is to be written now.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}
