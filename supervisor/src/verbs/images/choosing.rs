//! Which images `images` shows: its operand and its filters, by docker's rules.

#[cfg(test)]
mod tests;

use crate::cli::command::ImagesArgs;
use crate::cli::value::filter::Filter;
use crate::failure::Failure;
use crate::verbs::ps::has_label;
use limpet_store::{ImageSummary, Reference, Store};

/// The images that are wanted, with those of their names that are.
pub(super) fn chosen(store: &Store, args: &ImagesArgs) -> Result<Vec<ImageSummary>, Failure> {
    let mut images = store.images()?;
    if let Some(pattern) = &args.reference {
        keep_names(&mut images, &[pattern.as_str()]);
    }
    let patterns: Vec<&str> = values(&args.filters, "reference").collect();
    if !patterns.is_empty() {
        keep_names(&mut images, &patterns);
    }
    for filter in &args.filters {
        match filter.key {
            "dangling" => images.retain(|image| image.references.is_empty() == (filter.value == "true")),
            "label" => images.retain(|image| has_labels(store, &image.id, &[&filter.value], &[])),
            "before" => keep_by_age(&mut images, store, &filter.value, |created, pivot| created < pivot)?,
            "since" => keep_by_age(&mut images, store, &filter.value, |created, pivot| created > pivot)?,
            _ => {}
        }
    }
    Ok(images)
}

fn values<'a>(filters: &'a [Filter], key: &'a str) -> impl Iterator<Item = &'a str> {
    filters.iter().filter(move |filter| filter.key == key).map(|filter| filter.value.as_str())
}

fn keep_names(images: &mut Vec<ImageSummary>, patterns: &[&str]) {
    for image in images.iter_mut() {
        image.references.retain(|reference| patterns.iter().any(|pattern| names(pattern, reference)));
    }
    images.retain(|image| !image.references.is_empty());
}

fn keep_by_age(
    images: &mut Vec<ImageSummary>,
    store: &Store,
    pivot: &str,
    keep: fn(i64, i64) -> bool,
) -> Result<(), Failure> {
    let pivot_s = store.find(pivot)?.config.created_s().unwrap_or(0);
    images.retain(|image| keep(image.created_s.unwrap_or(0), pivot_s));
    Ok(())
}

/// Whether the image has all of `wanted` labels and none of `refused`; one that cannot be read has none.
pub(in crate::verbs) fn has_labels(
    store: &Store,
    id: &limpet_store::Digest,
    wanted: &[&str],
    refused: &[&str],
) -> bool {
    let labels = store.image(id).map(|image| image.config.labels).unwrap_or_default();
    wanted.iter().all(|label| has_label(&labels, label))
        && !refused.iter().any(|label| has_label(&labels, label))
}

/// `redis`, `redis:7`, `*/redis`, `redis:7*`: a repository, or one with a tag; `*` and `?` do not reach over a slash.
fn names(pattern: &str, reference: &Reference) -> bool {
    let is_named = |text: &str| matches(pattern.as_bytes(), text.as_bytes());
    if is_named(&reference.familiar_name()) || is_named(&reference.familiar()) {
        return true;
    }
    Reference::parse(pattern).is_ok_and(|wanted| wanted == *reference)
        || (is_named(&reference.name()) || is_named(&reference.to_string()))
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if matches(rest, text) => true,
        (Some((b'*', _)), Some((byte, text))) if *byte != b'/' => matches(pattern, text),
        (Some((b'?', pattern)), Some((byte, text))) if *byte != b'/' => matches(pattern, text),
        (Some((wanted, pattern)), Some((byte, text))) if wanted == byte => matches(pattern, text),
        _ => false,
    }
}
