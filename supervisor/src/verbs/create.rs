//! `create`: a new container, whole on disk, not started.

use super::pull;
use crate::board::Board;
use crate::bundling;
use crate::cli::options::{ContainerOptions, Source};
use crate::control;
use crate::failure::{Failure, Outcome};
use crate::gathering::{gather, new_id};
use crate::making::make;
use crate::room;
use crate::screen;
use limpet_protocol::container::Container;
use limpet_protocol::control::Did;
use limpet_protocol::health::HealthOptions;
use limpet_protocol::id::ContainerId;
use limpet_protocol::restart::When;
use std::fs;
use std::io::Write;

/// `create`: prints the id.
pub(super) fn create_verb(board: &Board, options: &ContainerOptions) -> Outcome {
    let container = create(board, options)?;
    announce(board, &container, options);
    screen::line(container.keep.launch.id.as_str());
    Ok(0)
}

/// Tells the supervisor of a new container; without one, what only it can do is not promised in silence.
pub(super) fn announce(board: &Board, container: &Container, options: &ContainerOptions) {
    if control::tell(board, container, Did::Create) {
        return;
    }
    let what = match (options.restart.when, options.health == HealthOptions::default()) {
        (When::No, true) => return,
        (When::No, false) => "its health check".to_owned(),
        (_, _) => format!("restart policy {}", options.restart),
    };
    screen::complain(&format!(
        "{what} holds only while a supervisor runs; start it with: systemctl start limpet, or: limpet supervise"
    ));
}

/// Makes the container. Nothing is left if that fails.
pub(super) fn create(board: &Board, options: &ContainerOptions) -> Result<Container, Failure> {
    let mut cidfile = options.cidfile.as_deref().map(new_cidfile).transpose()?;
    let id = new_id()?;
    let made = create_as(board, options, None, &id).and_then(|container| {
        if let Some(file) = &mut cidfile {
            file.write_all(id.as_str().as_bytes())?;
        }
        Ok(container)
    });
    if made.is_err() {
        // The first error is the one to tell.
        board.home.discard(&id).ok();
        if let Some(path) = &options.cidfile {
            fs::remove_file(path).ok();
        }
    }
    made
}

/// The same, with an id that was chosen, and whose directory may hold files already; `image_id` is what the image's
/// name is to mean, whatever it means now. What was made stays if it fails.
pub(crate) fn create_as(
    board: &Board,
    options: &ContainerOptions,
    image_id: Option<&str>,
    id: &ContainerId,
) -> Result<Container, Failure> {
    room::admit(board)?;
    let _begun = board.home.begin(id)?;
    let features = board.features();
    let container = match &options.source {
        Source::Image(reference) => {
            let store = board.store()?;
            pull::fetch_for(board, &store, options, reference)?;
            let _hold = store.hold()?;
            let image = store.find(image_id.unwrap_or(reference)).map_err(|error| match image_id {
                None => error.into(),
                Some(_) => {
                    Failure::from(error).during(&format!("image {reference}, as it was at the last up"))
                }
            })?;
            let materials = gather(board, options, reference, image, id)?;
            let container = make(options, materials, &features)?;
            board.home.create(&container, !options.remove)?;
            container
        }
        Source::Bundle(directory) => {
            let container = bundling::container(board, options, directory, id)?;
            board.home.create(&container, !options.remove)?;
            container
        }
    };
    Ok(container)
}

/// docker refuses to write over an id that is still in use.
fn new_cidfile(path: &str) -> Result<fs::File, Failure> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.map_err(|error| {
        let reason = if error.kind() == std::io::ErrorKind::AlreadyExists {
            "it exists; remove it, or name another file".to_owned()
        } else {
            error.to_string()
        };
        Failure::new(format!("--cidfile {path}: {reason}"))
    })
}
