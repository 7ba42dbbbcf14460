//! Durable records: what is believed is what was written, and no byte of it can be changed unseen.

use limpet_plan::History;
use limpet_protocol::container::{Container, Intent};
use limpet_protocol::exit::Exit;
use limpet_protocol::keeper::{Keep, Running};
use limpet_protocol::ledger::Entry;
use limpet_protocol::record::{Kind, RecordError, decode, encode};
use std::fmt::Debug;

/// A checksum and a header are hard to guess: the payload is tried in a frame of its own as well.
fn read<T>(
    kind: Kind,
    input: &[u8],
    decode: fn(Kind, &[u8]) -> Result<T, RecordError>,
    encode: fn(Kind, &T) -> Result<Vec<u8>, RecordError>,
) where
    T: PartialEq + Debug,
{
    let payload = framed(kind, input);
    for bytes in [input, &payload] {
        let Ok(value) = decode(kind, bytes) else { continue };
        let Ok(written) = encode(kind, &value) else { continue };
        assert_eq!(decode(kind, &written).as_ref(), Ok(&value));
        let at = input.len() % written.len();
        let mut torn = written.clone();
        torn[at] ^= 0x40;
        assert!(decode(kind, &torn).is_err(), "byte {at} was changed unseen");
        assert!(decode(kind, &written[..written.len() - 1]).is_err());
    }
}

/// The frame of a record around these bytes: made by encoding them as a list, whose length is then taken out.
fn framed(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut bytes = encode(kind, &()).expect("nothing is small")[..6].to_vec();
    bytes.extend(u32::try_from(payload.len()).expect("small").to_le_bytes());
    bytes.extend(payload);
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Some((kind, input)) = input.split_first() else { return };
    match kind % 7 {
        0 => read::<Container>(Kind::Container, input, decode, encode),
        1 => read::<Exit>(Kind::Exit, input, decode, encode),
        2 => read::<Keep>(Kind::Keep, input, decode, encode),
        3 => read::<Running>(Kind::Running, input, decode, encode),
        4 => read::<Intent>(Kind::Intent, input, decode, encode),
        5 => read::<Entry>(Kind::App, input, decode, encode),
        _ => read::<History>(Kind::History, input, decode, encode),
    }
}
