//! The four ways to show rows, and documents.

use super::{Column, Format};
use serde_json::json;

const COLUMNS: &[Column] =
    &[Column { field: "ID", heading: "CONTAINER ID" }, Column { field: "Names", heading: "NAMES" }];

fn shown(format: Option<&str>) -> String {
    let rows = [json!({ "ID": "1", "Names": "web" }), json!({ "ID": "2", "Names": "db" })];
    Format::parse(format).and_then(|format| format.rows(&rows, COLUMNS, COLUMNS)).unwrap()
}

#[test]
fn rows_are_shown_as_asked() {
    let table = "CONTAINER ID   NAMES\n1              web\n2              db\n";
    assert_eq!(shown(None), table);
    assert_eq!(shown(Some("")), table);
    assert_eq!(shown(Some("table")), table);
    assert_eq!(shown(Some("table {{.Names}}\\t{{.ID}}")), "NAMES   CONTAINER ID\nweb     1\ndb      2\n");
    assert_eq!(shown(Some("json")), "{\"ID\":\"1\",\"Names\":\"web\"}\n{\"ID\":\"2\",\"Names\":\"db\"}\n");
    assert_eq!(shown(Some("{{.Names}}={{.ID}}")), "web=1\ndb=2\n");
}

#[test]
fn documents_are_pretty_unless_asked_otherwise() {
    let document = json!({ "A": { "B": 1 } });
    let shown = |format| Format::parse(format).and_then(|format| format.document(&document)).unwrap();
    assert_eq!(shown(None), "{\n  \"A\": {\n    \"B\": 1\n  }\n}\n");
    assert_eq!(shown(Some("json")), "{\"A\":{\"B\":1}}\n");
    assert_eq!(shown(Some("{{.A.B}}")), "1\n");
}
