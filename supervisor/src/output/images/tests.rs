//! Rows for images with several names, with none, and for what is not known.

use super::{HistoryStyle, history, rows};
use limpet_store::images::HistoryLine;
use limpet_store::{Digest, ImageSummary, Reference};

fn summary(names: &[&str]) -> ImageSummary {
    let references = names.iter().map(|name| Reference::parse(name).unwrap()).collect();
    let id = Digest::of(b"image");
    ImageSummary { id, references, created_s: Some(1000), size_bytes: 1_500_000, damaged: false }
}

#[test]
fn every_name_has_a_row() {
    let rows = rows(&summary(&["redis:7", "registry.example/a/redis"]), false, 1_060_000_000_000);
    let fields = |index: usize, field: &str| rows[index][field].as_str().unwrap().to_owned();
    assert_eq!((fields(0, "Repository"), fields(0, "Tag")), ("redis".into(), "7".into()));
    assert_eq!(
        (fields(1, "Repository"), fields(1, "Tag")),
        ("registry.example/a/redis".into(), "latest".into())
    );
    assert_eq!(fields(0, "ID").len(), 12);
    assert_eq!((fields(0, "CreatedSince"), fields(0, "Size")), ("About a minute ago".into(), "1.5MB".into()));
}

#[test]
fn what_is_not_there_is_said() {
    let image = ImageSummary { created_s: None, damaged: true, ..summary(&[]) };
    let rows = rows(&image, true, 0);
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["Repository"], &rows[0]["Tag"]), (&"<none>".into(), &"<none>".into()));
    assert_eq!((&rows[0]["CreatedSince"], &rows[0]["Size"]), (&"N/A".into(), &"damaged".into()));
    assert!(rows[0]["ID"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn only_the_last_step_has_an_id() {
    let line = |created_by: &str| HistoryLine {
        created_s: Some(0),
        created_by: created_by.to_owned(),
        size_bytes: 2048,
        comment: String::new(),
    };
    let lines = [line("CMD"), line(&"x".repeat(60))];
    let style = HistoryStyle { whole: false, human: false };
    let rows = history(&Digest::of(b"image"), &lines, style, 0);
    assert_eq!(rows[1]["ID"], "<missing>");
    assert_eq!(rows[1]["CreatedBy"].as_str().unwrap().chars().count(), 45);
    assert_eq!(rows[0]["Size"], "2048");
}
