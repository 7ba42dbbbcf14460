//! Making the container of a replica, from the app as the ledger has it.

use super::options::{SECCOMP_FILE, options};
use super::status;
use crate::board::Board;
use crate::failure::Failure;
use crate::gathering::new_id;
use crate::ledger::Ledger;
use crate::making::MakeError;
use crate::screen;
use crate::verbs::create::create_as;
use limpet_protocol::app::{App, AppFile, AppMountSource, SeccompRequest, Workload};
use limpet_protocol::id::ContainerId;
use limpet_runner::home::HomeError;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::Path;

/// Prints the id of the container. One that is there already, for the same place, is that container.
pub(super) fn create(
    board: &Board,
    name: &str,
    service: &str,
    replica: &str,
    beside: bool,
) -> Result<u8, Failure> {
    let replica = replica.parse().map_err(|_| Failure::new("act create: no number of a replica"))?;
    let Some(entry) = Ledger::new(board.globals.root.as_ref()).get(name)? else {
        return Ok(status::DISAGREES);
    };
    let app = entry.app;
    let Some(workload) = app.workload(service) else { return Ok(status::DISAGREES) };
    let own = if beside { app.name_beside(workload, replica) } else { app.container_name(workload, replica) };
    if let Some(id) = existing(board, &app, workload, replica, &own)? {
        screen::line(id.as_str());
        return Ok(status::DONE);
    }
    let id = new_id()?;
    let made = make(board, &app, workload, (replica, own), &id);
    if made.is_err() {
        // The first error is the one to tell.
        board.home.discard(&id).ok();
    }
    made?;
    screen::line(id.as_str());
    Ok(status::DONE)
}

/// Gives the container of a replica the name of its place, once that is free.
pub(super) fn adopt(
    board: &Board,
    name: &str,
    service: &str,
    replica: &str,
    id: &ContainerId,
) -> Result<u8, Failure> {
    let replica = replica.parse().map_err(|_| Failure::new("act adopt: no number of a replica"))?;
    let entry = Ledger::new(board.globals.root.as_ref()).get(name)?;
    let name = entry.and_then(|entry| {
        entry.app.workload(service).map(|workload| entry.app.container_name(workload, replica))
    });
    let Some(name) = name else { return Ok(status::DISAGREES) };
    let _lock = board.home.lock(id)?;
    let mut container = match board.home.load(id) {
        Err(HomeError::NotFound(_)) => return Ok(status::DISAGREES),
        container => container?,
    };
    if container.name != name {
        board.home.rename(&mut container, &name)?;
    }
    Ok(status::DONE)
}

/// A supervisor that was killed may have left a child that made it meanwhile.
fn existing(
    board: &Board,
    app: &App,
    workload: &Workload,
    replica: u16,
    name: &str,
) -> Result<Option<ContainerId>, Failure> {
    let id = match board.home.find(name) {
        Err(HomeError::NotFound(_)) => return Ok(None),
        id => id?,
    };
    let member = board.home.load(&id)?.member;
    let same = member.is_some_and(|member| {
        (member.app.as_str(), member.service.as_str(), member.replica)
            == (app.name.as_str(), workload.service.as_str(), replica)
    });
    Ok(same.then_some(id))
}

fn make(
    board: &Board,
    app: &App,
    workload: &Workload,
    (replica, name): (u16, String),
    id: &ContainerId,
) -> Result<(), Failure> {
    external_volumes(board, app, workload)?;
    watched_dependencies(board, app, workload)?;
    let _begun = board.home.begin(id)?;
    let files = board.home.directory(id).join("files");
    write_files(&files, workload).map_err(|error| {
        Failure::new(format!("write the configs and secrets of {}: {error}", workload.service))
    })?;
    let files = files.to_str().ok_or_else(|| Failure::new("the root directory is not UTF-8"))?;
    let mut options = options(app, workload, replica, files)?;
    options.name = Some(name);
    create_as(board, &options, workload.image_id.as_deref(), id).map(drop)
}

/// One that was made before anybody waited for its health is not made again for that.
fn watched_dependencies(board: &Board, app: &App, workload: &Workload) -> Result<(), Failure> {
    let needed = workload.depends_on.iter().filter(|on| on.needs_health());
    for other in needed.filter_map(|on| app.workload(&on.service)) {
        let id = match board.home.find(&app.container_name(other, 1)) {
            Err(HomeError::NotFound(_)) => continue,
            id => id?,
        };
        let container = board.home.load(&id)?;
        let current = container.member.is_some_and(|member| member.revision == other.revision());
        if current && container.health.is_none() {
            return Err(MakeError::Unwatched {
                service: other.service.clone(),
                image: other.image.clone(),
                waits: workload.service.clone(),
            }
            .into());
        }
    }
    Ok(())
}

/// A named volume that is not the app's own belongs to somebody else, and is not made here.
fn external_volumes(board: &Board, app: &App, workload: &Workload) -> Result<(), Failure> {
    let volumes = Path::new(&board.globals.root).join("volumes");
    let names = workload.mounts.iter().filter_map(|mount| match &mount.source {
        AppMountSource::Volume { name, .. } => name.as_ref(),
        AppMountSource::Bind { .. } | AppMountSource::Tmpfs { .. } => None,
    });
    let missing = names.filter(|name| !app.volumes.contains(name)).find(|name| !volumes.join(name).exists());
    match missing {
        None => Ok(()),
        Some(name) => Err(Failure::new(format!(
            "volume {name} is external and does not exist; make it first, or leave external out of the file"
        ))),
    }
}

/// Configs, secrets and the seccomp profile. Nobody but root reaches the directory.
fn write_files(directory: &Path, workload: &Workload) -> io::Result<()> {
    let profile = match &workload.seccomp {
        SeccompRequest::Profile(text) => Some(text),
        SeccompRequest::Default | SeccompRequest::Unconfined => None,
    };
    if workload.files.is_empty() && profile.is_none() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o711).create(directory)?;
    for (number, file) in workload.files.iter().enumerate() {
        write_file(&directory.join(number.to_string()), file)?;
    }
    match profile {
        Some(text) => fs::write(directory.join(SECCOMP_FILE), text),
        None => Ok(()),
    }
}

fn write_file(path: &Path, file: &AppFile) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut written = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    written.write_all(&file.contents)?;
    chown(path, Some(file.uid), Some(file.gid))?;
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(file.mode & 0o7777))?;
    written.sync_all()
}
