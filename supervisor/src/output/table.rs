//! Tables as docker prints them: headings in capitals, columns padded to the widest cell and three spaces.

#[cfg(test)]
mod tests;

const GAP: usize = 3;

/// The rows below their headings, one line each, with a final newline.
///
/// The last column is not padded. Control characters of cells are shown as `?`, so that no value can drive the
/// terminal or break a line.
#[must_use]
pub fn render(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings = headings.iter().map(|heading| heading.to_uppercase()).collect::<Vec<_>>();
    let widths = widths(&headings, rows);
    let mut text = String::new();
    for row in std::iter::once(headings.as_slice()).chain(rows.iter().map(Vec::as_slice)) {
        line(&mut text, row, &widths);
    }
    text
}

fn widths(headings: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in std::iter::once(headings).chain(rows.iter().map(Vec::as_slice)) {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

fn line(text: &mut String, row: &[String], widths: &[usize]) {
    for (index, cell) in row.iter().enumerate() {
        text.extend(cell.chars().map(|c| if c.is_control() { '?' } else { c }));
        if index + 1 < row.len() {
            let padding = widths[index] - cell.chars().count() + GAP;
            text.extend(std::iter::repeat_n(' ', padding));
        }
    }
    text.push('\n');
}
