//! On which boards a service may run: `deploy.placement.constraints` of compose, as swarm has them.
//!
//! `node.hostname`, `node.platform.arch`, `node.platform.os` and `node.labels.NAME`, each with `==` or `!=` and a value. All
//! constraints of a service must be met; what a board does not have is met by `!=` alone; upper and lower case are one,
//! as in swarm. `node.labels` are the labels of the board. `amd64` is `x86_64`, `arm64` is `aarch64`: images call them so.
//!
//! [Compose](https://docs.docker.com/reference/compose-file/deploy/#placement),
//! [docker service create](https://docs.docker.com/reference/cli/docker/service/create/#constraint).
//! `node.id`, `node.role` and `engine.labels` are of swarm's nodes and are refused.

use crate::label::{self, Labels};

/// Longest constraint.
pub const TEXT_BYTES_MAX: usize = 256;

/// The label that holds a board's host name.
const HOSTNAME: &str = "hostname";
/// The label that holds its architecture.
const ARCH: &str = "arch";
const LABELS: &str = "node.labels.";

/// What one constraint asks of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    what: What,
    value: String,
    /// `==`, else `!=`.
    is_wanted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Label(String),
    Arch,
    Os,
}

/// A constraint that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Neither `==` nor `!=`.
    #[error("{0}: == or != is wanted, as in node.labels.site == greenhouse")]
    Operator(String),
    /// Not what a board has.
    #[error(
        "{0} is of swarm's nodes; there are node.hostname, node.platform.arch, node.platform.os and node.labels.NAME"
    )]
    Swarm(String),
    /// Nothing that there is.
    #[error(
        "there is no {0}; there are node.hostname, node.platform.arch, node.platform.os and node.labels.NAME"
    )]
    Unknown(String),
    /// Nothing that a board could have.
    #[error("{0}: a value has 1 to {max} letters, digits, -, _, . and /", max = label::BYTES_MAX)]
    Value(String),
    /// See [`TEXT_BYTES_MAX`].
    #[error("a constraint is longer than {TEXT_BYTES_MAX} bytes")]
    Long,
}

/// Reads one constraint.
///
/// # Errors
/// It cannot be read.
pub fn parse(text: &str) -> Result<Constraint, Wrong> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Wrong::Long);
    }
    let (name, value, is_wanted) = match (text.split_once("=="), text.split_once("!=")) {
        (Some((name, value)), None) => (name, value, true),
        (None, Some((name, value))) => (name, value, false),
        (None, None) | (Some(_), Some(_)) => return Err(Wrong::Operator(String::from(text))),
    };
    let (name, value) = (name.trim(), value.trim());
    if !label::is_name(value) {
        return Err(Wrong::Value(String::from(text)));
    }
    Ok(Constraint { what: what(name)?, value: String::from(value), is_wanted })
}

fn what(name: &str) -> Result<What, Wrong> {
    match name {
        "node.hostname" => Ok(What::Label(String::from(HOSTNAME))),
        "node.platform.arch" => Ok(What::Arch),
        "node.platform.os" => Ok(What::Os),
        "node.id" | "node.role" | "node.ip" => Err(Wrong::Swarm(String::from(name))),
        _ if name.starts_with("engine.labels.") => Err(Wrong::Swarm(String::from(name))),
        _ => match name.strip_prefix(LABELS) {
            Some(label) if label::is_name(label) => Ok(What::Label(String::from(label))),
            Some(_) | None => Err(Wrong::Unknown(String::from(name))),
        },
    }
}

impl Constraint {
    /// Whether a board with those labels, `hostname` and `arch` among them, meets it.
    #[must_use]
    pub fn is_met(&self, labels: &Labels) -> bool {
        let has = match &self.what {
            What::Label(name) => {
                labels.get(name).is_some_and(|value| value.eq_ignore_ascii_case(&self.value))
            }
            What::Arch => labels.get(ARCH).is_some_and(|value| arch(value) == arch(&self.value)),
            What::Os => self.value.eq_ignore_ascii_case("linux"),
        };
        has == self.is_wanted
    }
}

/// By the name that the kernel has for it.
fn arch(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "amd64" => String::from("x86_64"),
        "arm64" => String::from("aarch64"),
        other => String::from(other),
    }
}

/// Whether a board with those labels meets all of them.
///
/// # Errors
/// The first that cannot be read.
pub fn are_met<T: AsRef<str>>(constraints: &[T], labels: &Labels) -> Result<bool, Wrong> {
    let mut all = true;
    for constraint in constraints {
        all &= parse(constraint.as_ref())?.is_met(labels);
    }
    Ok(all)
}
