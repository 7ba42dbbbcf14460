//! Rows of `images` and `history`: docker's fields. Pure; the time is an argument.

#[cfg(test)]
mod tests;

use super::format::Column;
use super::{duration, size, text, time};
use limpet_store::images::HistoryLine;
use limpet_store::{Digest, ImageSummary, Reference};
use serde_json::{Value, json};

/// What stands where there is nothing.
pub const NONE: &str = "<none>";
/// docker's word for the images of the lower steps of a history.
const MISSING: &str = "<missing>";
/// Characters of a step's command that are shown unless asked for all, as docker.
const STEP_CHARS: usize = 45;
const NS_PER_S: u64 = 1_000_000_000;

const REPOSITORY: Column = Column { field: "Repository", heading: "REPOSITORY" };
const TAG: Column = Column { field: "Tag", heading: "TAG" };
const DIGEST: Column = Column { field: "Digest", heading: "DIGEST" };
const ID: Column = Column { field: "ID", heading: "IMAGE ID" };
const CREATED: Column = Column { field: "CreatedSince", heading: "CREATED" };
const SIZE: Column = Column { field: "Size", heading: "SIZE" };

/// The columns of `images`.
pub const COLUMNS: &[Column] = &[REPOSITORY, TAG, ID, CREATED, SIZE];
/// The columns of `images --digests`.
pub const COLUMNS_WITH_DIGEST: &[Column] = &[REPOSITORY, TAG, DIGEST, ID, CREATED, SIZE];
/// Headings of every field that may be chosen.
pub const HEADINGS: &[Column] =
    &[REPOSITORY, TAG, DIGEST, ID, CREATED, SIZE, Column { field: "CreatedAt", heading: "CREATED AT" }];

/// The columns of `history`.
pub const HISTORY_COLUMNS: &[Column] = &[
    Column { field: "ID", heading: "IMAGE" },
    CREATED,
    Column { field: "CreatedBy", heading: "CREATED BY" },
    SIZE,
    Column { field: "Comment", heading: "COMMENT" },
];

/// The rows of an image: one for each name, and one for an image without any.
#[must_use]
pub fn rows(image: &ImageSummary, whole: bool, now_ns: u64) -> Vec<Value> {
    if image.references.is_empty() {
        return vec![row(image, None, whole, now_ns)];
    }
    image.references.iter().map(|reference| row(image, Some(reference), whole, now_ns)).collect()
}

fn row(image: &ImageSummary, reference: Option<&Reference>, whole: bool, now_ns: u64) -> Value {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
    let created_ns = nanoseconds(image.created_s);
    json!({
        "Repository": or_none(reference.map(Reference::familiar_name)),
        "Tag": or_none(reference.and_then(Reference::tag).map(str::to_owned)),
        "Digest": or_none(reference.and_then(Reference::digest).map(ToString::to_string)),
        "ID": shown_id(&image.id, whole),
        "CreatedSince": since(created_ns, now_ns),
        "CreatedAt": created_ns.map_or_else(|| "N/A".to_owned(), time::plain),
        "Size": if image.damaged { "damaged".to_owned() } else { size::decimal(image.size_bytes) },
    })
}

/// An id as people see it.
#[must_use]
pub fn shown_id(id: &Digest, whole: bool) -> String {
    let id = id.to_string();
    if whole { id } else { text::short_id(&id).to_owned() }
}

/// Times before 1970 are taken for not known: builders write 0 to make images reproducible.
fn nanoseconds(created_s: Option<i64>) -> Option<u64> {
    u64::try_from(created_s?).ok()?.checked_mul(NS_PER_S)
}

fn since(created_ns: Option<u64>, now_ns: u64) -> String {
    created_ns.map_or_else(|| "N/A".to_owned(), |created_ns| duration::ago(created_ns, now_ns))
}

/// How `history` shows a step.
#[derive(Clone, Copy, Debug)]
pub struct HistoryStyle {
    /// Nothing is shortened.
    pub whole: bool,
    /// Sizes and ages for people.
    pub human: bool,
}

/// The rows of a history; the first line is the image itself.
#[must_use]
pub fn history(id: &Digest, lines: &[HistoryLine], style: HistoryStyle, now_ns: u64) -> Vec<Value> {
    let step = |(index, line): (usize, &HistoryLine)| {
        let id = if index == 0 { shown_id(id, style.whole) } else { MISSING.to_owned() };
        history_row(&id, line, style, now_ns)
    };
    lines.iter().enumerate().map(step).collect()
}

fn history_row(id: &str, line: &HistoryLine, style: HistoryStyle, now_ns: u64) -> Value {
    let created_ns = nanoseconds(line.created_s);
    let created_at = created_ns.map_or_else(|| "N/A".to_owned(), time::rfc3339);
    let age = style.human.then(|| since(created_ns, now_ns));
    let size = if style.human { size::decimal(line.size_bytes) } else { line.size_bytes.to_string() };
    let command = line.created_by.replace('\t', " ");
    json!({
        "ID": id,
        "CreatedSince": age.as_ref().unwrap_or(&created_at),
        "CreatedAt": created_at,
        "CreatedBy": if style.whole { command } else { text::ellipsis(&command, STEP_CHARS) },
        "Size": size,
        "Comment": line.comment,
    })
}
