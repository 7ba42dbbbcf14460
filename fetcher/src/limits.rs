//! The documented maxima of what a registry may send, and how long it may take.

use std::time::Duration;

/// Bytes of the head of a response.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Fields in the head of a response.
pub const HEAD_FIELDS_MAX: usize = 64;
/// Bytes of a URL.
pub const URL_BYTES_MAX: usize = 8 * 1024;
/// Redirects followed for one request.
pub const REDIRECTS_MAX: usize = 5;
/// Bytes of a token service's answer, and of one that says what went wrong.
pub const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of a manifest, index or configuration, as the store has it.
pub const DOCUMENT_BYTES_MAX: u64 = limpet_store::limits::DOCUMENT_BYTES_MAX;
/// Bytes of a size line and of the trailer of a chunked body.
pub const CHUNK_LINE_BYTES_MAX: usize = 4 * 1024;
/// Certificates of one bundle, in bytes.
pub const BUNDLE_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of one message between the fetching process and its parent.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of `config.json` and of `registries.json`.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of what a credential helper says.
pub const HELPER_BYTES_MAX: u64 = 64 * 1024;

/// For one address to answer.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Seconds without a single byte, unless `stall-seconds` says otherwise.
pub const STALL_S_DEFAULT: u64 = 30;
/// Most that it may say.
pub const STALL_S_MAX: u64 = 600;
/// For a handshake, and for the whole head of a response: so many times that.
pub const HEAD_STALLS_MAX: u32 = 2;
/// A body must bring this many bytes in each [`RATE_STALLS`]: 2G with a bad signal does.
pub const RATE_BYTES_MIN: u64 = 8 * 1024;
/// How long the rate is looked at: so many times that.
pub const RATE_STALLS: u32 = 2;

/// How often a request is made that brings nothing.
pub const ATTEMPTS_MAX: u32 = 5;
/// An attempt that brought this many bytes counts as none: a bad line is tried on and on.
pub const ATTEMPT_BYTES: u64 = 1024 * 1024;
/// First wait between two attempts; it doubles.
pub const BACKOFF_MS: u64 = 1000;
/// Longest of these waits.
pub const BACKOFF_MS_MAX: u64 = 30_000;
/// Longest wait that a registry may ask for (`Retry-After`).
pub const RETRY_AFTER_S_MAX: u64 = 300;
