//! The client of registries (OCI distribution specification, docker's registry API v2).
//!
//! In two processes. The fetching process (`limpet fetch`, [`main`]) speaks to servers; it is nobody, may open nothing
//! and execute nothing. Its parent ([`lane::Lane`]) tells it what to bring, and believes nothing of it: whoever
//! consumes the bytes hashes them. What it is told of credentials and certificates the parent looks up ([`config`]).
//!
//! This crate must never know how a layer is unpacked or where it is kept.
#![forbid(unsafe_code)]

pub mod auth;
pub mod base64;
mod client;
pub mod config;
pub mod confine;
pub mod http;
pub mod lane;
pub mod limits;
pub mod lookup;
pub mod pace;
pub mod proxy;
pub mod retry;
mod session;
pub mod tls;
pub mod trouble;
pub mod url;
pub mod wire;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

/// The first argument of the fetching process.
pub const VERB: &str = "fetch";

/// Entry of the fetching process: requests come on standard input, a socket; layers go to standard output.
#[must_use]
pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("limpet fetch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let confined = confine::confine(confine::FETCH_ID);
    let mut control = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    if let Err(error) = confined {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        return refuse(&mut control, format!("{error}: {source}"));
    }
    let first: Option<wire::Terms> = wire::receive(&mut control)?;
    let terms = first.ok_or(io::ErrorKind::UnexpectedEof)?;
    match session::Session::new(terms, control.try_clone()?, out) {
        Ok(mut session) => session.serve(),
        Err(trouble) => refuse(&mut control, trouble.message),
    }
}

/// Whatever is asked first is answered with it.
fn refuse(control: &mut UnixStream, why: String) -> io::Result<()> {
    wire::send(control, &wire::Reply::Failed(why))
}
