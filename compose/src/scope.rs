//! What is at hand while a tree is read: the report, the variables, the files.

use crate::node::Node;
use crate::problem::{At, Fault, Report, quoted};
use crate::sources::Sources;
use crate::top::{Definitions, Origin};
use crate::variables::Variables;
use std::rc::Rc;

/// Passed to everything that takes a field.
pub(crate) struct Scope<'s, 'a, 'b> {
    pub(crate) sources: &'s mut Sources<'a, 'b>,
    pub(crate) variables: &'s Variables,
    /// What the top of the file declares.
    pub(crate) definitions: Definitions,
    /// Name of the project.
    pub(crate) project: &'s str,
    /// There may be several boards.
    pub(crate) for_fleet: bool,
}

impl Scope<'_, '_, '_> {
    pub(crate) fn report(&mut self) -> &mut Report {
        &mut self.sources.report
    }

    /// An absolute path of the board, seen from the file that names it.
    pub(crate) fn path(&self, node: &Node, path: &str) -> Result<String, Fault> {
        self.sources.path(node.at, path, self.variables.get("HOME"))
    }

    /// What a file that `node` names holds, as text.
    pub(crate) fn text_of(&mut self, node: &Node, path: &str) -> Result<Option<(u16, String)>, Fault> {
        let path = self.path(node, path)?;
        self.sources.text(&path)
    }

    /// What the config or secret of this name holds; it is read once.
    pub(crate) fn contents(&mut self, node: &Node, name: &str, secret: bool) -> Result<Rc<[u8]>, Fault> {
        let kind = if secret { "secret" } else { "config" };
        let found = self.definitions.contents.iter().position(|one| one.secret == secret && one.key == name);
        let Some(index) = found else {
            let name = quoted(name);
            return Err(node.fault(format!(
                "the {kind} {name} is not declared; write {name}: below {kind}s: at the top"
            )));
        };
        let contents = self.definitions.contents[index].origin.clone();
        let bytes: Rc<[u8]> = match contents {
            Origin::Bytes(bytes) => return Ok(bytes),
            Origin::File(at, path) => {
                let absolute = self.sources.path(at, &path, self.variables.get("HOME"))?;
                let (_, bytes) = self.sources.bytes(&absolute)?.ok_or_else(|| missing(at, &path))?;
                bytes.into()
            }
            Origin::Unknown => return Ok(Rc::from([])),
        };
        self.definitions.contents[index].origin = Origin::Bytes(Rc::clone(&bytes));
        Ok(bytes)
    }

    /// Does `work` for each item of a list; what is wrong with one does not hide the others.
    pub(crate) fn each(
        &mut self,
        node: &Node,
        work: &mut dyn FnMut(&Node, &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if node.is_null() {
            return Ok(());
        }
        for item in node.list()? {
            let outcome = work(item, self);
            self.report().check(outcome);
        }
        Ok(())
    }

    /// Like [`Scope::each`]; one text is a list of one.
    pub(crate) fn each_or_one(
        &mut self,
        node: &Node,
        work: &mut dyn FnMut(&Node, &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if node.letters().is_some() && !node.is_null() {
            return work(node, self);
        }
        self.each(node, work)
    }

    /// Does `work` for each name and value of a mapping, or of a list of `NAME=VALUE`.
    pub(crate) fn each_pair(
        &mut self,
        node: &Node,
        work: &mut dyn FnMut(&str, &Node, &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if node.is_null() {
            return Ok(());
        }
        if let Ok(items) = node.list() {
            items.iter().try_for_each(|item| item.text().map(|_| ()))?;
        }
        let node = crate::merge::named(node.clone());
        for entry in node.map().map_err(|_| node.fault("is neither a mapping nor a list of NAME=VALUE"))? {
            let outcome = match entry.key.is_empty() {
                true => Err(entry.at.fault("a name is empty; write NAME=VALUE")),
                false => work(&entry.key, &entry.value, self),
            };
            self.report().check(outcome);
        }
        Ok(())
    }
}

/// A file that is named and not there.
pub(crate) fn missing(at: At, path: &str) -> Fault {
    at.fault(format!("the file {} is not there", quoted(path)))
}
