//! `--device HOST[:CTR[:rwm]]`.

#[cfg(test)]
mod tests;

use super::Invalid;
use limpet_protocol::launch::DeviceAccess;

/// A device of the board for the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSpec {
    /// Path on the board; a directory means every device in it.
    pub source: String,
    /// Path inside.
    pub target: String,
    /// What may be done with it.
    pub access: DeviceAccess,
}

/// The device; the path inside is the board's unless given, and everything is allowed.
///
/// # Errors
/// A path that is not below /dev, or other letters than r, w and m.
pub fn parse(text: &str) -> Result<DeviceSpec, Invalid> {
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
    Ok(DeviceSpec { source: source.to_owned(), target: target.to_owned(), access })
}

fn access_of(letters: &str) -> Option<DeviceAccess> {
    let mut access = DeviceAccess::default();
    for letter in letters.bytes() {
        let bit = match letter {
            b'r' => &mut access.read,
            b'w' => &mut access.write,
            b'm' => &mut access.mknod,
            _ => return None,
        };
        // Twice the same is a mistake, as in docker.
        if std::mem::replace(bit, true) {
            return None;
        }
    }
    (!letters.is_empty()).then_some(access)
}
