//! Rows of `system df`. Pure.

#[cfg(test)]
mod tests;

use super::format::Column;
use super::size;
use serde_json::{Value, json};

/// The columns of `system df`.
pub const COLUMNS: &[Column] = &[
    Column { field: "Type", heading: "TYPE" },
    Column { field: "TotalCount", heading: "TOTAL" },
    Column { field: "Active", heading: "ACTIVE" },
    Column { field: "Size", heading: "SIZE" },
    Column { field: "Reclaimable", heading: "RECLAIMABLE" },
];

/// The columns of images with `-v`.
pub const IMAGE_COLUMNS: &[Column] = &[
    Column { field: "Repository", heading: "REPOSITORY" },
    Column { field: "Tag", heading: "TAG" },
    Column { field: "ID", heading: "IMAGE ID" },
    Column { field: "CreatedSince", heading: "CREATED" },
    Column { field: "Size", heading: "SIZE" },
    Column { field: "SharedSize", heading: "SHARED SIZE" },
    Column { field: "UniqueSize", heading: "UNIQUE SIZE" },
    Column { field: "Containers", heading: "CONTAINERS" },
];

/// The columns of containers with `-v`.
pub const CONTAINER_COLUMNS: &[Column] = &[
    Column { field: "ID", heading: "CONTAINER ID" },
    Column { field: "Image", heading: "IMAGE" },
    Column { field: "Command", heading: "COMMAND" },
    Column { field: "LocalVolumes", heading: "LOCAL VOLUMES" },
    Column { field: "Size", heading: "SIZE" },
    Column { field: "RunningFor", heading: "CREATED" },
    Column { field: "Status", heading: "STATUS" },
    Column { field: "Names", heading: "NAMES" },
];

/// The columns of volumes with `-v`.
pub const VOLUME_COLUMNS: &[Column] = &[
    Column { field: "Name", heading: "VOLUME NAME" },
    Column { field: "Links", heading: "LINKS" },
    Column { field: "Size", heading: "SIZE" },
];

/// One kind of thing on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// How many there are.
    pub total: usize,
    /// How many of them are in use.
    pub active: usize,
    /// What all take.
    pub bytes: u64,
    /// What those that are not in use take.
    pub reclaimable_bytes: u64,
}

impl Kind {
    /// Counts one more.
    pub fn add(&mut self, bytes: u64, active: bool) {
        self.total += 1;
        self.bytes += bytes;
        if active {
            self.active += 1;
        } else {
            self.reclaimable_bytes += bytes;
        }
    }

    /// Its row; `name` is docker's word for it.
    #[must_use]
    pub fn row(&self, name: &str) -> Value {
        let percent = u128::from(self.reclaimable_bytes) * 100 / u128::from(self.bytes.max(1));
        json!({
            "Type": name,
            "TotalCount": self.total.to_string(),
            "Active": self.active.to_string(),
            "Size": size::decimal(self.bytes),
            "Reclaimable": format!("{} ({percent}%)", size::decimal(self.reclaimable_bytes)),
        })
    }
}
