//! The short conversations with a keeper: one request, and the one reply that it is about.

use super::connection::{Connection, Error};
use limpet_protocol::exit::Exit;
use limpet_protocol::keeper::{PACKET_BYTES_MAX, Reply, Request};

/// Waits until the container has ended and its record is written.
///
/// # Errors
/// [`Error::Gone`] if its keeper ended without saying so: the record on disk may know.
pub fn wait(connection: &Connection) -> Result<Exit, Error> {
    let mut buffer = [0; PACKET_BYTES_MAX];
    connection.send(&Request::Wait)?;
    loop {
        match connection.receive(&mut buffer)? {
            Reply::Exited(exit) => return Ok(exit),
            Reply::Refused(why) => return Err(Error::Refused(why)),
            Reply::Started | Reply::Stdout(_) | Reply::Stderr(_) | Reply::Done => {}
        }
    }
}

/// Sends `request` and waits, however long it takes, until it is carried out; for [`Request::Stop`] that is the end.
///
/// # Errors
/// [`Error::Refused`] with the keeper's reason.
pub fn request(connection: &Connection, request: &Request<'_>) -> Result<(), Error> {
    let mut buffer = [0; PACKET_BYTES_MAX];
    connection.send(request)?;
    loop {
        match connection.receive(&mut buffer)? {
            Reply::Done => return Ok(()),
            Reply::Exited(_) if matches!(request, Request::Stop { .. }) => return Ok(()),
            Reply::Refused(why) => return Err(Error::Refused(why)),
            Reply::Started | Reply::Stdout(_) | Reply::Stderr(_) | Reply::Exited(_) => {}
        }
    }
}
