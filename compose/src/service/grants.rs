//! `configs` and `secrets` of a service: files that it gets.

use super::mounts::mode;
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::paths;
use crate::problem::{Fault, Outcome, quoted};
use crate::scope::Scope;
use limpet_protocol::app::AppFile;

/// Where secrets are, and relative targets of them.
const SECRETS: &str = "/run/secrets";

/// The long form.
#[derive(Default)]
struct Grant {
    source: Option<String>,
    target: Option<String>,
    uid: u32,
    gid: u32,
    mode: Option<u32>,
}

const GRANT: Fields<Grant> = Fields {
    known: &[
        ("source", |grant, node, _| set(&mut grant.source, node.text().map(|name| Some(name.to_owned())))),
        ("target", |grant, node, _| set(&mut grant.target, node.text().map(|path| Some(path.to_owned())))),
        ("uid", |grant, node, _| set(&mut grant.uid, id(node))),
        ("gid", |grant, node, _| set(&mut grant.gid, id(node))),
        ("mode", |grant, node, _| set(&mut grant.mode, mode(node).map(Some))),
    ],
    refused: &[],
};

fn id(node: &Node) -> Result<u32, Fault> {
    node.text()?;
    let id = node.whole(u64::from(u32::MAX))?;
    Ok(u32::try_from(id).unwrap_or(u32::MAX))
}

pub(super) fn configs(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, scope| grant(draft, item, false, scope))
}

pub(super) fn secrets(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, scope| grant(draft, item, true, scope))
}

fn grant(draft: &mut Draft, node: &Node, secret: bool, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    let mut grant = Grant::default();
    if node.letters().is_some() {
        grant.source = Some(node.text()?.to_owned());
    } else {
        fields::read(&mut grant, node, &GRANT, scope);
    }
    let source = grant.source.ok_or_else(|| node.fault("names no source"))?;
    let target = target(node, grant.target.as_deref().unwrap_or(&source), secret)?;
    let contents = scope.contents(node, &source, secret)?;
    draft.workload.files.push(AppFile {
        target,
        uid: grant.uid,
        gid: grant.gid,
        mode: grant.mode.unwrap_or(0o444),
        secret,
        contents: contents.to_vec(),
    });
    Ok(())
}

/// Relative targets are in `/run/secrets` for secrets, in `/` for configs.
fn target(node: &Node, path: &str, secret: bool) -> Result<String, Fault> {
    let target = paths::join(if secret { SECRETS } else { "/" }, path);
    match target.as_str() {
        "/" | SECRETS => Err(node.fault(format!("'{}' is no target for a file", quoted(path)))),
        _ => Ok(target),
    }
}
