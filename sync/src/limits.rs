//! The documented maxima of what comes from a controller, and how long things take.

use limpet_protocol::fleet::ENVELOPE_BYTES_MAX;
use limpet_protocol::fleet::report::REPORT_BYTES_MAX;

/// Bytes of one message of the process to its parent: an envelope is the largest.
pub const SAID_BYTES_MAX: usize = ENVELOPE_BYTES_MAX + 64;
/// Bytes of one message to the process: a report is the largest.
pub const TOLD_BYTES_MAX: usize = REPORT_BYTES_MAX + 64;
/// Bytes of an `ETag` that is remembered; a controller with a longer one is asked without.
pub const ETAG_BYTES_MAX: usize = 128;
/// Bytes of a line that says what is wrong.
pub const WHY_BYTES_MAX: usize = 256;
/// Bytes of one message with a part of a file.
pub const CHUNK_BYTES_MAX: usize = 16 * 1024;
/// Largest [`limpet_protocol::fleet::enrol::Enrolled`].
pub const ENROLLED_BYTES_MAX: usize = 256 * 1024;
/// Seconds that a poll waits at the controller, unless a proxy on the way is less patient.
pub const WAIT_S_DEFAULT: u32 = 900;
