//! The verbs about images.

use super::{filters, format, operand};
use crate::cli::command::{
    Command, HistoryArgs, ImagesArgs, InspectArgs, InspectKind, LoadArgs, PruneArgs, RmiArgs, SaveArgs,
    TagArgs, VerifyArgs,
};
use crate::cli::problem::Problem;
use crate::cli::scan::Matches;
use crate::cli::value::{filter, platform, size, text};

/// `images`
pub(in crate::cli) fn images(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Images(ImagesArgs {
        reference: matches.operands.first().cloned(),
        quiet: matches.on("quiet"),
        no_trunc: matches.on("no-trunc"),
        digests: matches.on("digests"),
        filters: filters(matches, filter::of_images)?,
        format: format(matches),
    }))
}

/// `load`
pub(in crate::cli) fn load(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Load(LoadArgs {
        input: matches.one("input", text::filled)?,
        quiet: matches.on("quiet"),
        platform: matches.one("platform", platform::parse)?,
        size_bytes_max: matches.one("max-size", size::parse_positive)?,
    }))
}

/// `save`
pub(in crate::cli) fn save(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Save(SaveArgs {
        images: matches.operands.clone(),
        output: matches.one("output", text::filled)?,
    }))
}

/// `tag`
pub(in crate::cli) fn tag(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Tag(TagArgs { image: operand(matches, 0), reference: operand(matches, 1) }))
}

/// `rmi`
pub(in crate::cli) fn rmi(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Rmi(RmiArgs { images: matches.operands.clone(), force: matches.on("force") }))
}

/// `image verify`
pub(in crate::cli) fn verify(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::ImageVerify(VerifyArgs {
        images: matches.operands.clone(),
        repair: matches.on("repair"),
        rate_bytes_per_s: matches.one("limit-rate", size::parse_positive)?,
        quiet: matches.on("quiet"),
    }))
}

/// `history`
pub(in crate::cli) fn history(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::History(HistoryArgs {
        image: operand(matches, 0),
        quiet: matches.on("quiet"),
        no_trunc: matches.on("no-trunc"),
        human: matches.on_by_default("human"),
        format: format(matches),
    }))
}

/// `image inspect`
pub(in crate::cli) fn inspect(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::Inspect(InspectArgs {
        names: matches.operands.clone(),
        kind: Some(InspectKind::Image),
        format: format(matches),
        size: false,
    }))
}

/// `image prune`
pub(in crate::cli) fn prune(matches: &Matches) -> Result<Command, Problem> {
    Ok(Command::ImagePrune(PruneArgs {
        all: matches.on("all"),
        force: matches.on("force"),
        volumes: false,
        filters: filters(matches, filter::of_prune)?,
    }))
}
