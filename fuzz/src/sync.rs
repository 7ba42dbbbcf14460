//! What `limpet sync` says to its parent, whoever has taken it over, and tokens as people paste them.

use limpet_fetcher::proxy::ProxyVariables;
use limpet_fetcher::wire::frame;
use limpet_sync::courier::Courier;
use limpet_sync::token;
use limpet_sync::wire::{Purpose, Said, Terms};
use std::io::Write;
use std::os::unix::net::UnixStream;

/// Less than a socket holds.
const INPUT_BYTES_MAX: usize = 64 * 1024;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let Some((kind, input)) = input.split_first() else { return };
    match kind % 3 {
        0 => said(input),
        1 => {
            if let Ok(whole) = u32::try_from(input.len()) {
                said(&[&whole.to_le_bytes(), input].concat());
            }
        }
        _ => pasted(input),
    }
}

/// All of it is heard, or refused, without waiting.
fn said(input: &[u8]) {
    let proxies = ProxyVariables::default();
    let terms = Terms { url: String::new(), pin: [0; 32], proxies, purpose: Purpose::Enrol };
    let (mut courier, theirs) = Courier::pair(&terms).expect("a socket pair");
    let mut theirs = UnixStream::from(theirs);
    theirs.write_all(&input[..input.len().min(INPUT_BYTES_MAX)]).expect("it fits");
    drop(theirs);
    while let Ok(Some(said)) = courier.receive() {
        let bytes = frame(&said).expect("no longer than it came");
        // A number may have come longer than it needs to be.
        assert!(postcard::from_bytes::<Said<'_>>(&bytes[4..]).is_ok_and(|again| again == said));
    }
}

/// A token has one form.
fn pasted(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(read) = token::parse(text) {
        assert_eq!(token::text(&read).as_deref(), Some(text.trim()));
    }
}
