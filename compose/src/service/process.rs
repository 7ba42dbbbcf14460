//! What runs: image, command, user, and how it is stopped.

use super::{Draft, set};
use crate::node::Node;
use crate::problem::{Fault, Outcome, quoted};
use crate::scope::Scope;
use crate::shell_words;
use limpet_protocol::app::{GraceRequest, Pull};
use limpet_protocol::words::{Invalid, duration, platform as platforms, signal, text};

pub(super) fn image(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    draft.has_image = true;
    set(&mut draft.workload.image, worded(node, text::filled))
}

/// A text that a parser of words takes.
pub(super) fn worded<T>(node: &Node, parse: fn(&str) -> Result<T, Invalid>) -> Result<T, Fault> {
    parse(node.text()?).map_err(|why| node.at.invalid(&why))
}

/// A text or a number that a parser of words takes.
pub(super) fn counted<T>(node: &Node, parse: fn(&str) -> Result<T, Invalid>) -> Result<T, Fault> {
    parse(node.text_or_number()?).map_err(|why| node.at.invalid(&why))
}

pub(super) fn command(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.command, words(node))
}

pub(super) fn entrypoint(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.entrypoint, words(node))
}

/// A list, or a line that is split as a shell does it; nothing takes the image's, an empty one none.
fn words(node: &Node) -> Result<Option<Vec<String>>, Fault> {
    if node.is_null() {
        return Ok(None);
    }
    if node.letters().is_some() {
        return shell_words::split(node.text()?).map(Some).map_err(|why| node.fault(why));
    }
    let list = node.list().map_err(|_| node.wanted("a line or a list of texts"))?;
    list.iter().map(|item| item.text().map(str::to_owned)).collect::<Result<_, _>>().map(Some)
}

pub(super) fn user(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.user, worded(node, text::user).map(Some))
}

pub(super) fn group_add(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    scope.each(node, &mut |item, _| {
        let group = counted(item, text::filled)?;
        draft.workload.groups.push(group);
        Ok(())
    })
}

pub(super) fn working_dir(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.working_dir, worded(node, text::absolute).map(Some))
}

pub(super) fn hostname(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.hostname, worded(node, text::hostname).map(Some))
}

pub(super) fn stop_signal(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    set(&mut draft.workload.stop_signal, worded(node, signal::parse).map(Some))
}

pub(super) fn stop_grace_period(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    let ms = milliseconds(node)?;
    draft.workload.grace = GraceRequest::Ms(ms);
    Ok(())
}

/// A duration in the specification's form.
pub(super) fn milliseconds(node: &Node) -> Result<u32, Fault> {
    const HOW: &str = "write a duration with its unit, such as 10s, 1m30s or 500ms";
    let letters = node.letters().ok_or_else(|| node.wanted("a duration"))?;
    let ns = duration::nanoseconds(letters)
        .ok_or_else(|| node.fault(format!("'{}' is no duration; {HOW}", quoted(letters))))?;
    // u32::MAX itself means "for ever" between keeper and clients.
    let ms = u32::try_from(ns / 1_000_000).ok().filter(|ms| *ms < u32::MAX);
    ms.ok_or_else(|| node.fault("is longer than 49 days"))
}

pub(super) fn platform(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    worded(node, platforms::parse)?;
    draft.workload.platform = Some(node.text()?.to_owned());
    Ok(())
}

pub(super) fn pull_policy(draft: &mut Draft, node: &Node, _: &mut Scope<'_, '_, '_>) -> Outcome {
    draft.workload.pull = match node.text()? {
        "missing" | "if_not_present" => Pull::Missing,
        "always" => Pull::Always,
        "never" => Pull::Never,
        "build" => return Err(node.fault("Limpet builds no images; write missing, always or never")),
        other => {
            let other = quoted(other);
            return Err(node.fault(format!("{other} is not supported; write missing, always or never")));
        }
    };
    Ok(())
}
