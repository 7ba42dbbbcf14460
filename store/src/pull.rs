//! From a registry to an image in the store.
//!
//! In: a [`Reference`], and a [`Market`] of suppliers that are believed nothing. The documents come first and are
//! checked; then the room is looked at; then the layers that are missing are brought and unpacked, several at a time,
//! each put in place for good as soon as it is whole. A second pull of the same layer waits for the first. The name
//! comes last, with one rename: until then the image does not exist.
//!
//! What was brought stays when the pull is killed, for the next one; when it fails, it is collected.

mod documents;
mod room;
mod staging;
pub mod supply;
mod workers;

use crate::digest::Digest;
use crate::load::LoadError;
use crate::pick::{Picker, Plan, PlannedLayer};
use crate::place::{Store, Work};
use crate::platform::Platform;
use crate::reference::Reference;
use documents::Remote;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use supply::{Market, Supplier};

/// What to pull, and how.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which image.
    pub reference: Reference,
    /// For which machine; `None` is this one.
    pub platform: Option<Platform>,
    /// Most bytes that its layers may unpack to; see [`crate::LoadOptions::image_bytes_max`].
    pub image_bytes_max: Option<u64>,
    /// How many layers are brought at a time.
    pub lanes: usize,
    /// The program that is started with the words `unpack ...`; see [`crate::LoadOptions::unpacker`].
    pub unpacker: PathBuf,
    /// Nothing gets a name: an image that is there is made whole.
    pub repair: Option<Repair>,
}

/// An image that is damaged.
#[derive(Clone, Debug)]
pub struct Repair {
    /// Its id.
    pub id: Digest,
    /// Layers that are brought although they are there.
    pub layers: BTreeSet<Digest>,
}

impl Order {
    fn again(&self, layer: &Digest) -> bool {
        self.repair.as_ref().is_some_and(|repair| repair.layers.contains(layer))
    }
}

/// An image that was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Its id.
    pub id: Digest,
    /// Repository and digest of the manifest or index.
    pub origin: Reference,
    /// The reference meant this very image before.
    pub was_there: bool,
    /// Extended attributes that could not be kept.
    pub xattrs_skipped: u64,
}

/// What happens to one layer.
#[derive(Clone, Debug)]
pub enum Event {
    /// It is there already.
    There,
    /// Another pull is at it.
    Waiting,
    /// It is being brought; the number is how many bytes of it have come.
    Coming(Arc<AtomicU64>),
    /// It is unpacked and in place.
    Done,
}

/// Who is told how a pull goes, from any thread.
pub trait Watcher: Sync {
    /// The layers, the bottom one first: digest as it is stored, and bytes.
    fn layers(&self, layers: &[(Digest, u64)]);
    /// Something happened to the layer with this number.
    fn event(&self, layer: usize, event: Event);
}

impl Store {
    /// Pulls one image.
    ///
    /// # Errors
    /// The first thing that went wrong; then the store has the images that it had before.
    pub fn pull(
        &self,
        order: &Order,
        market: &dyn Market,
        watcher: &dyn Watcher,
    ) -> Result<Pulled, LoadError> {
        let work = self.stage()?;
        let mut supplier = market.supplier().map_err(LoadError::Supply)?;
        let (plan, origin) = documents(order, &mut *supplier)?;
        let wanted: BTreeSet<_> = plan.layers.iter().map(|layer| layer.diff_id).collect();
        self.want(&work, &wanted)?;
        let xattrs_skipped = self.bring(order, &plan, supplier, market, watcher);
        let done = xattrs_skipped.and_then(|xattrs_skipped| {
            let was_there = self.commit_pull(order, &plan, &origin, &work)?;
            Ok(Pulled { id: *plan.config.digest(), origin, was_there, xattrs_skipped })
        });
        if done.is_err() {
            self.undo(&work)?;
        }
        done
    }

    /// The layers that are missing, in place; returns how many extended attributes could not be kept.
    fn bring(
        &self,
        order: &Order,
        plan: &Plan,
        mut supplier: Box<dyn Supplier>,
        market: &dyn Market,
        watcher: &dyn Watcher,
    ) -> Result<u64, LoadError> {
        let sizes = plan.layers.iter().filter_map(|layer| Some((layer.stored?, layer.stored_bytes?)));
        watcher.layers(&sizes.collect::<Vec<_>>());
        let mut seen = BTreeSet::new();
        let mut missing = Vec::new();
        for (index, layer) in plan.layers.iter().enumerate() {
            let is_first = seen.insert(layer.diff_id);
            if is_first && (!self.has_layer(&layer.diff_id) || order.again(&layer.diff_id)) {
                missing.push((index, layer));
            } else {
                watcher.event(index, Event::There);
            }
        }
        let layers: Vec<&PlannedLayer> = missing.iter().map(|(_, layer)| *layer).collect();
        self.check_room(&layers, &mut *supplier)?;
        workers::Pool::new(self, order, market, watcher).run(&missing, supplier)
    }

    /// Returns whether nothing changed by it.
    fn commit_pull(
        &self,
        order: &Order,
        plan: &Plan,
        origin: &Reference,
        work: &Work,
    ) -> Result<bool, LoadError> {
        let _alone = self.hold_alone()?;
        if let Some(lost) = plan.layers.iter().find(|layer| !self.has_layer(&layer.diff_id)) {
            return Err(LoadError::Raced(lost.diff_id));
        }
        let id = plan.config.digest();
        if order.repair.is_some() {
            if self.config(id).is_err() {
                Self::replace(work, &self.blob(id), plan.config.bytes())?;
            }
            return Ok(false);
        }
        let names = self.names()?;
        let same = |name: &&crate::names::Name| {
            name.reference.as_ref() == Some(&order.reference)
                && name.id == *id
                && name.origin.as_ref() == Some(origin)
        };
        if names.iter().any(|name| same(&name)) && self.config(id).is_ok() {
            return Ok(true);
        }
        Self::replace(work, &self.blob(id), plan.config.bytes())?;
        self.point(work, &order.reference, id, Some(origin))?;
        Ok(false)
    }

    fn undo(&self, work: &Work) -> Result<(), LoadError> {
        let _alone = self.hold_alone()?;
        Self::want_nothing(work)?;
        self.collect(work)?;
        Ok(())
    }
}

/// What is to be brought, and the exact reference of what the registry said.
fn documents(order: &Order, supplier: &mut dyn Supplier) -> Result<(Plan, Reference), LoadError> {
    let remote = Remote::open(supplier, &order.reference)?;
    let picker = Picker::new(&remote, order.platform.as_ref());
    let top = remote.top();
    let origin = order.reference.at(&top.digest);
    let mut plan = picker.image(&picker.pick(vec![top], 0)?)?;
    plan.references = vec![order.reference.clone()];
    let found = *plan.config.digest();
    match &order.repair {
        Some(Repair { id, .. }) if *id != found => {
            return Err(LoadError::AnotherImage { wanted: *id, found });
        }
        _ => {}
    }
    Ok((plan, origin))
}
