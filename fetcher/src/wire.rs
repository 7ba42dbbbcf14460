//! What the fetching process and its parent say to each other, over a socket: frames of a length and a postcard.
//!
//! The parent is believed by the child; the child is believed nothing by the parent but the form of its messages.

use crate::auth::Credentials;
use crate::limits::FRAME_BYTES_MAX;
use crate::proxy::ProxyVariables;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// What a fetching process is told first, for all its life.
#[derive(Clone, Serialize, Deserialize)]
pub struct Terms {
    /// Where to ask, in this order: mirrors, then the registry itself. Never empty.
    pub endpoints: Vec<Endpoint>,
    /// Path of the repository.
    pub repository: String,
    /// What the environment says of proxies.
    pub proxies: ProxyVariables,
    /// Certificates that everybody believes, as PEM.
    pub roots: Vec<u8>,
    /// Most bytes per second; `None` is all that there is.
    pub rate_bytes_per_s: Option<u64>,
    /// Seconds without a byte after which a server is given up; `None` is the usual.
    pub stall_s: Option<u64>,
    /// What registries are told of this program.
    pub agent: String,
}

/// One server.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its root: `https://host:port/`.
    pub url: String,
    /// As a person calls it.
    pub name: String,
    /// If it does not speak TLS, plain HTTP will do.
    pub may_be_plain: bool,
    /// What it is told of who asks, when it wants to know.
    pub credentials: Option<Credentials>,
    /// Certificates that are believed for it besides, as PEM.
    pub roots: Vec<u8>,
}

/// What a fetching process is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// A manifest by its tag or digest, whatever its size.
    Manifest(String),
    /// A document of a known size, in messages.
    Document(Blob),
    /// The last so many bytes of a blob.
    End(Blob, u64),
    /// A blob, on standard output.
    Layer(Blob),
    /// Whether the registry takes what it is told of who asks.
    Check,
}

/// What is asked for, and what it must turn out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// `sha256:HEX`.
    pub digest: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// It lies among the manifests.
    pub is_manifest: bool,
}

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// What comes is of this media type, and has this digest if the registry says the truth.
    Head {
        /// `Content-Type`.
        media_type: String,
        /// `Docker-Content-Digest`.
        digest: Option<String>,
    },
    /// Some bytes of a document.
    Bytes(Vec<u8>),
    /// So many bytes of a layer have been written.
    Progress(u64),
    /// Something that a person may want to know, while it goes on.
    Notice(String),
    /// All is there.
    Done,
    /// It was not brought; nothing follows.
    Failed(String),
}

/// Sends one message.
///
/// # Errors
/// The socket's; a message that is too long.
pub fn send<T: Serialize>(socket: &mut dyn Write, message: &T) -> io::Result<()> {
    socket.write_all(&frame(message)?)
}

/// One message as it is sent.
///
/// # Errors
/// It is too long.
pub fn frame<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let bytes = postcard::to_extend(message, vec![0; 4]).map_err(io::Error::other)?;
    framed(bytes)
}

fn framed(mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let length = bytes.len() - 4;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other("a message is too long"));
    }
    bytes[..4].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    Ok(bytes)
}

/// Receives one message; `None` at the end.
///
/// # Errors
/// The socket's; what is no message.
pub fn receive<T: DeserializeOwned>(socket: &mut dyn Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match socket.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    socket.read_exact(&mut bytes)?;
    postcard::from_bytes(&bytes).map(Some).map_err(io::Error::other)
}
