//! Columns for people.

use super::screen::say;

/// Spaces between columns.
const GAP: usize = 3;

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these headings.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// One more, before the first row.
    pub(crate) fn column(&mut self, head: &'static str) {
        self.heads.push(head);
    }

    /// One more row, a cell for each heading.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Its lines.
    pub(crate) fn lines(&self, with_heads: bool) -> Vec<String> {
        let width = |cell: &str| cell.chars().count();
        let mut widths: Vec<usize> = self.heads.iter().map(|head| width(head)).collect();
        for row in &self.rows {
            row.iter().zip(&mut widths).for_each(|(cell, most)| *most = width(cell).max(*most));
        }
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).map(|(cell, most)| format!("{cell:most$}{:GAP$}", ""));
            padded.collect::<String>().trim_end().to_owned()
        };
        let heads = with_heads.then(|| line(self.heads.clone()));
        let rows = self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
        heads.into_iter().chain(rows).collect()
    }

    /// Prints it; nothing but a word if it is empty.
    pub(crate) fn print(&self, with_heads: bool) {
        if self.rows.is_empty() {
            eprintln!("nothing found");
            return;
        }
        self.lines(with_heads).iter().for_each(|line| say!("{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["A", "LONG"]);
        table.row(vec!["é22".to_owned(), "x".to_owned()]);
        table.row(vec!["1".to_owned(), String::new()]);
        assert_eq!(table.lines(true), ["A     LONG", "é22   x", "1"]);
        assert_eq!(table.lines(false).len(), 2);
    }
}
