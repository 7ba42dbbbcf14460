//! Who owns a file: as its container sees it, and as the board sees it through a running container's root.

use limpet_runner::ids::IDS_PER_CONTAINER;

/// Who a file belongs to whose owner has no id in the container (user_namespaces(7), overflowuid).
const NOBODY: u32 = 65534;

/// The ids of one root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owners {
    /// The same on both sides.
    Same,
    /// The container's id 0 is this id of the board.
    From(u32),
}

impl Owners {
    /// The ids of a container whose id 0 is `first`, where that is not 0.
    #[must_use]
    pub fn of(first: u32) -> Self {
        if first == 0 { Self::Same } else { Self::From(first) }
    }

    /// The board's id, as the container sees it.
    #[must_use]
    pub fn inside(self, id: u32) -> u32 {
        match self {
            Self::Same => id,
            Self::From(first) => id.checked_sub(first).filter(|id| *id < IDS_PER_CONTAINER).unwrap_or(NOBODY),
        }
    }

    /// The container's id, as the board sees it; `None` if the container has no such id.
    #[must_use]
    pub fn outside(self, id: u32) -> Option<u32> {
        match self {
            Self::Same => Some(id),
            Self::From(first) => (id < IDS_PER_CONTAINER).then(|| first + id),
        }
    }
}

#[cfg(test)]
mod tests;
