//! Room on a disk: what is free of it, and how much of that is its reserve, which new containers, images and logs leave alone.

use core::fmt;

/// Greatest reserve of a disk unless another is said.
pub const RESERVE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The part of a disk that is kept free unless that is more than [`RESERVE_BYTES_MAX`].
pub const RESERVE_FRACTION: u64 = 20;

/// In the root directory: a file that holds space of the disk, so that nobody else can use it up. Limpet gives some of it back
/// when one of its own records finds no room.
pub const BALLAST: &str = "limpet.ballast";
/// What of the reserve lies beside the ballast, so that it is seen to be used up before anything fails: an eighth, and at
/// most so much.
pub const OUTSIDE_BALLAST_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How exact the size of the ballast is, and what a record takes from it at a time.
pub const BALLAST_STEP_BYTES: u64 = 256 * 1024;

/// What a disk has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Nobody uses it; the ballast included.
    pub free_bytes: u64,
    /// What of that is set aside.
    pub ballast_bytes: u64,
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
        Self { free_bytes, ballast_bytes: 0, all_bytes, reserve_bytes: asked_bytes.unwrap_or(default) }
    }

    /// The same, and so much is set aside on it.
    #[must_use]
    pub fn with_ballast(self, bytes: u64) -> Self {
        Self { free_bytes: self.free_bytes.saturating_add(bytes), ballast_bytes: bytes, ..self }
    }

    /// How much is to be set aside.
    #[must_use]
    pub fn ballast_wanted_bytes(&self) -> u64 {
        self.reserve_bytes - (self.reserve_bytes / 8).min(OUTSIDE_BALLAST_BYTES_MAX)
    }

    /// That is.
    #[must_use]
    pub fn ballast_is_whole(&self) -> bool {
        self.ballast_bytes.abs_diff(self.ballast_wanted_bytes()) < BALLAST_STEP_BYTES
    }

    /// What new work leaves free beside the ballast.
    #[must_use]
    pub fn floor_bytes(&self) -> u64 {
        self.reserve_bytes.saturating_sub(self.ballast_bytes)
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
