//! `healthcheck`.

use super::process::milliseconds;
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Fault, Outcome};
use crate::scope::Scope;
use limpet_protocol::health::{ARGUMENTS_MAX, HealthChoice, HealthOptions, Probe};
use limpet_protocol::words::health as words;

/// What has been said, for what contradicts itself.
#[derive(Default)]
struct Said {
    options: HealthOptions,
    disable: bool,
}

const FIELDS: Fields<Said> = Fields {
    known: &[
        ("test", |said, node, _| set(&mut said.options.choice, test(node))),
        ("interval", |said, node, _| set(&mut said.options.interval_ms, pace(node))),
        ("timeout", |said, node, _| set(&mut said.options.timeout_ms, pace(node))),
        ("start_period", |said, node, _| set(&mut said.options.start_period_ms, pace(node))),
        ("start_interval", |said, node, _| set(&mut said.options.start_interval_ms, pace(node))),
        ("retries", |said, node, _| set(&mut said.options.retries, retries(node))),
        ("disable", |said, node, _| set(&mut said.disable, node.boolean())),
    ],
    refused: &[],
};

pub(super) fn healthcheck(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    if node.is_null() {
        return Ok(());
    }
    let mut said = Said::default();
    fields::read(&mut said, node, &FIELDS, scope);
    if said.disable {
        if matches!(said.options.choice, HealthChoice::Probe(_)) {
            return Err(node.fault("disable: true and test: contradict each other; leave one out"));
        }
        said.options.choice = HealthChoice::Disabled;
    }
    // What x-limpet says may have been read before.
    let ours = &draft.workload.health;
    if !matches!(ours.choice, HealthChoice::OfImage) {
        if !matches!(said.options.choice, HealthChoice::OfImage) {
            return Err(node.fault(TWO_PROBES));
        }
        said.options.choice = ours.choice.clone();
    }
    said.options.on_unhealthy = ours.on_unhealthy;
    draft.workload.health = said.options;
    Ok(())
}

/// A service has one check.
pub(super) const TWO_PROBES: &str =
    "healthcheck.test, health-http and health-tcp contradict each other; leave all but one out";

/// `0` takes the image's or the default, as with docker.
fn pace(node: &Node) -> Result<Option<u32>, Fault> {
    match milliseconds(node)? {
        0 if node.letters().is_some_and(|text| text.bytes().any(|b| (b'1'..=b'9').contains(&b))) => {
            Err(node.fault("is shorter than 1ms"))
        }
        0 => Ok(None),
        ms => Ok(Some(ms)),
    }
}

fn retries(node: &Node) -> Result<Option<u32>, Fault> {
    let retries = node.whole(u64::from(u32::MAX))?;
    Ok(u32::try_from(retries).ok().filter(|retries| *retries > 0))
}

/// A line for the shell, or a list that begins with `NONE`, `CMD` or `CMD-SHELL`.
fn test(node: &Node) -> Result<HealthChoice, Fault> {
    if node.letters().is_some() {
        return shell(node, node.text()?);
    }
    let list = node.list().map_err(|_| node.wanted("a line or a list"))?;
    let words = list.iter().map(Node::text).collect::<Result<Vec<_>, _>>()?;
    match words.as_slice() {
        ["NONE"] => Ok(HealthChoice::Disabled),
        ["CMD-SHELL", line] => shell(node, line),
        ["CMD", _, ..] if words.len() > ARGUMENTS_MAX => {
            Err(node.fault(format!("has more than {ARGUMENTS_MAX} words")))
        }
        ["CMD", command @ ..] if !command.is_empty() => {
            let command = command.iter().map(|word| (*word).to_owned()).collect();
            Ok(HealthChoice::Probe(Probe::Exec(command)))
        }
        _ => Err(node.fault(
            "write a line, [\"CMD\", \"program\", \"argument\"], [\"CMD-SHELL\", \"line\"] or [\"NONE\"]",
        )),
    }
}

fn shell(node: &Node, line: &str) -> Result<HealthChoice, Fault> {
    words::shell(line)
        .map(HealthChoice::Probe)
        .map_err(|_| node.fault("is empty; write disable: true to have none"))
}
