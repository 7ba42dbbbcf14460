//! Whole compose files, right and wrong.

mod bombs;
mod files;
mod placement;
mod properties;
mod real;
mod right;
mod specification;
mod wrong;

use crate::{Options, Parsed, Problems, Source, Variables, parse};
use limpet_protocol::app::{App, Workload};

/// Where the project of the tests is.
pub(crate) const DIRECTORY: &str = "/srv/shop";

/// Files that are there, by absolute path.
pub(crate) type Files<'a> = &'a [(&'a str, &'a str)];

pub(crate) fn options() -> Options {
    Options {
        project_directory: DIRECTORY.to_owned(),
        working_directory: DIRECTORY.to_owned(),
        ..Options::default()
    }
}

pub(crate) fn reader<'a>(files: Files<'a>) -> impl FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'a {
    move |path| {
        assert!(path.starts_with('/') || path == "-", "{path}");
        Ok(files.iter().find(|(name, _)| *name == path).map(|(_, text)| text.as_bytes().to_vec()))
    }
}

/// Several files, one laid over the other, with variables and further files.
pub(crate) fn project(
    texts: &[&str],
    variables: &[(&str, &str)],
    files: Files<'_>,
) -> Result<Parsed, Problems> {
    let sources: Vec<Source> = (0..)
        .zip(texts)
        .map(|(index, text)| {
            let name = if index == 0 { "compose.yaml".to_owned() } else { format!("over{index}.yaml") };
            Source { path: format!("{DIRECTORY}/{name}"), text: (*text).to_owned() }
        })
        .collect();
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    parse(&sources, &Variables::new(pairs.collect()), &options(), &mut reader(files))
}

pub(crate) fn app_of(texts: &[&str]) -> App {
    project(texts, &[], &[])
        .map_or_else(|problems| panic!("{problems}\n{}", texts.join("---\n")), |parsed| parsed.app)
}

/// The only service of one file with these lines below `services: web:`.
pub(crate) fn web(fields: &str) -> Workload {
    let mut app = app_of(&[&web_file(fields)]);
    assert_eq!(app.workloads.len(), 1, "{fields}");
    app.workloads.remove(0)
}

/// `fields` begin in line 4.
pub(crate) fn web_file(fields: &str) -> String {
    let indented: String = fields.lines().map(|line| format!("    {line}\n")).collect();
    format!("services:\n  web:\n    image: busybox\n{indented}")
}

/// Everything that is wrong with one file.
pub(crate) fn problems(text: &str) -> String {
    match project(&[text], &[], &[]) {
        Ok(parsed) => panic!("was taken: {parsed:?}\n{text}"),
        Err(problems) => problems.to_string(),
    }
}
