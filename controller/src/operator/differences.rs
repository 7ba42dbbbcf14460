//! In what a board's next state differs from its last, in lines for people; and boards for which that is the same. Pure.

use super::content::Content;
use super::encoding::hex;
use super::words::window_text;
use limpet_protocol::app::{App, Workload};

/// Hexadecimal digits of a digest that are shown.
const DIGEST_CHARS: usize = 12;

/// One line for each thing that changes.
pub(crate) fn differences(before: &Content, after: &Content) -> Vec<String> {
    let mut lines = Vec::new();
    let find = |content: &'_ Content, name: &str| content.apps.iter().find(|app| app.name == name).cloned();
    for app in &after.apps {
        match find(before, &app.name) {
            Some(old) => app_lines(&old, app, &mut lines),
            None => new_lines(app, &mut lines),
        }
    }
    let gone = before.apps.iter().filter(|app| find(after, &app.name).is_none());
    lines.extend(gone.map(|app| format!("{}: deleted", app.name)));
    if before.windows != after.windows {
        let text: Vec<String> = after.windows.iter().map(window_text).collect();
        let text = if text.is_empty() { "always".to_owned() } else { text.join("; ") };
        lines.push(format!("windows: {text}"));
    }
    if before.program != after.program {
        let version = |content: &Content| {
            content
                .program
                .as_ref()
                .map_or_else(|| "as it is".to_owned(), |program| program.version.to_string())
        };
        let digest = after.program.as_ref().map(|program| hex(&program.sha256[..DIGEST_CHARS / 2]));
        let digest = digest.map_or_else(String::new, |digest| format!("@{digest}"));
        lines.push(format!("limpet: {} -> {}{digest}", version(before), version(after)));
    }
    lines
}

fn new_lines(app: &App, lines: &mut Vec<String>) {
    lines.extend(app.workloads.iter().map(|workload| new_line(app, workload)));
    if !app.volumes.is_empty() {
        lines.push(format!("{}: volumes", app.name));
    }
}

/// With the words of the compose file by which it is more than its image.
fn new_line(app: &App, workload: &Workload) -> String {
    let words = workload_words(&Workload::new(&workload.service, &workload.image), workload);
    let words = if words.is_empty() { String::new() } else { format!("; {}", words.join("; ")) };
    format!("{}/{}: new, {}{words}", app.name, workload.service, short(&workload.image))
}

fn app_lines(before: &App, after: &App, lines: &mut Vec<String>) {
    for workload in &after.workloads {
        let name = format!("{}/{}", after.name, workload.service);
        match before.workload(&workload.service) {
            None => lines.push(new_line(after, workload)),
            Some(old) => {
                let words = workload_words(old, workload);
                if !words.is_empty() {
                    lines.push(format!("{name}: {}", words.join("; ")));
                }
            }
        }
    }
    let gone = before.workloads.iter().filter(|old| after.workload(&old.service).is_none());
    lines.extend(gone.map(|old| format!("{}/{}: deleted", after.name, old.service)));
    if before.volumes != after.volumes {
        lines.push(format!("{}: volumes", after.name));
    }
}

fn workload_words(before: &Workload, after: &Workload) -> Vec<String> {
    let mut words = Vec::new();
    if before.image != after.image {
        words.push(format!("image {} -> {}", short(&before.image), short(&after.image)));
    }
    if before.replicas != after.replicas {
        words.push(format!("replicas {} -> {}", before.replicas, after.replicas));
    }
    if before.depends_on != after.depends_on {
        words.push("depends_on".to_owned());
    }
    words.extend(before.differences(after).into_iter().filter(|word| word != "image"));
    if words.is_empty() && before != after {
        words.push("settings".to_owned());
    }
    words
}

/// An image as people recognise it.
pub(crate) fn short(image: &str) -> String {
    let Some((name, digest)) = image.split_once("@sha256:") else { return image.to_owned() };
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").unwrap_or(name);
    format!("{name}@{}", digest.chars().take(DIGEST_CHARS).collect::<String>())
}

/// Boards by what changes for them, in the order in which it first comes.
pub(crate) fn grouped(boards: &[(String, Vec<String>)]) -> Vec<(Vec<&str>, &[String])> {
    let mut groups: Vec<(Vec<&str>, &[String])> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for (name, lines) in boards {
        let at = *places.entry(lines.as_slice()).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name.as_str()], lines.as_slice())),
        }
    }
    groups
}

#[cfg(test)]
mod tests;
