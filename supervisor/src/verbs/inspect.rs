//! `inspect`: all that is known of containers and images, with what the kernel enforces now.

use super::ps::disk_use;
use super::shown;
use crate::board::Board;
use crate::census::Listed;
use crate::cli::command::{InspectArgs, InspectKind};
use crate::control::{self, ControlError};
use crate::failure::{Failure, Outcome};
use crate::output::inspect::{self, Facts, ImageFacts};
use crate::output::template::Template;
use crate::screen;
use limpet_protocol::container::Container;
use limpet_runner::cgroup::{self, Effective};
use limpet_runner::home::HomeError;
use limpet_runner::status::Status;
use limpet_store::images::FindError;
use serde_json::Value;
use std::path::Path;

/// `inspect`, `container inspect`, `image inspect`: what was found is shown, also when something was not.
pub(super) fn inspect(board: &Board, args: &InspectArgs) -> Outcome {
    let template = match args.format.as_deref() {
        None | Some("json") => None,
        Some(text) => Some(shown::template(text)?),
    };
    let mut found = Vec::new();
    let mut status = 0;
    for name in &args.names {
        match document(board, name, args) {
            Ok(document) => found.push(document),
            Err(failure) => {
                screen::complain(&failure.to_string());
                status = failure.exit_code();
            }
        }
    }
    show(found, template.as_ref(), args.format.is_some())?;
    Ok(status)
}

fn show(found: Vec<Value>, template: Option<&Template>, compact: bool) -> Result<(), Failure> {
    match template {
        Some(template) => {
            for document in &found {
                screen::line(&template.render(document)?);
            }
        }
        None if compact => screen::line(&Value::Array(found).to_string()),
        None => screen::line(&format!("{:#}", Value::Array(found))),
    }
    Ok(())
}

fn document(board: &Board, name: &str, args: &InspectArgs) -> Result<Value, Failure> {
    match args.kind {
        Some(InspectKind::Container) => container(board, board.container(name)?, args.size),
        Some(InspectKind::Image) => Ok(image(board, name)?),
        None => match board.home.find(name) {
            Ok(id) => container(board, board.home.load(&id)?, args.size),
            Err(HomeError::NotFound(_)) => image_or_neither(board, name),
            Err(error) => Err(error.into()),
        },
    }
}

fn image_or_neither(board: &Board, name: &str) -> Result<Value, Failure> {
    image(board, name).map_err(|error| match error {
        InspectError::Find(FindError::NotFound(_)) => {
            Failure::new(format!("no such container or image: {name}"))
        }
        error => error.into(),
    })
}

#[derive(Debug, thiserror::Error)]
enum InspectError {
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Store(#[from] limpet_store::StoreError),
}

fn image(board: &Board, name: &str) -> Result<Value, InspectError> {
    let store = limpet_store::Store::open(board.globals.root.as_ref())?;
    let image = store.find(name)?;
    let size_bytes = store.size_bytes(&image)?;
    Ok(inspect::image(&image, ImageFacts { size_bytes }))
}

fn container(board: &Board, container: Container, size: bool) -> Result<Value, Failure> {
    let id = &container.keep.launch.id;
    let status = board.status(id)?;
    let disk = if size { Some(disk_use(&board.store()?, &container)?) } else { None };
    let facts = Facts {
        exit: board.home.exit(id)?,
        effective: enforced(&container, &status)?,
        log_path: log_path(&container)?,
        disk,
    };
    let mut listed = Listed { container, status, supervision: None };
    let complain = |error: &ControlError| screen::complain(&error.to_string());
    listed.supervise(&control::report_if_there(board.state(), complain));
    Ok(inspect::container(&listed, &facts))
}

fn log_path(container: &Container) -> Result<Option<String>, Failure> {
    let path = Path::new(container.keep.log_directory()).join("log");
    let exists =
        path.try_exists().map_err(|error| Failure::new(format!("look for {}: {error}", path.display())))?;
    Ok(exists.then(|| path.to_string_lossy().into_owned()))
}

/// What the kernel says; a container that ended meanwhile has no group to ask.
fn enforced(container: &Container, status: &Status) -> Result<Option<Effective>, Failure> {
    if status.running().is_none() {
        return Ok(None);
    }
    let effective = cgroup::detect()?.open(&container.keep.launch.cgroup).and_then(|group| group.effective());
    match effective {
        Err(cgroup::CgroupError::NoGroup { .. }) => Ok(None),
        effective => Ok(Some(effective?)),
    }
}
