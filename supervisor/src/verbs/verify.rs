//! `image verify`: what of the images is damaged, and what can be done about it.

use crate::board::Board;
use crate::cli::command::VerifyArgs;
use crate::failure::{Failure, Outcome};
use crate::image_users::ImageUsers;
use crate::output::images::shown_id;
use crate::pulling::{self, Show, Wish};
use crate::screen;
use crate::scrub;
use limpet_fetcher::pace::Bucket;
use limpet_store::pull::Repair;
use limpet_store::verify::Damage;
use limpet_store::{Digest, Store};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

/// `image verify`
pub(super) fn verify(board: &Board, args: &VerifyArgs) -> Outcome {
    let store = board.store()?;
    let ids = chosen(&store, &args.images)?;
    let mut pace = Pace::new(args.rate_bytes_per_s);
    let mut damaged = if args.images.is_empty() { store.verify_names()? } else { Vec::new() };
    damaged.extend(store.verify(&ids, &mut pace)?);
    for damage in &damaged {
        told(damage).iter().for_each(|line| screen::line(line));
    }
    let (count, many) = (ids.len(), if ids.len() == 1 { "image" } else { "images" });
    if damaged.is_empty() {
        forget_damage(board, args, ids.len())?;
        if !args.quiet {
            screen::line(&format!("{count} {many}: {} bytes read, nothing is damaged", pace.read_bytes));
        }
        return Ok(0);
    }
    if !args.repair {
        return Err(Failure::new(format!(
            "image verify: {} damaged; limpet image verify --repair fetches them again",
            pieces(damaged.len())
        )));
    }
    repair(board, &store, &damaged)?;
    forget_damage(board, args, ids.len())?;
    screen::line(&format!("{} repaired", pieces(damaged.len())));
    Ok(0)
}

/// What a scrub had found is over, if all was looked at.
fn forget_damage(board: &Board, args: &VerifyArgs, images: usize) -> Result<(), Failure> {
    if args.images.is_empty() {
        scrub::found_well(board.globals.root.as_ref(), images)?;
    }
    Ok(())
}

fn pieces(count: usize) -> String {
    format!("{count} {}", if count == 1 { "piece" } else { "pieces" })
}

/// A damaged configuration is no reason not to look: so by id, where nothing is named.
fn chosen(store: &Store, images: &[String]) -> Result<Vec<Digest>, Failure> {
    if images.is_empty() {
        return Ok(store.images()?.iter().map(|image| image.id).collect());
    }
    images.iter().map(|text| Ok(store.id_of(text)?)).collect()
}

pub(crate) fn told(damage: &Damage) -> Vec<String> {
    match damage {
        Damage::Layer(diff_id, lines) => {
            lines.iter().map(|line| format!("layer {}: {line}", shown_id(diff_id, false))).collect()
        }
        Damage::Config(id, line) => vec![format!("image {}: {line}", shown_id(id, false))],
        Damage::Name(path, _) => vec![format!("name {}: it is no record of a name", path.display())],
    }
}

/// Fetches again what is damaged, each piece whether or not the one before could be; the last failure is the verb's.
fn repair(board: &Board, store: &Store, damaged: &[Damage]) -> Result<(), Failure> {
    let users = ImageUsers::of(board);
    let mut failed: Option<Failure> = None;
    for damage in damaged {
        let repaired = match damage {
            Damage::Name(path, None) => Err(Failure::new(format!("remove {} by hand", path.display()))),
            Damage::Name(_, Some(reference)) => {
                pulling::pull(board, &Wish::of(reference.clone()), Show::Stdout).map(drop)
            }
            Damage::Config(id, _) => match repair_image(board, store, id, BTreeSet::new()) {
                Repaired::Done => Ok(()),
                Repaired::Failed(failure) => Err(failure),
                Repaired::Unknown => Err(unknown(id)),
            },
            Damage::Layer(diff_id, _) => repair_layer(board, store, diff_id, &users),
        };
        if let Err(failure) = repaired
            && let Some(before) = failed.replace(failure)
        {
            screen::complain(&before.to_string());
        }
    }
    failed.map_or(Ok(()), Err)
}

/// By any image that has it and was pulled. A container that runs on the layer would lose its files under its feet.
fn repair_layer(
    board: &Board,
    store: &Store,
    diff_id: &Digest,
    users: &ImageUsers<'_>,
) -> Result<(), Failure> {
    let doing = format!("repair layer {}", shown_id(diff_id, false));
    let has_it = |id: &Digest| store.layers_of(id).is_ok_and(|layers| layers.contains(diff_id));
    let ids: Vec<Digest> = store.images()?.iter().map(|image| image.id).filter(has_it).collect();
    for id in &ids {
        if let Some(user) = users.user(&id.to_string())?.filter(|user| user.status.running().is_some()) {
            let name = &user.container.name;
            return Err(Failure::new(format!("{doing}: container {name} runs on it; stop it first")));
        }
    }
    let mut failed = None;
    for id in &ids {
        match repair_image(board, store, id, BTreeSet::from([*diff_id])) {
            Repaired::Done => return Ok(()),
            Repaired::Failed(failure) => failed = Some(failure),
            Repaired::Unknown => {}
        }
    }
    if let Some(failure) = failed {
        let failure = failure.during(&doing);
        return Err(Failure::new(format!("{failure}; what is damaged was left as it is, try again")));
    }
    // Only loading can bring it, and that takes what counts as there for good.
    store.give_up(diff_id)?;
    Err(ids.first().map_or_else(|| Failure::new("no image has it"), unknown).during(&doing))
}

/// What became of an image.
enum Repaired {
    Done,
    Failed(Failure),
    /// No registry has it, as far as is known.
    Unknown,
}

fn unknown(id: &Digest) -> Failure {
    Failure::new(format!("image {} did not come from a registry; load it again", shown_id(id, false)))
}

fn repair_image(board: &Board, store: &Store, id: &Digest, layers: BTreeSet<Digest>) -> Repaired {
    let origin = match store.origin(id) {
        Ok(Some(origin)) => origin,
        Ok(None) => return Repaired::Unknown,
        Err(error) => return Repaired::Failed(error.into()),
    };
    // With its configuration, what it is for is lost: then most likely for this board.
    let platform = store.platform_of(id).ok();
    let wish = Wish { platform, repair: Some(Repair { id: *id, layers }), ..Wish::of(origin) };
    pulling::pull(board, &wish, Show::Stdout).map_or_else(Repaired::Failed, |_| Repaired::Done)
}

/// Takes what was read, not faster than was asked for.
pub(crate) struct Pace {
    bucket: Option<Bucket>,
    begun: Instant,
    read_bytes: u64,
}

impl Pace {
    pub(crate) fn new(rate_bytes_per_s: Option<u64>) -> Self {
        let bucket = rate_bytes_per_s.map(|rate| Bucket::new(rate, 0));
        Self { bucket, begun: Instant::now(), read_bytes: 0 }
    }
}

impl Write for Pace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.read_bytes += bytes.len() as u64;
        if let Some(bucket) = &mut self.bucket {
            let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            thread::sleep(Duration::from_millis(bucket.take(bytes.len() as u64, now_ms)));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
