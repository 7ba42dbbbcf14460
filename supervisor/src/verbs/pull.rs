//! `pull`, and the pulls of `run` and `create`.

use crate::board::Board;
use crate::cli::fetching::{PullArgs, PullPolicy};
use crate::cli::options::ContainerOptions;
use crate::failure::{Failure, Outcome};
use crate::pulling::{self, Show, Wish};
use crate::screen;
use limpet_store::images::FindError;
use limpet_store::{Platform, Reference, Store};

/// `pull`
pub(super) fn pull(board: &Board, args: &PullArgs) -> Outcome {
    let references = args.images.iter().map(|text| Ok(Reference::parse(text)?));
    for reference in references.collect::<Result<Vec<_>, Failure>>()? {
        one(board, args, reference)?;
    }
    Ok(0)
}

fn one(board: &Board, args: &PullArgs, reference: Reference) -> Result<(), Failure> {
    let whole = reference.to_string();
    let show = if args.quiet { Show::Nothing } else { Show::Stdout };
    if !args.quiet {
        screen::line(&format!("{}: Pulling from {}", version(&reference), reference.path()));
    }
    let familiar = reference.familiar();
    let wish = Wish {
        platform: args.platform.as_ref().map(pulling::platform).transpose()?,
        size_bytes_max: args.size_bytes_max,
        rate_bytes_per_s: args.rate_bytes_per_s,
        repair: None,
        reference,
    };
    let pulled = pulling::pull(board, &wish, show)?;
    if pulled.xattrs_skipped > 0 {
        screen::complain(&format!(
            "image {familiar}: {} extended attributes could not be kept",
            pulled.xattrs_skipped
        ));
    }
    if !args.quiet {
        let status = if pulled.was_there { "Image is up to date" } else { "Downloaded newer image" };
        screen::line(&format!("Digest: {}", version(&pulled.origin)));
        screen::line(&format!("Status: {status} for {familiar}"));
    }
    screen::line(&whole);
    Ok(())
}

fn version(reference: &Reference) -> String {
    let digest = reference.digest().map(ToString::to_string);
    digest.or_else(|| reference.tag().map(str::to_owned)).unwrap_or_default()
}

/// Fetches the image of a new container, if it must be. The caller looks it up then, and holds the store meanwhile.
pub(super) fn fetch_for(
    board: &Board,
    store: &Store,
    options: &ContainerOptions,
    text: &str,
) -> Result<(), Failure> {
    let platform = options.platform.as_ref().map(pulling::platform).transpose()?;
    fetch_by(board, store, options.pull, platform, options.pull_quiet, text)
}

/// The same by what it depends on.
pub(super) fn fetch_by(
    board: &Board,
    store: &Store,
    policy: PullPolicy,
    platform: Option<Platform>,
    quiet: bool,
    text: &str,
) -> Result<(), Failure> {
    let missing = || matches!(store.find(text), Err(FindError::NotFound(_)));
    let reference = match policy {
        PullPolicy::Never => return Ok(()),
        PullPolicy::Always => Reference::parse(text)?,
        PullPolicy::Missing => match Reference::parse(text) {
            Ok(reference) if missing() => reference,
            // What is no reference may be the beginning of an id.
            _ => return Ok(()),
        },
    };
    if policy == PullPolicy::Missing && !quiet {
        screen::complain(&format!("image {} is not here; fetching it", reference.familiar()));
    }
    let show = if quiet { Show::Nothing } else { Show::Stderr };
    pulling::pull(board, &Wish { platform, ..Wish::of(reference) }, show).map(drop)
}
