//! Whether the disk has room for what is missing, before any of it is brought.
//!
//! A manifest says how large layers are as they are fetched, not what they unpack to. Where the disk has many times
//! that, nothing more is asked. Otherwise the last four bytes of each layer are: in gzip they are its unpacked size
//! (RFC 1952, ISIZE, modulo 4 GiB). It is a claim like all others; unpacking stops at the reserve whatever it says.

use super::supply::{Supplier, Wanted};
use crate::load::LoadError;
use crate::pick::PlannedLayer;
use crate::place::{Store, failed};

/// With room for this many times what is fetched, unpacked sizes are not asked for: real layers unpack to two to six
/// times.
const RATIO_PLENTY: u64 = 16;
const ISIZE_BYTES: u64 = 4;
const ISIZE_MODULUS: u64 = 1 << 32;

impl Store {
    pub(super) fn check_room(
        &self,
        missing: &[&PlannedLayer],
        supplier: &mut dyn Supplier,
    ) -> Result<(), LoadError> {
        let room = self.reserve().room().map_err(failed("look at the space of", self.root()))?;
        let free_bytes = room.usable_bytes();
        let stored_bytes = missing.iter().filter_map(|layer| layer.stored_bytes).fold(0, u64::saturating_add);
        if stored_bytes.saturating_mul(RATIO_PLENTY) <= free_bytes {
            return Ok(());
        }
        let mut needed_bytes = stored_bytes;
        if needed_bytes <= free_bytes {
            needed_bytes = unpacked_bytes(missing, supplier)?;
        }
        if needed_bytes <= free_bytes {
            return Ok(());
        }
        Err(LoadError::NoRoom { needed_bytes, stored_bytes, room })
    }
}

fn unpacked_bytes(missing: &[&PlannedLayer], supplier: &mut dyn Supplier) -> Result<u64, LoadError> {
    let mut sum: u64 = 0;
    for layer in missing {
        let (Some(digest), Some(size_bytes)) = (layer.stored, layer.stored_bytes) else { continue };
        let wanted = Wanted { digest, size_bytes, is_manifest: false };
        let end = supplier.end_of_layer(wanted, ISIZE_BYTES).map_err(LoadError::Supply)?;
        sum = sum.saturating_add(claimed_bytes(size_bytes, &end));
    }
    Ok(sum)
}

/// What a layer says that it unpacks to. What is not gzip says nothing that makes sense: it is at least as large as it
/// is stored, and at most what a real layer unpacks to.
fn claimed_bytes(stored_bytes: u64, end: &[u8]) -> u64 {
    let Ok(end) = <[u8; 4]>::try_from(end) else { return stored_bytes };
    let mut claimed = u64::from(u32::from_le_bytes(end));
    // What cannot be packed any more grows by a little.
    while claimed < stored_bytes - stored_bytes / 64 {
        claimed += ISIZE_MODULUS;
    }
    if claimed > stored_bytes.saturating_mul(RATIO_PLENTY) { stored_bytes } else { claimed }
}

#[cfg(test)]
mod tests;
