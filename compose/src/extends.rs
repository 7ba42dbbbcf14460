//! `extends`: a service laid over another one, of the same file or of another.

use crate::merge::merge_service;
use crate::node::{Node, Value};
use crate::problem::{At, Fault, quoted};
use crate::sources::Sources;
use crate::variables::Variables;
use crate::yaml::Budget;
use std::rc::Rc;

/// Longest chain of services that extend each other.
const CHAIN_MAX: usize = 16;

/// What is known of the files that services extend.
pub(crate) struct Extender<'e, 'a, 'b> {
    pub(crate) sources: &'e mut Sources<'a, 'b>,
    pub(crate) variables: &'e Variables,
    pub(crate) budget: &'e mut Budget,
    /// Services of other files by path; `None` for one that could not be read, which has been said.
    others: Vec<(String, Option<Rc<Node>>)>,
    /// The services whose extension is under way: file (empty: the compose file itself) and name.
    chain: Vec<(String, String)>,
}

impl<'e, 'a, 'b> Extender<'e, 'a, 'b> {
    pub(crate) fn new(
        sources: &'e mut Sources<'a, 'b>,
        variables: &'e Variables,
        budget: &'e mut Budget,
    ) -> Self {
        Self { sources, variables, budget, others: Vec::new(), chain: Vec::new() }
    }

    /// Carries out every `extends` of a file.
    pub(crate) fn apply(&mut self, root: &mut Node) {
        let Some(services) = root.get("services").filter(|services| services.map().is_ok()).cloned() else {
            return;
        };
        let Value::Map(entries) = &mut root.value else { return };
        let Some(place) = entries.iter_mut().find(|entry| entry.key == "services") else { return };
        let Value::Map(entries) = &mut place.value.value else { return };
        for entry in entries {
            if entry.value.get("extends").is_some() {
                self.sources.report.enter("services");
                self.sources.report.enter(&entry.key);
                let result = self.service(&services, "", &entry.key, entry.at);
                if let Some(extended) = self.sources.report.check(result) {
                    entry.value = extended;
                }
                self.sources.report.leave();
                self.sources.report.leave();
            }
        }
    }

    /// A service with all that it extends below it.
    fn service(&mut self, services: &Node, file: &str, name: &str, at: At) -> Result<Node, Fault> {
        let Some(own) = services.get(name) else {
            return Err(at.fault(format!("extends the service {}, which is not there", quoted(name))));
        };
        let mut own = self.budget.copy(own)?;
        let Some(extends) = take(&mut own, "extends") else { return Ok(own) };
        let here = (file.to_owned(), name.to_owned());
        if self.chain.contains(&here) || self.chain.len() >= CHAIN_MAX {
            return Err(extends.fault(format!("extends itself, or more than {CHAIN_MAX} services in a row")));
        }
        self.chain.push(here);
        let base = self.base(services, file, &extends);
        self.chain.pop();
        Ok(merge_service(name, base?, own, &mut self.sources.report))
    }

    /// What is extended.
    fn base(&mut self, services: &Node, file: &str, extends: &Node) -> Result<Node, Fault> {
        let (name, other) = reference(extends)?;
        let Some(other) = other else { return self.service(services, file, name, extends.at) };
        let home = self.variables.get("HOME");
        let path = self.sources.path(other.at, other.text()?, home)?;
        match self.other(&path, other.at)? {
            Some(services) => self.service(&services, &path, name, extends.at),
            None => Ok(Node::null(extends.at)),
        }
    }

    /// The services of another file.
    fn other(&mut self, path: &str, at: At) -> Result<Option<Rc<Node>>, Fault> {
        if let Some((_, known)) = self.others.iter().find(|(known, _)| known == path) {
            return Ok(known.clone());
        }
        let Some((file, text)) = self.sources.text(path)? else {
            return Err(at.fault(format!("the file {} is not there", quoted(path))));
        };
        let documents = crate::top::documents(&text, file, self.variables, self.budget, self.sources);
        let services =
            documents.into_iter().next().and_then(|mut root| take(&mut root, "services")).map(Rc::new);
        self.others.push((path.to_owned(), services.clone()));
        Ok(services)
    }
}

/// The service that is extended, and its file if that is another one.
fn reference(extends: &Node) -> Result<(&str, Option<&Node>), Fault> {
    if extends.letters().is_some() {
        return Ok((extends.text()?, None));
    }
    for entry in extends.map()? {
        if !matches!(entry.key.as_str(), "service" | "file") {
            let key = quoted(&entry.key);
            return Err(entry
                .at
                .fault(format!("there is no field {key} in extends; there are service and file")));
        }
    }
    let service = extends.get("service").ok_or_else(|| extends.fault("names no service"))?;
    Ok((service.text()?, extends.get("file")))
}

/// Removes a key of a mapping: its value.
fn take(node: &mut Node, key: &str) -> Option<Node> {
    let Value::Map(entries) = &mut node.value else { return None };
    let index = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(index).value)
}
