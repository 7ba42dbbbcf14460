//! Walking a mapping by a table of what it may hold.

use crate::node::{Entry, Node};
use crate::problem::{Outcome, did_you_mean, quoted};
use crate::scope::Scope;

/// Takes the value of one field into what is being made.
pub(crate) type Take<T> = fn(&mut T, &Node, &mut Scope<'_, '_, '_>) -> Outcome;

/// What a mapping may hold.
pub(crate) struct Fields<T: 'static> {
    /// Fields that are understood.
    pub(crate) known: &'static [(&'static str, Take<T>)],
    /// Fields of the specification that are not supported, with what to do instead.
    pub(crate) refused: &'static [(&'static str, &'static str)],
}

/// Takes every field of `node` into `into`; what is wrong goes to the report. Extensions (`x-`) that the table does not
/// name are for others.
pub(crate) fn read<T>(into: &mut T, node: &Node, fields: &'static Fields<T>, scope: &mut Scope<'_, '_, '_>) {
    let name = |index: usize| fields.known.get(index).map(|(name, _)| *name);
    let mut take = |index: usize, node: &Node, scope: &mut Scope<'_, '_, '_>| match fields.known.get(index) {
        Some((_, take)) => take(into, node, scope),
        None => Ok(()),
    };
    walk(node, &Names { name: &name, refused: fields.refused }, &mut take, scope);
}

/// What [`walk`] knows of a table: it is made once, not once for each type.
struct Names<'a> {
    /// The known field at an index.
    name: &'a dyn Fn(usize) -> Option<&'static str>,
    refused: &'static [(&'static str, &'static str)],
}

impl Names<'_> {
    fn known(&self) -> impl Iterator<Item = &'static str> {
        (0..).map_while(self.name)
    }
}

type TakeAt<'a> = dyn FnMut(usize, &Node, &mut Scope<'_, '_, '_>) -> Outcome + 'a;

fn walk(node: &Node, names: &Names<'_>, take: &mut TakeAt<'_>, scope: &mut Scope<'_, '_, '_>) {
    let Some(entries) = scope.report().check(node.map()) else { return };
    for entry in entries {
        let key = entry.key.as_str();
        let known = names.known().position(|name| name == key);
        if known.is_none() && key.starts_with("x-") {
            continue;
        }
        scope.report().enter(key);
        let outcome = match known {
            Some(index) => take(index, &entry.value, scope),
            None => unknown(entry, names),
        };
        scope.report().check(outcome);
        scope.report().leave();
    }
}

fn unknown(entry: &Entry, names: &Names<'_>) -> Outcome {
    if let Some((_, instead)) = names.refused.iter().find(|(name, _)| *name == entry.key) {
        // A field that asks for nothing asks for nothing that is not supported.
        return match entry.value.is_empty() {
            true => Ok(()),
            false => Err(entry.at.fault(format!("is not supported: {instead}"))),
        };
    }
    let mut all = names.known().chain(names.refused.iter().map(|(name, _)| *name));
    let hint = did_you_mean(&entry.key, &mut all);
    Err(entry.at.fault(format!("there is no field {}{hint}", quoted(&entry.key))))
}
