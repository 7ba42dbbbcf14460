//! The supervisor's picture of what is, in memory.
//!
//! Its size is fixed: [`World`] has room for every maximum below and never asks for more. It says nothing that the
//! facts do not say; after a crash of the daemon it is made anew from them.

use crate::instance::Instance;
use crate::random::Random;
use crate::{AppId, Depends, InstanceId, ServiceId, Space, Tick, Updating};
use alloc::boxed::Box;
use heapless::Vec;
use limpet_protocol::app::UpdateConfig;

/// Most containers that the supervisor answers for, those being removed included.
pub const INSTANCES_MAX: usize = 256;
/// Most services of all apps, those being removed included.
pub const SERVICES_MAX: usize = 256;
/// Most apps.
pub const APPS_MAX: usize = 64;
/// Most services that one service depends on.
pub const DEPENDS_MAX: usize = limpet_protocol::app::DEPENDS_MAX;

/// Where the supervisor is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Facts are being told; nothing is done yet.
    Waking,
    /// It does its work.
    Working,
    /// Everything is being stopped.
    Leaving {
        /// When the time is over.
        deadline: Tick,
        /// When everything that still runs is killed.
        kill_at: Tick,
    },
    /// The board may go down.
    Off,
}

/// One service of an app, as it is wanted, or as it last was while its containers are being removed.
#[derive(Clone, Debug)]
pub(crate) struct ServiceEntry {
    pub(crate) app: AppId,
    pub(crate) id: ServiceId,
    pub(crate) revision: u64,
    pub(crate) replicas: u16,
    pub(crate) depends: Vec<Depends, DEPENDS_MAX>,
    pub(crate) update: Option<UpdateConfig>,
    /// Nothing of it is replaced before.
    pub(crate) rest_until: Tick,
    /// How many services come one after another when this one is stopped: itself, then what it depends on.
    pub(crate) height: u16,
    /// Not wanted any more.
    pub(crate) retired: bool,
}

/// One app.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppEntry {
    pub(crate) id: AppId,
    /// Being taken down.
    pub(crate) leaving: bool,
    pub(crate) updating: Updating,
    /// When the shell was last told what has become of its update.
    pub(crate) told: Option<Tick>,
}

/// The disk's state and what is done about it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Disk {
    pub(crate) space: Space,
    /// A prune is under way since then.
    pub(crate) pruning: Option<Tick>,
    /// The next prune is wanted then.
    pub(crate) prune_at: Option<Tick>,
    /// When the last one was asked for.
    pub(crate) pruned: Option<Tick>,
}

/// The whole picture: [`World::BYTES`], 130 KiB on 64-bit machines, always in a box.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) now: Tick,
    /// The last event was [`crate::Event::Woke`]: every answer that was there had been told.
    pub(crate) woke: bool,
    pub(crate) phase: Phase,
    pub(crate) random: Random,
    pub(crate) disk: Disk,
    /// How often a container was told for which there was no room.
    pub(crate) turned_away: u32,
    pub(crate) apps: Vec<AppEntry, APPS_MAX>,
    pub(crate) services: Box<Vec<ServiceEntry, SERVICES_MAX>>,
    pub(crate) instances: Box<Vec<Instance, INSTANCES_MAX>>,
}

impl World {
    /// An empty one. `seed` keeps the restarts of boards that are alike apart.
    #[must_use]
    pub fn new(seed: u64) -> Box<Self> {
        Box::new(Self {
            now: Tick(0),
            woke: false,
            phase: Phase::Waking,
            random: Random::new(seed),
            disk: Disk::default(),
            turned_away: 0,
            apps: Vec::new(),
            services: Box::new(Vec::new()),
            instances: Box::new(Vec::new()),
        })
    }

    /// Bytes of all of it, at every time.
    pub const BYTES: usize = size_of::<Self>()
        + size_of::<Vec<ServiceEntry, SERVICES_MAX>>()
        + size_of::<Vec<Instance, INSTANCES_MAX>>();

    pub(crate) fn find(&self, id: InstanceId) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: InstanceId) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.id == id)
    }

    pub(crate) fn app(&self, id: AppId) -> Option<&AppEntry> {
        self.apps.iter().find(|app| app.id == id)
    }

    pub(crate) fn service(&self, id: ServiceId) -> Option<&ServiceEntry> {
        self.services.iter().find(|service| service.id == id)
    }
}

#[cfg(test)]
mod tests;
