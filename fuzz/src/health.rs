//! Answers to HTTP probes: a status is one of three digits that stands where it belongs, and more bytes never take it back.

use limpet_supervisor::fuzzing::status_of;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let whole = status_of(input);
    if let Some(status) = whole {
        assert!((100..600).contains(&status));
        assert_eq!(&input[..7], b"HTTP/1.");
        assert_eq!(input[9..12], *status.to_string().as_bytes());
    }
    for end in 0..input.len().min(64) {
        // It is asked for after each piece: what it said once stays.
        if let Some(early) = status_of(&input[..end]) {
            assert_eq!(whole, Some(early), "after {end} bytes");
        }
    }
}
