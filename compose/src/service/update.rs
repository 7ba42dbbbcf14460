//! `deploy.update_config` and `deploy.rollback_config`, with the meaning that docker's `docker service update` gives them.

use super::process::milliseconds;
use super::set;
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Fault, quoted};
use crate::scope::Scope;
use limpet_protocol::app::{MONITOR_MS, OnFailure, Order, PPM, UpdateConfig};

type Config = UpdateConfig;

macro_rules! fields {
    ($actions:expr) => {
        Fields {
            known: &[
                ("parallelism", |config: &mut Config, node, _| {
                    let parallelism = node.whole(u64::from(u16::MAX))?;
                    set(&mut config.parallelism, Ok(u16::try_from(parallelism).unwrap_or(u16::MAX)))
                }),
                ("delay", |config: &mut Config, node, _| set(&mut config.delay_ms, milliseconds(node))),
                ("failure_action", |config: &mut Config, node, _| {
                    set(&mut config.on_failure, word(node, "action", $actions).map(Some))
                }),
                ("monitor", |config: &mut Config, node, _| {
                    // docker: 0 is the default.
                    let ms = milliseconds(node)?;
                    set(&mut config.monitor_ms, Ok(if ms == 0 { MONITOR_MS } else { ms }))
                }),
                ("max_failure_ratio", |config: &mut Config, node, _| {
                    set(&mut config.failures_max_ppm, ratio(node))
                }),
                ("order", |config: &mut Config, node, _| set(&mut config.order, word(node, "order", ORDERS))),
            ],
            refused: &[],
        }
    };
}

const UPDATE: Fields<Config> = fields!(&[
    ("continue", OnFailure::Continue),
    ("rollback", OnFailure::Rollback),
    ("pause", OnFailure::Pause)
]);
const ROLLBACK: Fields<Config> = fields!(&[("continue", OnFailure::Continue), ("pause", OnFailure::Pause)]);
const ORDERS: &[(&str, Order)] = &[("stop-first", Order::StopFirst), ("start-first", Order::StartFirst)];

/// `update_config`; one that says nothing is one all the same.
pub(super) fn update(node: &Node, scope: &mut Scope<'_, '_, '_>) -> Config {
    read(node, &UPDATE, scope)
}

/// `rollback_config`, which pauses where it says nothing.
pub(super) fn rollback(node: &Node, scope: &mut Scope<'_, '_, '_>) -> Config {
    let config = read(node, &ROLLBACK, scope);
    Config { on_failure: config.on_failure.or(Some(OnFailure::Pause)), ..config }
}

fn read(node: &Node, fields: &'static Fields<Config>, scope: &mut Scope<'_, '_, '_>) -> Config {
    let mut config = Config::default();
    if !node.is_null() {
        fields::read(&mut config, node, fields, scope);
    }
    config
}

fn word<T: Copy>(node: &Node, what: &str, words: &[(&str, T)]) -> Result<T, Fault> {
    let text = node.text()?;
    let known = words.iter().find(|(word, _)| *word == text);
    known.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        node.fault(format!("there is no {what} {}; there are {}", quoted(text), words.join(", ")))
    })
}

/// From 0 to 1, in millionths.
fn ratio(node: &Node) -> Result<u32, Fault> {
    let text = node.text_or_number()?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = digits(whole) && digits(fraction) && fraction.len() <= 6 && text.len() > fraction.len();
    let ppm = format!("{whole}{fraction:0<6}").parse().ok().filter(|ppm| plain && *ppm <= PPM);
    ppm.ok_or_else(|| {
        node.fault(format!("'{}' is no share; write a number from 0 to 1, such as 0.25", quoted(text)))
    })
}
