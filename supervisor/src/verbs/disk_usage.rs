//! `system df`: what images, containers and volumes take of the disk.

use super::ps::{disk_use, own_bytes};
use super::shown;
use crate::board::Board;
use crate::census::{Census, Listed};
use crate::cli::command::DfArgs;
use crate::disk::tree_bytes;
use crate::failure::{Failure, Outcome};
use crate::image_users::ImageUsers;
use crate::output::disk::{COLUMNS, CONTAINER_COLUMNS, IMAGE_COLUMNS, Kind, VOLUME_COLUMNS};
use crate::output::format::{Column, Format};
use crate::output::{containers, images, mounted, size};
use crate::screen;
use limpet_runner::keeper::now_ns;
use limpet_store::Store;
use limpet_store::collect::Usage;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::Path;

/// A volume with a name.
struct Volume {
    name: String,
    bytes: u64,
    /// Containers that mount it.
    links: usize,
}

/// Everything that was looked up.
struct Holdings {
    store: Store,
    usage: Usage,
    containers: Vec<Listed>,
    volumes: Vec<Volume>,
}

/// `system df`
pub(super) fn usage(board: &Board, args: &DfArgs) -> Outcome {
    let format = shown::format(args.format.as_deref())?;
    let store = board.store()?;
    let containers = Census::take(board)?.complaining();
    let users = ImageUsers::of(board);
    let usage = store.usage(&|id| users.uses(&id.to_string()))?;
    let volumes = volumes(board, &containers)?;
    let holdings = Holdings { store, usage, containers, volumes };
    if args.verbose { verbose(&holdings, &format) } else { summary(&holdings, &format) }
}

fn summary(holdings: &Holdings, format: &Format) -> Outcome {
    let usage = &holdings.usage;
    let images = Kind {
        total: usage.images,
        active: usage.used,
        bytes: usage.size_bytes,
        reclaimable_bytes: usage.reclaimable_bytes,
    };
    let mut containers = Kind::default();
    for listed in &holdings.containers {
        containers.add(own_bytes(&listed.container)?, listed.status.running().is_some());
    }
    let mut volumes = Kind::default();
    holdings.volumes.iter().for_each(|volume| volumes.add(volume.bytes, volume.links > 0));
    let rows = [images.row("Images"), containers.row("Containers"), volumes.row("Local Volumes")];
    screen::print(&format.rows(&rows, COLUMNS, COLUMNS)?);
    Ok(0)
}

fn verbose(holdings: &Holdings, format: &Format) -> Outcome {
    let now_ns = now_ns();
    let images = image_rows(holdings, now_ns)?;
    let mut containers = Vec::new();
    for listed in &holdings.containers {
        let disk = disk_use(&holdings.store, &listed.container)?;
        containers.push(containers::row(listed, Some(disk), false, now_ns));
    }
    let volumes: Vec<Value> = holdings.volumes.iter().map(volume_row).collect();
    if *format != Format::Table {
        let document = json!({ "Images": images, "Containers": containers, "Volumes": volumes });
        screen::print(&format.document(&document)?);
        return Ok(0);
    }
    let part = |title: &str, rows: &[Value], columns: &[Column]| {
        Ok::<_, Failure>(format!("{title}:\n\n{}", format.rows(rows, columns, columns)?))
    };
    let parts = [
        part("Images", &images, IMAGE_COLUMNS)?,
        part("Containers", &containers, CONTAINER_COLUMNS)?,
        part("Local Volumes", &volumes, VOLUME_COLUMNS)?,
    ];
    screen::print(&parts.join("\n"));
    Ok(0)
}

fn image_rows(holdings: &Holdings, now_ns: u64) -> Result<Vec<Value>, Failure> {
    let mut rows = Vec::new();
    for image in holdings.store.images()? {
        let share = holdings.usage.shares.iter().find(|(id, _, _)| *id == image.id);
        let (unique, shared) = share.map_or((0, 0), |(_, unique, shared)| (*unique, *shared));
        let id = image.id.to_string();
        let users = holdings.containers.iter().filter(|listed| listed.uses(&id)).count();
        for mut row in images::rows(&image, false, now_ns) {
            row["SharedSize"] = size::decimal(shared).into();
            row["UniqueSize"] = size::decimal(unique).into();
            row["Containers"] = users.to_string().into();
            rows.push(row);
        }
    }
    Ok(rows)
}

fn volume_row(volume: &Volume) -> Value {
    json!({ "Name": volume.name, "Links": volume.links.to_string(), "Size": size::decimal(volume.bytes) })
}

fn volumes(board: &Board, containers: &[Listed]) -> Result<Vec<Volume>, Failure> {
    let directory = Path::new(&board.globals.root).join("volumes");
    let listing = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(|error| Failure::new(format!("list {}: {error}", directory.display())))?,
    };
    let mut volumes = Vec::new();
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = tree_bytes(&entry.path()).map_err(|errno| {
            Failure::new(format!("measure volume {name}: {}", limpet_runner::failure::reason(errno)))
        })?;
        let links = containers.iter().filter(|listed| mounts(listed, &name)).count();
        volumes.push(Volume { name, bytes, links });
    }
    volumes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(volumes)
}

fn mounts(listed: &Listed, volume: &str) -> bool {
    let is = |mounted: &mounted::Mounted<'_>| matches!(mounted.origin, mounted::Origin::Volume { name: Some(name), .. } if name == volume);
    mounted::of(&listed.container).iter().any(is)
}
