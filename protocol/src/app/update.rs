//! How the containers of a workload are replaced by those of another version: compose's `update_config` and
//! `rollback_config`.

use super::{App, Workload};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// docker's `monitor`, unless it is said.
pub const MONITOR_MS: u32 = 5_000;
/// All of a workload's replicas, in [`UpdateConfig::failures_max_ppm`].
pub const PPM: u32 = 1_000_000;

/// How containers are replaced. The default is docker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateConfig {
    /// Most replicas that are replaced at a time; 0 is all.
    pub parallelism: u16,
    /// Pause after one that was found well, before the next.
    pub delay_ms: u32,
    /// How long a new one is watched before it counts as well.
    pub monitor_ms: u32,
    /// Millionths of the replicas that may fail.
    pub failures_max_ppm: u32,
    /// What follows from more failures; `None` was not said.
    pub on_failure: Option<OnFailure>,
    /// Which one goes first.
    pub order: Order,
}

/// What follows from too many failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnFailure {
    /// Nothing more is replaced.
    Pause,
    /// Nothing.
    Continue,
    /// The version before is put back. (Not where that is already going on.)
    Rollback,
}

/// Which one goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The old one stops before the new one starts.
    #[default]
    StopFirst,
    /// The old one runs until the new one is well.
    StartFirst,
}

impl Default for UpdateConfig {
    fn default() -> Self {
        Self {
            parallelism: 1,
            delay_ms: 0,
            monitor_ms: MONITOR_MS,
            failures_max_ppm: 0,
            on_failure: None,
            order: Order::StopFirst,
        }
    }
}

impl Workload {
    /// How it is replaced in an update. A workload that says nothing of it is replaced all at once.
    #[must_use]
    pub fn replacing(&self) -> UpdateConfig {
        self.update.unwrap_or(UpdateConfig { parallelism: 0, ..UpdateConfig::default() })
    }

    /// How it is put back. What was not said is done all at once, to its end, in the order in which it came.
    #[must_use]
    pub fn putting_back(&self) -> UpdateConfig {
        let on_failure = Some(OnFailure::Continue);
        let order = self.replacing().order;
        self.rollback.unwrap_or(UpdateConfig { parallelism: 0, on_failure, order, ..UpdateConfig::default() })
    }
}

impl App {
    /// A number that differs when anything of the app does. FNV-1a, as [`Workload::revision`].
    #[must_use]
    pub fn version(&self) -> u64 {
        // postcard has a form for everything in here.
        crate::record::fnv1a(&postcard::to_allocvec(self).unwrap_or_default())
    }

    /// Says `failure_action: rollback` wherever nothing was said.
    pub fn roll_back_by_default(&mut self) {
        for workload in &mut self.workloads {
            let said = workload.replacing();
            let on_failure = said.on_failure.or(Some(OnFailure::Rollback));
            workload.update = Some(UpdateConfig { on_failure, ..said });
        }
    }

    /// A change of it is a transaction.
    #[must_use]
    pub fn has_update_config(&self) -> bool {
        self.workloads.iter().any(|workload| workload.update.is_some())
    }

    /// Services of it that `before` has not, or with other containers.
    #[must_use]
    pub fn changed_since(&self, before: Option<&Self>) -> Vec<String> {
        let same = |workload: &Workload| {
            let before = before.and_then(|before| before.workload(&workload.service));
            before.is_some_and(|before| before.revision() == workload.revision())
        };
        self.workloads.iter().filter(|it| !same(it)).map(|it| it.service.clone()).collect()
    }
}
