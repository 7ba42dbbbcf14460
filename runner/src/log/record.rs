//! One record of the log: a line, or a piece of one, to and from its JSON text. Pure.

use super::{Stream, time};
use serde::Deserialize;
use std::borrow::Cow;

/// Most bytes of a line in one record, docker's number; a longer line becomes several records.
pub const LINE_BYTES_MAX: usize = 16 * 1024;
/// Most bytes that one byte of a line can become: `\u0001`.
pub(super) const ESCAPED_BYTES_MAX: usize = 6;
/// Bytes of a record whose line is empty, its newline included.
pub(super) const FRAME_BYTES: usize =
    BEFORE_TEXT.len() + BEFORE_STREAM.len() + 6 + BEFORE_TIME.len() + time::TEXT_BYTES + END.len();
/// Longest record that is written or read, its newline included.
pub const RECORD_BYTES_MAX: usize = LINE_BYTES_MAX * ESCAPED_BYTES_MAX + FRAME_BYTES;

const BEFORE_TEXT: &[u8] = b"{\"log\":\"";
const BEFORE_STREAM: &[u8] = b"\",\"stream\":\"";
const BEFORE_TIME: &[u8] = b"\",\"time\":\"";
const END: &[u8] = b"\"}\n";
/// What stands for each byte that is not part of valid UTF-8.
const REPLACEMENT: &[u8] = b"\\ufffd";

/// A record as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it was written.
    pub stream: Stream,
    /// Wall clock, nanoseconds since 1970.
    pub time_ns: u64,
    /// The line with its `\n`, or a piece of a line.
    pub text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    stream: &'a str,
    time: &'a str,
}

impl<'a> Record<'a> {
    /// The record that a line of the file (without its newline) spells, if it does.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let wire: Wire<'a> = serde_json::from_slice(line).ok()?;
        Some(Self { stream: Stream::parse(wire.stream)?, time_ns: time::parse(wire.time)?, text: wire.log })
    }
}

/// Bytes that [`encode`] makes of `text`.
pub(super) fn encoded_len(text: &[u8]) -> usize {
    let mut len = FRAME_BYTES;
    escape(text, &mut |piece| len += piece.len());
    len
}

/// Gives the record of `text` to `out`, piece by piece, so that nobody needs a buffer for all of it.
pub(super) fn encode(text: &[u8], stream: Stream, now_ns: u64, out: &mut dyn FnMut(&[u8])) {
    out(BEFORE_TEXT);
    escape(text, out);
    out(BEFORE_STREAM);
    out(stream.name().as_bytes());
    out(BEFORE_TIME);
    out(&time::format(now_ns));
    out(END);
}

/// `text` as the inside of a JSON string (RFC 8259 section 7); each invalid byte becomes U+FFFD, as docker does it.
fn escape(text: &[u8], out: &mut dyn FnMut(&[u8])) {
    for chunk in text.utf8_chunks() {
        escape_valid(chunk.valid().as_bytes(), out);
        for _ in chunk.invalid() {
            out(REPLACEMENT);
        }
    }
}

fn escape_valid(mut text: &[u8], out: &mut dyn FnMut(&[u8])) {
    while let Some(at) = text.iter().position(|&b| b < b' ' || b == b'"' || b == b'\\') {
        if at > 0 {
            out(&text[..at]);
        }
        escape_byte(text[at], out);
        text = &text[at + 1..];
    }
    if !text.is_empty() {
        out(text);
    }
}

fn escape_byte(byte: u8, out: &mut dyn FnMut(&[u8])) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'\n' => out(b"\\n"),
        b'\r' => out(b"\\r"),
        b'\t' => out(b"\\t"),
        b'"' => out(b"\\\""),
        b'\\' => out(b"\\\\"),
        _ => out(&[b'\\', b'u', b'0', b'0', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
    }
}
