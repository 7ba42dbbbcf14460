//! References, digests, and the JSON of images: what is understood says the same when it is written and read again.

use limpet_store::config::ImageConfig;
use limpet_store::digest::Digest;
use limpet_store::reference::Reference;
use std::hint::black_box;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Some((way, input)) = input.split_first() else { return };
    match way % 4 {
        0 => {
            let Ok(text) = std::str::from_utf8(input) else { return };
            let Ok(reference) = Reference::parse(text) else { return };
            let again = Reference::parse(&reference.to_string());
            assert_eq!(again.as_ref(), Ok(&reference), "{text}");
            let familiar = Reference::parse(&reference.familiar());
            assert_eq!(familiar, Ok(reference), "{text}");
        }
        1 => {
            let Ok(text) = std::str::from_utf8(input) else { return };
            let Ok(digest) = Digest::parse(text) else { return };
            assert_eq!(digest.to_string(), text);
        }
        2 => {
            if let Ok(config) = ImageConfig::read(input) {
                black_box(config.created_s());
            }
        }
        _ => limpet_store::fuzzing::documents(input),
    }
}
