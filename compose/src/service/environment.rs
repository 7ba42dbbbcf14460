//! Variables and labels, from the file and from files that it names.

use super::Draft;
use crate::dotenv;
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Fault, Outcome, quoted};
use crate::scope::{Scope, missing};
use crate::variables::Pairs;

/// Names with their values; without a value, the image's variable is taken away.
pub(crate) type List = Vec<(String, Option<String>)>;

pub(super) fn environment(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_pair(node, &mut |name, value, scope| {
        check_name(name, value)?;
        let value = match value.is_null() {
            true => scope.variables.get(name).map(str::to_owned),
            false => Some(value.any_scalar()?.to_owned()),
        };
        put(&mut draft.environment, name.to_owned(), value);
        Ok(())
    })
}

fn check_name(name: &str, node: &Node) -> Outcome {
    match name.contains(['=', '\0']) {
        true => Err(node.fault(format!("{} is no name of a variable", quoted(name)))),
        false => Ok(()),
    }
}

fn put(list: &mut List, name: String, value: Option<String>) {
    list.retain(|(known, _)| *known != name);
    list.push((name, value));
}

/// One `env_file` in its long form.
#[derive(Default)]
struct EnvFile {
    path: Option<String>,
    optional: bool,
    raw: bool,
}

const ENV_FILE: Fields<EnvFile> = Fields {
    known: &[
        ("path", |file, node, _| super::set(&mut file.path, node.text().map(|path| Some(path.to_owned())))),
        ("required", |file, node, _| super::set(&mut file.optional, node.boolean().map(|needed| !needed))),
        ("format", |file, node, _| match node.text()? {
            "raw" => super::set(&mut file.raw, Ok(true)),
            other => Err(node.fault(format!("there is no format {}; there is raw", quoted(other)))),
        }),
    ],
    refused: &[],
};

pub(super) fn env_file(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_or_one(node, &mut |item, scope| {
        let mut file = EnvFile::default();
        if item.letters().is_some() {
            file.path = Some(item.text()?.to_owned());
        } else {
            fields::read(&mut file, item, &ENV_FILE, scope);
        }
        read_env_file(draft, item, &file, scope)
    })
}

fn read_env_file(draft: &mut Draft, node: &Node, file: &EnvFile, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    let path = file.path.as_ref().ok_or_else(|| node.fault("names no path"))?;
    let Some((number, text)) = scope.text_of(node, path)? else {
        return match file.optional {
            true => Ok(()),
            false => Err(missing(node.at, path)),
        };
    };
    let lines = match file.raw {
        true => dotenv::parse_raw(&text, number)?,
        false => {
            let earlier: Vec<(String, String)> = draft
                .file_environment
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
                .collect();
            dotenv::parse(&text, number, scope.variables, &Pairs(&earlier))?
        }
    };
    for (name, value) in lines {
        let value = value.or_else(|| scope.variables.get(&name).map(str::to_owned));
        put(&mut draft.file_environment, name, value);
    }
    Ok(())
}

pub(super) fn labels(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_pair(node, &mut |name, value, _| {
        let value = if value.is_null() { "" } else { value.any_scalar()? };
        label(&mut draft.workload.labels, name, value);
        Ok(())
    })
}

fn label(list: &mut Vec<(String, String)>, name: &str, value: &str) {
    list.retain(|(known, _)| known != name);
    list.push((name.to_owned(), value.to_owned()));
}

pub(super) fn label_file(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each_or_one(node, &mut |item, scope| {
        let path = item.text()?;
        let (number, text) = scope.text_of(item, path)?.ok_or_else(|| missing(item.at, path))?;
        for (name, value) in dotenv::parse(&text, number, scope.variables, &Pairs(&[]))? {
            label(&mut draft.file_labels, &name, &value.unwrap_or_default());
        }
        Ok(())
    })
}

/// What the file says itself comes over what it has from files.
#[expect(clippy::unnecessary_wraps, reason = "one of several steps, and others fail")]
pub(super) fn finish(draft: &mut Draft, _: &mut Scope<'_, '_, '_>) -> Result<(), Fault> {
    let mut environment = std::mem::take(&mut draft.file_environment);
    for (name, value) in std::mem::take(&mut draft.environment) {
        put(&mut environment, name, value);
    }
    draft.workload.environment = environment;
    let mut labels = std::mem::take(&mut draft.file_labels);
    for (name, value) in std::mem::take(&mut draft.workload.labels) {
        label(&mut labels, &name, &value);
    }
    draft.workload.labels = labels;
    Ok(())
}
