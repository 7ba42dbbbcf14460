//! Asking a registry what a name means, in the own process: for an operator's tool, which has nothing to keep from itself.
//!
//! The board's own way is [`crate::lane`], by a process without rights. Whoever asks here gets no more than a document of
//! at most [`DOCUMENT_BYTES_MAX`], and hashes it.

use crate::lane::LaneError;
pub use crate::lane::Notice;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::wire::{Reply, Request, Terms, receive, send};
use limpet_store::pull::supply::Document;
use std::fs::File;
use std::io;
use std::os::unix::net::UnixStream;

/// The manifest or index that a tag or a digest means.
///
/// # Errors
/// The registry does not give it.
pub fn manifest(terms: Terms, name: &str, notice: &Notice) -> Result<Document, LaneError> {
    let (mut control, theirs) = UnixStream::pair().map_err(LaneError::Start)?;
    // No layer is asked for.
    let out = File::options().write(true).open("/dev/null").map_err(LaneError::Start)?;
    // What it says in the end is said to us, and its end is seen.
    drop(std::thread::spawn(move || serve(terms, theirs, out)));
    send(&mut control, &Request::Manifest(name.to_owned())).map_err(LaneError::Talk)?;
    let mut document = Document::default();
    loop {
        match receive::<Reply>(&mut control).map_err(LaneError::Talk)? {
            Some(Reply::Head { media_type, digest }) => {
                document.media_type = media_type;
                document.digest = digest;
            }
            Some(Reply::Bytes(bytes)) => document.bytes.extend_from_slice(&bytes),
            Some(Reply::Notice(text)) => notice(&text),
            Some(Reply::Progress(_)) => {}
            Some(Reply::Done) => return Ok(document),
            Some(Reply::Failed(why)) => return Err(LaneError::Failed(why)),
            None => return Err(LaneError::Ended("without a word".to_owned())),
        }
        if document.bytes.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(LaneError::Talk(io::ErrorKind::FileTooLarge.into()));
        }
    }
}

fn serve(terms: Terms, mut control: UnixStream, out: File) -> io::Result<()> {
    match Session::new(terms, control.try_clone()?, out) {
        Ok(mut session) => session.serve(),
        Err(trouble) => send(&mut control, &Reply::Failed(trouble.message)),
    }
}
