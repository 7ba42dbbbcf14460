//! Walking a mapping by a table of what it may hold.

use crate::node::Node;
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
pub(crate) fn read<T>(into: &mut T, node: &Node, fields: &Fields<T>, scope: &mut Scope<'_, '_, '_>) {
    let Some(entries) = scope.report().check(node.map()) else { return };
    for entry in entries {
        let key = entry.key.as_str();
        let known = fields.known.iter().find(|(name, _)| *name == key);
        if known.is_none() && key.starts_with("x-") {
            continue;
        }
        scope.report().enter(key);
        let outcome = match known {
            Some((_, take)) => take(into, &entry.value, scope),
            None => unknown(entry, fields),
        };
        scope.report().check(outcome);
        scope.report().leave();
    }
}

fn unknown<T>(entry: &crate::node::Entry, fields: &Fields<T>) -> Outcome {
    if let Some((_, instead)) = fields.refused.iter().find(|(name, _)| *name == entry.key) {
        // A field that asks for nothing asks for nothing that is not supported.
        return match entry.value.is_empty() {
            true => Ok(()),
            false => Err(entry.at.fault(format!("is not supported: {instead}"))),
        };
    }
    let names =
        fields.known.iter().map(|(name, _)| *name).chain(fields.refused.iter().map(|(name, _)| *name));
    let hint = did_you_mean(&entry.key, names);
    Err(entry.at.fault(format!("there is no field {}{hint}", quoted(&entry.key))))
}
