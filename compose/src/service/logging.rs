//! `logging`: the one log that there is, in the words of docker's drivers that mean it.

use super::process::counted;
use super::{Draft, set};
use crate::fields::{self, Fields};
use crate::node::Node;
use crate::problem::{Outcome, quoted};
use crate::scope::Scope;
use limpet_protocol::app::LOG_FILES_MAX;
use limpet_protocol::words::log;

const FIELDS: Fields<Draft> = Fields {
    known: &[
        ("driver", |draft, node, _| match node.text()? {
            "json-file" | "local" => Ok(()),
            "none" => set(&mut draft.workload.log.files_max, Ok(Some(0))),
            other => {
                let other = quoted(other);
                Err(node.fault(format!(
                    "the driver {other} is not supported; write json-file or none, and read it with limpet logs"
                )))
            }
        }),
        ("options", |draft, node, scope| {
            if !node.is_null() {
                fields::read(draft, node, &OPTIONS, scope);
            }
            Ok(())
        }),
    ],
    refused: &[],
};

const OPTIONS: Fields<Draft> = Fields {
    known: &[
        ("max-size", |draft, node, _| {
            set(&mut draft.workload.log.file_bytes_max, counted(node, log::file_bytes).map(Some))
        }),
        ("max-file", |draft, node, _| {
            let files = node.whole(u64::from(LOG_FILES_MAX))?;
            let files = u16::try_from(files).unwrap_or(LOG_FILES_MAX);
            // driver: none has the last word.
            let none = draft.workload.log.files_max == Some(0);
            set(&mut draft.workload.log.files_max, Ok(Some(if none { 0 } else { files })))
        }),
    ],
    refused: &[
        ("mode", "writing is never held up by the log; leave it out"),
        ("max-buffer-size", "there is no buffer; leave it out"),
        ("storage", "write x-limpet: {log-storage: disk}"),
        ("rate", "write x-limpet: {log-rate: 64k/s}"),
        ("compress", "old files are not compressed; leave it out"),
        ("labels", "log lines carry no labels; leave it out"),
        ("labels-regex", "log lines carry no labels; leave it out"),
        ("env", "log lines carry no variables; leave it out"),
        ("env-regex", "log lines carry no variables; leave it out"),
        ("tag", "log lines carry no tag; leave it out"),
    ],
};

pub(super) fn logging(draft: &mut Draft, node: &Node, scope: &mut Scope<'_, '_, '_>) -> Outcome {
    if !node.is_null() {
        fields::read(draft, node, &FIELDS, scope);
        if node.get("driver").and_then(Node::letters) == Some("none") {
            draft.workload.log.files_max = Some(0);
        }
    }
    Ok(())
}
