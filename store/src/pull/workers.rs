//! Brings layers, several at a time: each lane is a thread with a supplier of its own.

use super::staging::place_in;
use super::supply::{Market, Supplier, Wanted};
use super::{Event, Order, Watcher};
use crate::load::{Allowance, LoadError, Unpacking};
use crate::pick::PlannedLayer;
use crate::place::{Store, Work, failed, sync_directory};
use std::fs::File;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A layer and its number in the image.
type Missing<'a> = (usize, &'a PlannedLayer);
type Stopper = Box<dyn Fn() + Send + Sync>;

/// What all lanes share.
pub(super) struct Pool<'a> {
    store: &'a Store,
    order: &'a Order,
    market: &'a dyn Market,
    watcher: &'a dyn Watcher,
    next: AtomicUsize,
    left_bytes: AtomicU64,
    xattrs_skipped: AtomicU64,
    /// The first failure, and what ends the lanes when there is one.
    ending: Mutex<(Option<LoadError>, Vec<Stopper>)>,
}

impl<'a> Pool<'a> {
    pub(super) fn new(
        store: &'a Store,
        order: &'a Order,
        market: &'a dyn Market,
        watcher: &'a dyn Watcher,
    ) -> Self {
        Self {
            store,
            order,
            market,
            watcher,
            next: AtomicUsize::new(0),
            left_bytes: AtomicU64::new(Allowance::of(order.image_bytes_max).left_bytes),
            xattrs_skipped: AtomicU64::new(0),
            ending: Mutex::new((None, Vec::new())),
        }
    }

    /// Brings all of them; the first supplier is there already.
    pub(super) fn run(self, missing: &[Missing<'_>], first: Box<dyn Supplier>) -> Result<u64, LoadError> {
        let lanes = self.order.lanes.clamp(1, missing.len().max(1));
        let mut first = Some(first);
        std::thread::scope(|scope| {
            for _ in 0..lanes {
                let (pool, supplier) = (&self, first.take());
                scope.spawn(move || pool.lane(missing, supplier));
            }
        });
        let ending = self.ending.into_inner().unwrap_or_else(PoisonError::into_inner);
        match ending.0 {
            Some(error) => Err(error),
            None => Ok(self.xattrs_skipped.into_inner()),
        }
    }

    fn lane(&self, missing: &[Missing<'_>], supplier: Option<Box<dyn Supplier>>) {
        let outcome = match supplier {
            Some(supplier) => Ok(supplier),
            None => self.market.supplier().map_err(LoadError::Supply),
        };
        let outcome = outcome.and_then(|mut supplier| {
            if !self.enter(supplier.stopper()) {
                return Ok(());
            }
            while let Some(layer) = missing.get(self.next.fetch_add(1, Ordering::Relaxed)) {
                self.layer(*layer, &mut *supplier)?;
            }
            Ok(())
        });
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    /// False if it is over.
    fn enter(&self, stopper: Stopper) -> bool {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.1.push(stopper);
        ending.0.is_none()
    }

    /// Keeps the first failure, and ends what goes on.
    fn fail(&self, error: LoadError) {
        self.next.store(usize::MAX / 2, Ordering::Relaxed);
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.0.get_or_insert(error);
        ending.1.iter().for_each(|stop| stop());
    }

    fn layer(&self, (index, layer): Missing<'_>, supplier: &mut dyn Supplier) -> Result<(), LoadError> {
        let event = |event| self.watcher.event(index, event);
        let work = self.store.stage_layer(&layer.diff_id, &|| event(Event::Waiting))?;
        let again = self.order.again(&layer.diff_id);
        if !again && self.store.has_layer(&layer.diff_id) {
            event(Event::There);
            return Ok(());
        }
        self.unpack(index, layer, &work, supplier)?;
        self.put_in_place(layer, &work)?;
        event(Event::Done);
        Ok(())
    }

    fn unpack(
        &self,
        index: usize,
        layer: &PlannedLayer,
        work: &Work,
        supplier: &mut dyn Supplier,
    ) -> Result<(), LoadError> {
        let missing = || LoadError::Missing { name: layer.name.clone() };
        let digest = layer.stored.ok_or_else(missing)?;
        let stored_bytes = layer.stored_bytes.ok_or_else(missing)?;
        let wanted = Wanted { digest, size_bytes: stored_bytes, is_manifest: false };
        let received = Arc::new(AtomicU64::new(0));
        self.watcher.event(index, Event::Coming(received.clone()));
        let file = supplier.layer(wanted, received).map_err(LoadError::Supply)?;
        let left_bytes = self.left_bytes.load(Ordering::Relaxed);
        let unpacking = Unpacking {
            file,
            stored_bytes,
            fill: true,
            allowed: Allowance { left_bytes, trusted: self.order.image_bytes_max.is_some() },
            reserve: self.store.reserve(),
            unpacker: &self.order.unpacker,
        };
        let unpacked = unpacking.run(layer, &place_in(work, &layer.diff_id));
        if unpacked.is_err() {
            // It may be in the middle of what nobody takes any more.
            (supplier.stopper())();
        }
        let brought = supplier.finish_layer();
        let summary = match (unpacked, brought) {
            (Ok(summary), Ok(())) => summary,
            // Of a layer that was cut short, why it was is the better news.
            (Err(LoadError::Layer { .. }) | Ok(_), Err(error)) => return Err(LoadError::Supply(error)),
            (Err(error), _) => return Err(error),
        };
        self.left_bytes.fetch_sub(summary.tar_bytes.min(left_bytes), Ordering::Relaxed);
        self.xattrs_skipped.fetch_add(summary.xattrs_skipped, Ordering::Relaxed);
        Ok(())
    }

    /// What `load` does for all its layers at once: after the sync, one rename.
    fn put_in_place(&self, layer: &PlannedLayer, work: &Work) -> Result<(), LoadError> {
        let directory = File::open(&work.path).map_err(failed("open", &work.path))?;
        rustix::fs::syncfs(&directory).map_err(|errno| failed("sync", &work.path)(errno.into()))?;
        if self.order.again(&layer.diff_id) {
            return self.store.exchange_layer(&layer.diff_id, work);
        }
        self.store.commit_layer(&layer.diff_id, work)?;
        Ok(sync_directory(&self.store.layers())?)
    }
}
