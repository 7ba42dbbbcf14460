//! Tables, character by character.

use super::render;

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[test]
fn columns_are_three_spaces_apart() {
    let text = render(&["Container ID", "names"], &[row(&["ab", "web"]), row(&["0123456789abcdef", "db"])]);
    assert_eq!(text, "CONTAINER ID       NAMES\nab                 web\n0123456789abcdef   db\n");
}

#[test]
fn headings_stand_alone_without_rows() {
    assert_eq!(render(&["A", "B"], &[]), "A   B\n");
}

#[test]
fn widths_count_characters_and_controls_are_shown_harmlessly() {
    assert_eq!(render(&["A", "B"], &[row(&["é…", "x\x1b[2Jy\n"])]), "A    B\né…   x?[2Jy?\n");
}
