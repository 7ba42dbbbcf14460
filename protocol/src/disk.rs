//! Room on a disk: what is free of it, and how much of that is its reserve, which new containers, images and logs leave alone.

use core::fmt;

/// Greatest reserve of a disk unless another is said.
pub const RESERVE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The part of a disk that is kept free unless that is more than [`RESERVE_BYTES_MAX`].
pub const RESERVE_FRACTION: u64 = 20;

/// What a disk has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Nobody uses it.
    pub free_bytes: u64,
    /// Size of the disk.
    pub all_bytes: u64,
    /// What is to stay free.
    pub reserve_bytes: u64,
}

impl Room {
    /// Of a disk of `all_bytes`, where `asked_bytes` are to stay free; `None` takes the default.
    #[must_use]
    pub fn new(free_bytes: u64, all_bytes: u64, asked_bytes: Option<u64>) -> Self {
        let default = (all_bytes / RESERVE_FRACTION).min(RESERVE_BYTES_MAX);
        Self { free_bytes, all_bytes, reserve_bytes: asked_bytes.unwrap_or(default) }
    }

    /// Less is free than is to stay so.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.free_bytes < self.reserve_bytes
    }

    /// What may be written.
    #[must_use]
    pub fn usable_bytes(&self) -> u64 {
        self.free_bytes.saturating_sub(self.reserve_bytes)
    }
}

/// `12.3MiB of the disk are free, and 51.2MiB are its reserve`
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| (bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20);
        let ((free, free_tenths), (reserve, reserve_tenths)) =
            (mib(self.free_bytes), mib(self.reserve_bytes));
        write!(
            f,
            "{free}.{free_tenths}MiB of the disk are free, and {reserve}.{reserve_tenths}MiB are its reserve"
        )
    }
}
