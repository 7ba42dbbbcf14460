//! Frames of the control socket: what decodes is the same after another way over the socket, and an app in it holds
//! to its rules or is found out.

use limpet_protocol::app::App;
use limpet_protocol::control::{
    FrameError, HELLO_BYTES_MAX, Hello, LENGTH_BYTES, REPLY_BYTES_MAX, REQUEST_BYTES_MAX, Reply, Request,
    frame, length, value,
};
use std::fmt::Debug;

/// Reads one frame as a value and sends it back.
fn round<T>(
    input: &[u8],
    bytes_max: usize,
    encode: fn(&T) -> Result<Vec<u8>, FrameError>,
    decode: fn(&[u8]) -> Result<T, FrameError>,
) where
    T: PartialEq + Debug,
{
    let Some((prefix, rest)) = input.split_first_chunk::<LENGTH_BYTES>() else { return };
    // The length of an input this small seldom fits; both ways are taken.
    let framed = length(*prefix, bytes_max).ok().and_then(|length| rest.get(..length));
    for bytes in [Some(rest), framed].into_iter().flatten() {
        let Ok(read) = decode(bytes) else { continue };
        // A value may be longer than it was: numbers have more than one form.
        if let Ok(sent) = encode(&read) {
            assert_eq!(decode(&sent[LENGTH_BYTES..]), Ok(read));
        }
    }
}

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Some((kind, input)) = input.split_first() else { return };
    match kind % 4 {
        0 => round::<Hello>(input, HELLO_BYTES_MAX, |value| frame(value, HELLO_BYTES_MAX), value),
        1 => round::<Request>(input, REQUEST_BYTES_MAX, |value| frame(value, REQUEST_BYTES_MAX), value),
        2 => round::<Reply>(input, REPLY_BYTES_MAX, |value| frame(value, REPLY_BYTES_MAX), value),
        _ => {
            if let Ok(app) = App::decode(input) {
                assert_eq!(app.validate(), Ok(()));
                if let Ok(bytes) = app.encode() {
                    assert_eq!(App::decode(&bytes), Ok(app));
                }
            }
        }
    }
}
