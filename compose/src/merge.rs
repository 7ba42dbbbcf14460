//! One tree laid over another (Compose Specification, "Merge"): mappings are merged, lists are appended, and what stands
//! in [`rule`] goes its own way. `!reset` and `!override` stay on their nodes, so that they also meet files that come
//! earlier still; [`settle`] takes them away in the end.

#[cfg(test)]
mod tests;

use crate::node::{Entry, Mark, Node, Value};
use crate::problem::{Fault, Report};
use crate::yaml::ENTRIES_MAX;

/// How two values of one field come together.
#[derive(Clone, Copy)]
enum Rule {
    /// Mappings by key, lists appended, anything else replaced.
    Deep,
    /// The later one counts.
    Replace,
    /// Mappings; lists of `NAME=VALUE` and of names are mappings too.
    Names,
    /// Lists (or one text), in which a later entry takes the place of one with the same key.
    Keyed(fn(&Node) -> Option<&str>),
    /// Like mappings if the driver is the same.
    Logging,
}

/// The rule for what is at this path of keys.
fn rule(path: &[&str]) -> Rule {
    let ["services", _, field @ ..] = path else { return Rule::Deep };
    match field {
        ["command" | "entrypoint"] | ["healthcheck", "test"] | ["ulimits", _] => Rule::Replace,
        [
            "environment" | "labels" | "sysctls" | "annotations" | "depends_on" | "networks" | "extra_hosts",
        ]
        | ["deploy", "labels"] => Rule::Names,
        ["volumes"] => Rule::Keyed(volume_target),
        ["secrets" | "configs"] => Rule::Keyed(grant_target),
        ["devices"] => Rule::Keyed(device_target),
        ["env_file" | "label_file"] => Rule::Keyed(file_path),
        ["tmpfs"] => Rule::Keyed(tmpfs_target),
        [
            "cap_add" | "cap_drop" | "security_opt" | "group_add" | "profiles" | "dns" | "dns_search"
            | "dns_opt" | "expose",
        ] => Rule::Keyed(Node::letters),
        ["logging"] => Rule::Logging,
        _ => Rule::Deep,
    }
}

/// Where a volume is mounted: the second part of `SRC:DST:OPTIONS`, the only one of `DST`.
fn volume_target(node: &Node) -> Option<&str> {
    let target = match node.letters() {
        Some(text) => text.split_once(':').map_or(text, |(_, rest)| rest.split(':').next().unwrap_or(rest)),
        None => node.get("target")?.letters()?,
    };
    Some(target.trim_end_matches('/'))
}

fn grant_target(node: &Node) -> Option<&str> {
    node.letters().or_else(|| node.get("target").or(node.get("source"))?.letters())
}

fn device_target(node: &Node) -> Option<&str> {
    match node.letters() {
        Some(text) => {
            text.split(':').nth(1).filter(|target| target.starts_with('/')).or(text.split(':').next())
        }
        None => node.get("target").or(node.get("source"))?.letters(),
    }
}

fn file_path(node: &Node) -> Option<&str> {
    node.letters().or_else(|| node.get("path")?.letters())
}

fn tmpfs_target(node: &Node) -> Option<&str> {
    let text = node.letters()?;
    Some(text.split_once(':').map_or(text, |(target, _)| target))
}

/// `over` laid over `base`. What does not fit together goes to `report`, and `over` counts.
pub(crate) fn merge(base: Node, over: Node, report: &mut Report) -> Node {
    at_path(base, over, &mut Vec::new(), report)
}

/// `over`, one service, laid over `base`, one that it extends.
pub(crate) fn merge_service(name: &str, base: Node, over: Node, report: &mut Report) -> Node {
    at_path(base, over, &mut vec!["services".to_owned(), name.to_owned()], report)
}

fn at_path(base: Node, over: Node, path: &mut Vec<String>, report: &mut Report) -> Node {
    if over.mark != Mark::None || base.mark == Mark::Reset {
        return over;
    }
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let rule = rule(&keys);
    let merged = match rule {
        Rule::Replace => return over,
        _ if over.is_null() => return base,
        _ if base.is_null() => return over,
        Rule::Deep => deep(base, over, path, report),
        Rule::Names => maps(named(base), named(over), path, report),
        Rule::Keyed(key) => keyed(base, over, key),
        Rule::Logging if same_driver(&base, &over) => deep(base, over, path, report),
        Rule::Logging => return over,
    };
    merged.unwrap_or_else(|fault| {
        report.add(&fault);
        Node::null(fault.at)
    })
}

fn same_driver(base: &Node, over: &Node) -> bool {
    match (base.get("driver"), over.get("driver")) {
        (Some(base), Some(over)) => base.letters() == over.letters(),
        (None, _) | (_, None) => true,
    }
}

fn deep(base: Node, over: Node, path: &mut Vec<String>, report: &mut Report) -> Result<Node, Fault> {
    match (&base.value, &over.value) {
        (Value::Map(_), Value::Map(_)) => maps(base, over, path, report),
        (Value::List(_), Value::List(_)) => keyed(base, over, |_| None),
        (Value::Scalar(_), Value::Scalar(_)) => Ok(over),
        _ => Err(misfit(&base, &over)),
    }
}

fn misfit(base: &Node, over: &Node) -> Fault {
    over.fault(format!(
        "is {}, and what it is laid over (line {}) is {}; write !override to replace it",
        over.kind_name(),
        base.at.line,
        base.kind_name()
    ))
}

fn maps(base: Node, over: Node, path: &mut Vec<String>, report: &mut Report) -> Result<Node, Fault> {
    let Node { at, mark, value: Value::Map(mut entries) } = base else { return Err(misfit(&base, &over)) };
    let Value::Map(later) = over.value else {
        return Err(over.wanted("a mapping"));
    };
    for entry in later {
        match entries.iter().position(|known| known.key == entry.key) {
            Some(index) => {
                path.push(entry.key.clone());
                let known = std::mem::replace(&mut entries[index].value, Node::null(at));
                entries[index].value = at_path(known, entry.value, path, report);
                entries[index].at = entry.at;
                path.pop();
            }
            None => entries.push(entry),
        }
    }
    bounded(entries.len(), over.at)?;
    Ok(Node { at, mark, value: Value::Map(entries) })
}

fn bounded(entries: usize, at: crate::problem::At) -> Result<(), Fault> {
    if entries <= ENTRIES_MAX {
        return Ok(());
    }
    Err(at.fault(format!("more than {ENTRIES_MAX} entries, with what it is merged with")))
}

fn keyed(base: Node, over: Node, key: impl Fn(&Node) -> Option<&str>) -> Result<Node, Fault> {
    let (at, mark) = (base.at, base.mark);
    let (mut items, later) = (listed(base)?, listed(over)?);
    bounded(items.len() + later.len(), at)?;
    for item in later {
        let same = |known: &Node| key(known).is_some() && key(known) == key(&item);
        match items.iter().position(same) {
            Some(index) => items[index] = item,
            None => items.push(item),
        }
    }
    Ok(Node { at, mark, value: Value::List(items) })
}

/// One text is a list of one.
fn listed(node: Node) -> Result<Vec<Node>, Fault> {
    match node.value {
        Value::List(items) => Ok(items),
        Value::Scalar(_) => Ok(vec![node]),
        Value::Map(_) => Err(node.wanted("a list")),
    }
}

/// A list of `NAME=VALUE` or of names as a mapping; of two equal names, the later counts. Anything else as it is.
pub(crate) fn named(node: Node) -> Node {
    let (at, mark) = (node.at, node.mark);
    let items = match node.value {
        Value::List(items) if items.iter().all(|item| item.letters().is_some()) => items,
        value @ (Value::List(_) | Value::Map(_) | Value::Scalar(_)) => return Node { at, mark, value },
    };
    let mut entries: Vec<Entry> = Vec::new();
    for item in &items {
        let letters = item.letters().unwrap_or_default();
        let (key, value) = match letters.split_once('=') {
            Some((key, value)) => (key, Node::made(item.at, value)),
            None => (letters, Node::null(item.at)),
        };
        entries.retain(|known| known.key != key);
        entries.push(Entry { key: key.to_owned(), at: item.at, value });
    }
    Node { at, mark, value: Value::Map(entries) }
}

/// Takes away what is marked `!reset`, and the marks.
pub(crate) fn settle(node: &mut Node) {
    node.mark = Mark::None;
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::List(items) => {
            items.retain(|item| item.mark != Mark::Reset);
            items.iter_mut().for_each(settle);
        }
        Value::Map(entries) => {
            entries.retain(|entry| entry.value.mark != Mark::Reset);
            entries.iter_mut().for_each(|entry| settle(&mut entry.value));
        }
    }
}
