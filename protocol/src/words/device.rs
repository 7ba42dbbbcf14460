//! `--device HOST[:CTR[:rwm]]`.

#[cfg(test)]
mod tests;

use super::Invalid;
use crate::app::DeviceRequest;
use crate::launch::DeviceAccess;
use alloc::borrow::ToOwned;
use alloc::vec::Vec;

/// The device; the path inside is the board's unless given, and everything is allowed.
///
/// # Errors
/// A path that is not below /dev, or other letters than r, w and m.
pub fn parse(text: &str) -> Result<DeviceRequest, Invalid> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, letters) = match parts.as_slice() {
        [source] => (*source, *source, "rwm"),
        // docker takes HOST:rwm as well.
        [source, letters] if access_of(letters).is_some() => (*source, *source, *letters),
        [source, target] => (*source, *target, "rwm"),
        [source, target, letters] => (*source, *target, *letters),
        _ => return Err("write HOST[:CTR[:rwm]], such as /dev/ttyUSB0:/dev/modem:rw".into()),
    };
    if !source.starts_with("/dev/") || !target.starts_with("/dev/") {
        return Err("devices are below /dev, on the board and inside".into());
    }
    let access = access_of(letters).ok_or("access is of the letters r, w and m")?;
    Ok(DeviceRequest { source: source.to_owned(), target: target.to_owned(), access })
}

/// What the letters `r`, `w` and `m` allow; `None` for anything else, and for a letter that stands there twice.
#[must_use]
pub fn access_of(letters: &str) -> Option<DeviceAccess> {
    let mut access = DeviceAccess::default();
    for letter in letters.bytes() {
        let bit = match letter {
            b'r' => &mut access.read,
            b'w' => &mut access.write,
            b'm' => &mut access.mknod,
            _ => return None,
        };
        // Twice the same is a mistake, as in docker.
        if core::mem::replace(bit, true) {
            return None;
        }
    }
    (!letters.is_empty()).then_some(access)
}
