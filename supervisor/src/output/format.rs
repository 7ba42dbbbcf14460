//! `--format`: a table of chosen columns, JSON lines, or a template for each row.

#[cfg(test)]
mod tests;

use super::table;
use super::template::{Template, TemplateError};
use serde_json::Value;

/// How rows are to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `table`, or nothing: the verb's own columns.
    Table,
    /// `table TEMPLATE`: these columns.
    Columns(Template),
    /// `json`: one object in a line.
    Json,
    /// One line for each row.
    Template(Template),
}

/// One column of a verb's own table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Field of each row.
    pub field: &'static str,
    /// Its heading, in capitals.
    pub heading: &'static str,
}

impl Format {
    /// Understands `--format`; `None` and empty are the verb's own table.
    ///
    /// # Errors
    /// A template that is not understood.
    pub fn parse(text: Option<&str>) -> Result<Self, TemplateError> {
        match text.unwrap_or_default() {
            "" | "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            text => match text.strip_prefix("table ") {
                Some(template) => Template::parse(template.trim()).map(Self::Columns),
                None => Template::parse(text).map(Self::Template),
            },
        }
    }

    /// The rows as text: each is a JSON object whose fields are strings, as docker has it. `columns` are the verb's
    /// own; `headings` names the heading of every field that may be chosen.
    ///
    /// # Errors
    /// A field that the rows have not. With no rows there is nothing to check fields against.
    pub fn rows(
        &self,
        rows: &[Value],
        columns: &[Column],
        headings: &[Column],
    ) -> Result<String, TemplateError> {
        match self {
            Self::Table => Ok(own_table(rows, columns)),
            Self::Columns(template) => chosen_table(rows, template, headings),
            Self::Json => Ok(rows.iter().map(|row| format!("{row}\n")).collect()),
            Self::Template(template) => {
                let lines = rows.iter().map(|row| template.render(row).map(|line| line + "\n"));
                lines.collect()
            }
        }
    }

    /// One document, for `inspect`, `info` and `version`: pretty JSON unless a template says otherwise.
    ///
    /// # Errors
    /// A field that the document has not.
    pub fn document(&self, document: &Value) -> Result<String, TemplateError> {
        match self {
            Self::Table => Ok(format!("{document:#}\n")),
            Self::Json => Ok(format!("{document}\n")),
            Self::Columns(template) | Self::Template(template) => Ok(template.render(document)? + "\n"),
        }
    }
}

fn own_table(rows: &[Value], columns: &[Column]) -> String {
    let headings: Vec<&str> = columns.iter().map(|column| column.heading).collect();
    let cell = |row: &Value, column: &Column| row[column.field].as_str().unwrap_or_default().to_owned();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    table::render(&headings, &rows)
}

/// Columns are parted by tabs in the template.
fn chosen_table(rows: &[Value], template: &Template, headings: &[Column]) -> Result<String, TemplateError> {
    let heading_of = |field: &str| {
        let known = headings.iter().find(|column| column.field == field);
        known.map_or_else(|| field.to_uppercase(), |column| column.heading.to_owned())
    };
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<String>>();
    let first = cells(&template.headings(heading_of));
    let rows = rows.iter().map(|row| template.render(row).map(|line| cells(&line)));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(table::render(&first.iter().map(String::as_str).collect::<Vec<_>>(), &rows))
}
