//! From texts to an app: documents, project name, variables, extension, merging, and the top of the tree.

mod whole;

use crate::extends::Extender;
use crate::fields::{self, Fields};
use crate::interpolate::substitute;
use crate::merge;
use crate::node::{Form, Node, Value};
use crate::problem::{At, Fault, Outcome, Problem, Problems, quoted};
use crate::scope::Scope;
use crate::service;
use crate::sources::{Reader, Sources};
use crate::variables::Variables;
use crate::yaml::{self, Budget};
use limpet_protocol::app::{App, NAME_BYTES_MAX, WORKLOADS_MAX, Workload, is_app_name};
use limpet_protocol::words::text;
use std::rc::Rc;
use whole::checked;

/// A compose file that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its absolute path, or `-`: for messages.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// What else is said about the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Absolute; what relative paths in the sources are relative to, and what the project is named after.
    pub project_directory: String,
    /// Absolute; paths below it are shown relative to it.
    pub working_directory: String,
    /// Instead of the name in the files.
    pub project_name: Option<String>,
    /// Services with one of these profiles take part; `*` is all.
    pub profiles: Vec<String>,
    /// It is for a fleet: services may say on which boards they run.
    pub for_fleet: bool,
}

/// An app, and what is better known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Valid.
    pub app: App,
    /// What is no mistake, but may be none of the person's intentions: variables that are not set.
    pub remarks: Vec<Problem>,
    /// Services that run on some boards of a fleet only, and what a board must meet.
    pub placement: Placement,
}

/// Names of services, each with its `deploy.placement.constraints` as they are written: all must be met.
pub type Placement = Vec<(String, Vec<String>)>;

impl Parsed {
    /// The app for a board on which these services do not run; `None` if no service is left.
    ///
    /// # Errors
    /// A service that does run there needs one of them.
    pub fn without(mut self, services: &[&str]) -> Result<Option<App>, String> {
        let is_absent = |service: &str| services.contains(&service);
        self.app.workloads.retain(|workload| !is_absent(&workload.service));
        for workload in &mut self.app.workloads {
            let needed = workload.depends_on.iter().find(|one| one.required && is_absent(&one.service));
            if let Some(needed) = needed {
                return Err(format!(
                    "the service {} depends on {}, which its placement keeps from there",
                    workload.service, needed.service
                ));
            }
            workload.depends_on.retain(|one| !is_absent(&one.service));
        }
        Ok((!self.app.workloads.is_empty()).then_some(self.app))
    }
}

/// An app, and where its services run.
pub(crate) type Placed = (App, Placement);

/// What the top of a file declares.
#[derive(Default)]
pub(crate) struct Definitions {
    pub(crate) volumes: Vec<Volume>,
    pub(crate) contents: Vec<Contents>,
}

/// A named volume.
pub(crate) struct Volume {
    /// In the file.
    pub(crate) key: String,
    /// On the board.
    pub(crate) name: String,
    external: bool,
}

/// A config or secret.
pub(crate) struct Contents {
    pub(crate) key: String,
    pub(crate) secret: bool,
    pub(crate) origin: Origin,
}

/// Where contents come from.
#[derive(Clone)]
pub(crate) enum Origin {
    Bytes(Rc<[u8]>),
    /// A path in the file that has this place.
    File(At, String),
    /// What was wrong has been said.
    Unknown,
}

/// The app that these sources describe, later ones laid over earlier ones.
///
/// # Errors
/// Everything that is wrong with them.
pub fn parse(
    sources: &[Source],
    variables: &Variables,
    options: &Options,
    reader: &mut Reader<'_>,
) -> Result<Parsed, Problems> {
    let mut read = Sources::new(reader, &options.working_directory);
    let app = app(sources, variables, options, &mut read);
    let ((app, placement), remarks) = read.report.finish(app)?;
    Ok(Parsed { app, remarks, placement })
}

/// Like [`parse`], for sources that have been read already.
pub(crate) fn app(
    texts: &[Source],
    variables: &Variables,
    options: &Options,
    sources: &mut Sources<'_, '_>,
) -> Option<Placed> {
    let mut budget = Budget::new();
    let roots = roots(texts, options, &mut budget, sources);
    let named = name(&roots, variables, options);
    let name = sources.report.check(named).unwrap_or_default();
    let mut variables = variables.clone();
    variables.set("COMPOSE_PROJECT_NAME", &name);
    let mut merged: Option<Node> = None;
    for mut root in roots {
        interpolate(&mut root, &variables, &mut budget, sources);
        Extender::new(sources, &variables, &mut budget).apply(&mut root);
        merged = Some(match merged {
            Some(base) => merge::merge(base, root, &mut sources.report),
            None => root,
        });
    }
    let Some(mut root) = merged else {
        if sources.report.is_clean() {
            // The last file that was named is the last compose file.
            let last = sources.report.files.len().saturating_sub(1);
            let at = At::whole(u16::try_from(last).unwrap_or(u16::MAX));
            sources.report.add(&at.fault("the file is empty; write services:"));
        }
        return None;
    };
    merge::settle(&mut root);
    let for_fleet = options.for_fleet;
    let definitions = Definitions::default();
    let mut scope = Scope { sources, variables: &variables, definitions, project: &name, for_fleet };
    let (app, placement) = read(&root, options, &mut scope)?;
    checked(app, &root, &mut scope).map(|app| (app, placement))
}

/// The documents of all texts, as they are written.
fn roots(
    texts: &[Source],
    options: &Options,
    budget: &mut Budget,
    sources: &mut Sources<'_, '_>,
) -> Vec<Node> {
    let mut roots = Vec::new();
    for text in texts {
        let found = sources
            .name(&text.path, &options.project_directory)
            .and_then(|file| yaml::documents(&text.text, file, budget, &mut sources.report));
        for root in sources.report.check(found).unwrap_or_default() {
            match root.map() {
                Ok(_) => roots.push(root),
                Err(fault) => sources.report.add(&fault),
            }
        }
    }
    roots
}

/// The documents of another file, variables replaced.
pub(crate) fn documents(
    text: &str,
    file: u16,
    variables: &Variables,
    budget: &mut Budget,
    sources: &mut Sources<'_, '_>,
) -> Vec<Node> {
    let documents = yaml::documents(text, file, budget, &mut sources.report);
    let mut documents = sources.report.check(documents).unwrap_or_default();
    for root in &mut documents {
        interpolate(root, variables, budget, sources);
    }
    documents
}

/// Replaces variables in all values, not in keys.
fn interpolate(node: &mut Node, variables: &Variables, budget: &mut Budget, sources: &mut Sources<'_, '_>) {
    let at = node.at;
    match &mut node.value {
        Value::Scalar(scalar) => {
            let replaced = replaced(at, &scalar.text, variables, budget, sources);
            if let Some(Some(text)) = sources.report.check(replaced) {
                scalar.text = text;
                if scalar.form == Form::Plain {
                    scalar.form = Form::Substituted;
                }
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| interpolate(item, variables, budget, sources)),
        Value::Map(entries) => {
            for entry in entries {
                sources.report.enter(&entry.key);
                interpolate(&mut entry.value, variables, budget, sources);
                sources.report.leave();
            }
        }
    }
}

fn replaced(
    at: At,
    text: &str,
    variables: &Variables,
    budget: &mut Budget,
    sources: &mut Sources<'_, '_>,
) -> Result<Option<String>, Fault> {
    let mut unset = Vec::new();
    let replaced = substitute(text, variables, &mut unset).map_err(|why| at.fault(why))?;
    if let Some(text) = &replaced {
        budget.take_bytes(at, text.len())?;
    }
    for name in unset {
        let name = quoted(&name);
        let what =
            format!("the variable {name} is not set and becomes empty; write ${{{name}:-}} if it may be");
        sources.report.remark(&at.fault(what));
    }
    Ok(replaced)
}

/// What the project is called: as the caller says, else as the last file says, else as its directory is called.
fn name(roots: &[Node], variables: &Variables, options: &Options) -> Result<String, Fault> {
    const RULE: &str =
        "write lower-case letters, digits, - and _, beginning with a letter or digit, at most 63";
    if let Some(name) = &options.project_name {
        return match is_app_name(name) {
            true => Ok(name.clone()),
            false => Err(At::NOWHERE.fault(format!("'{}' is no name of a project; {RULE}", quoted(name)))),
        };
    }
    if let Some(node) = roots.iter().rev().find_map(|root| root.get("name")) {
        let text = node.text()?;
        let name = substitute(text, variables, &mut Vec::new()).map_err(|why| node.fault(why))?;
        let name = name.unwrap_or_else(|| text.to_owned());
        return match is_app_name(&name) {
            true => Ok(name),
            false => Err(node.fault(format!("'{}' is no name of a project; {RULE}", quoted(&name)))),
        };
    }
    let directory = crate::paths::name_of(&options.project_directory);
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let lower = directory.to_ascii_lowercase();
    let name: String = lower.chars().filter(allowed).collect();
    match name.trim_start_matches(['-', '_']) {
        "" => {
            Err(At::whole(0)
                .fault("the project has no name, and its directory has none; give one with -p NAME"))
        }
        name => Ok(name.chars().take(NAME_BYTES_MAX).collect()),
    }
}

const TOP: Fields<()> = Fields {
    known: &[
        // Both have been seen to; the version has had no meaning for years.
        ("name", |(), node, _| node.text().map(|_| ())),
        ("version", |(), node, _| node.any_scalar().map(|_| ())),
        ("services", |(), node, _| node.map().map(|_| ())),
        ("volumes", |(), node, scope| each_definition(node, scope, volume)),
        ("configs", |(), node, scope| each_definition(node, scope, config)),
        ("secrets", |(), node, scope| each_definition(node, scope, secret)),
    ],
    refused: &[
        (
            "networks",
            "networks come with the network version of Limpet; use network_mode: host, or take them away in an \
             override with networks: !reset {}",
        ),
        ("include", "give both files: -f ONE -f OTHER"),
        ("models", "there are none; leave it out"),
    ],
};

type Define = fn(&str, &Node, &mut Scope<'_, '_, '_>) -> Outcome;

fn each_definition(node: &Node, scope: &mut Scope<'_, '_, '_>, define: Define) -> Outcome {
    if node.is_null() {
        return Ok(());
    }
    for entry in node.map()? {
        scope.report().enter(&entry.key);
        let outcome = define(&entry.key, &entry.value, scope);
        scope.report().check(outcome);
        scope.report().leave();
    }
    Ok(())
}

const VOLUME: Fields<Volume> = Fields {
    known: &[
        ("name", |volume, node, _| {
            volume.name = text::name(node.text()?).map_err(|why| node.at.invalid(&why))?;
            Ok(())
        }),
        ("external", |volume, node, _| {
            volume.external = node.boolean()?;
            Ok(())
        }),
        ("driver", |_, node, _| match node.text()? {
            "local" => Ok(()),
            _ => Err(node.fault("the only driver is local; leave it out")),
        }),
    ],
    refused: &[
        ("driver_opts", "bind a path of the board instead: /PATH:/TARGET"),
        ("labels", "volumes have no labels; leave it out"),
    ],
};

fn volume(key: &str, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    let mut volume = Volume { key: key.to_owned(), name: String::new(), external: false };
    if !node.is_null() {
        fields::read(&mut volume, node, &VOLUME, scope);
    }
    if volume.name.is_empty() {
        volume.name = match volume.external {
            true => key.to_owned(),
            false => format!("{}_{key}", scope.project),
        };
    }
    let valid = text::name(&volume.name).map(|_| ()).map_err(|why| node.at.invalid(&why));
    scope.definitions.volumes.push(volume);
    valid
}

/// A config or secret while its fields are read.
struct Draft {
    secret: bool,
    origins: Vec<Origin>,
}

const CONTENTS: Fields<Draft> = Fields {
    known: &[
        ("file", |draft, node, _| {
            draft.origins.push(Origin::File(node.at, node.text()?.to_owned()));
            Ok(())
        }),
        ("environment", |draft, node, scope| {
            let name = node.text()?;
            let Some(value) = scope.variables.get(name) else {
                draft.origins.push(Origin::Unknown);
                return Err(node.fault(format!("the variable {} is not set", quoted(name))));
            };
            draft.origins.push(Origin::Bytes(value.as_bytes().into()));
            Ok(())
        }),
        ("content", |draft, node, _| {
            if draft.secret {
                return Err(node.fault("a secret is not written in the file; write file: or environment:"));
            }
            draft.origins.push(Origin::Bytes(node.text()?.as_bytes().into()));
            Ok(())
        }),
        // false is what holds anyway.
        ("external", |draft, node, _| match node.boolean()? {
            true => {
                draft.origins.push(Origin::Unknown);
                Err(node.fault("there is no store of configs and secrets to take it from; write file:"))
            }
            false => Ok(()),
        }),
    ],
    refused: &[
        ("name", "there is no store in which it would have a name; leave it out"),
        ("labels", "it carries no labels; leave it out"),
        ("driver", "there is none; write file: or environment:"),
        ("driver_opts", "there is no driver; leave it out"),
        ("template_driver", "contents are taken as they are; leave it out"),
    ],
};

fn config(key: &str, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    contents(key, node, false, scope)
}

fn secret(key: &str, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    contents(key, node, true, scope)
}

fn contents(key: &str, node: &Node, secret: bool, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    let mut draft = Draft { secret, origins: Vec::new() };
    fields::read(&mut draft, node, &CONTENTS, scope);
    let origin = draft.origins.pop().unwrap_or(Origin::Unknown);
    scope.definitions.contents.push(Contents { key: key.to_owned(), secret, origin });
    let ways = if secret { "file: and environment:" } else { "file:, environment: and content:" };
    match node.map().map(<[_]>::len) {
        Ok(_) if !draft.origins.is_empty() => Err(node.fault(format!("says more than one of {ways}"))),
        Ok(0) => Err(node.fault(format!("says none of {ways}"))),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The app of a merged tree.
fn read(root: &Node, options: &Options, scope: &mut Scope<'_, '_, '_>) -> Option<Placed> {
    fields::read(&mut (), root, &TOP, scope);
    let Some(services) = root.get("services") else {
        scope.report().add(&root.fault("has no services:"));
        return None;
    };
    let mut drafts = Vec::new();
    scope.report().enter("services");
    for entry in services.map().unwrap_or_default() {
        scope.report().enter(&entry.key);
        let checked = check_service_name(&entry.key).map_err(|why| entry.at.fault(why));
        scope.report().check(checked);
        let active = is_active(&entry.value, options);
        if scope.report().check(active) == Some(true) && drafts.len() < WORKLOADS_MAX {
            drafts.push(service::read(entry, scope));
        }
        scope.report().leave();
    }
    service::resolve_dependencies(&mut drafts, services, scope);
    let placement = drafts.iter_mut().filter_map(service::placement).collect();
    let places: Vec<At> = drafts.iter().map(|draft| draft.name_at).collect();
    let workloads: Vec<Workload> = drafts.into_iter().map(|draft| draft.workload).collect();
    let own = scope.definitions.volumes.iter().filter(|volume| !volume.external);
    let volumes = own.map(|volume| volume.name.clone()).collect();
    let app = App { name: scope.project.to_owned(), workloads, volumes };
    service::check_names(&app, &places, scope);
    scope.report().leave();
    Some((app, placement))
}

fn check_service_name(name: &str) -> Result<(), String> {
    let known = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    match known && begins && name.len() <= NAME_BYTES_MAX {
        true => Ok(()),
        false => Err(format!(
            "is no name of a service; write letters, digits, - _ and ., beginning with a letter or digit, at most \
             {NAME_BYTES_MAX}"
        )),
    }
}

/// Whether a service takes part: it has no profiles, or one that is active.
fn is_active(service: &Node, options: &Options) -> Result<bool, Fault> {
    let Some(profiles) = service.get("profiles").filter(|profiles| !profiles.is_empty()) else {
        return Ok(true);
    };
    let mut active = false;
    for profile in profiles.list()? {
        let profile = profile.text()?;
        active |= options.profiles.iter().any(|wanted| wanted == profile || wanted == "*");
    }
    Ok(active)
}
