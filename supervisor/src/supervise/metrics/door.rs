//! Where metrics can be fetched: a Unix socket or a loopback port, off unless it is asked for.
//!
//! In: one short request of HTTP. Out: one answer, and the end of the connection. Whoever is slow holds up nobody: each
//! client has a time, of many the one that came first gives way, and nothing here waits but a task of its own.

#[cfg(test)]
mod tests;

use super::http::{Asked, REQUEST_BYTES_MAX, answer, understand};
use crate::cli::value::door::Door;
use crate::supervise::clients::{self, Outbox};
use crate::supervise::connection::{self, FLAGS, Guests, receive, within, write_all};
use crate::supervise::mailbox::Message;
use crate::supervise::tasks::Tasks;
use limpet_protocol::control::{Reply, Request};
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Gid, Mode};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{
    AddressFamily, Shutdown, SocketAddrUnix, SocketType, bind, connect, listen, shutdown, socket_with,
};
use smol::Task;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;

/// Clients at a time.
const CLIENTS_MAX: usize = 4;
/// How long one may take, from its first byte to its last.
const PATIENCE_MS: u64 = 5000;

/// Listens there.
///
/// # Errors
/// What the kernel says.
pub(crate) fn open(door: &Door, group: Option<u32>) -> Result<OwnedFd, Errno> {
    let socket = match door {
        Door::Unix(path) => open_path(path, group)?,
        Door::Port(address) => open_port(*address)?,
    };
    listen(&socket, i32::try_from(CLIENTS_MAX).unwrap_or(i32::MAX))?;
    Ok(socket)
}

fn open_port(address: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, FLAGS, None)?;
    // Connections of an earlier supervisor may still be closing.
    set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    Ok(socket)
}

/// For root and the group, as the control socket is.
fn open_path(path: &str, group: Option<u32>) -> Result<OwnedFd, Errno> {
    let address = SocketAddrUnix::new(path)?;
    if is_abandoned(path, &address) {
        rustix::fs::unlink(path)?;
    }
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
    bind(&socket, &address)?;
    rustix::fs::chmod(path, Mode::from_raw_mode(0o660))?;
    if let Some(group) = group {
        rustix::fs::chown(path, None, Some(Gid::from_raw(group)))?;
    }
    Ok(socket)
}

/// A socket that nobody listens on any more; anything else in that place stays.
fn is_abandoned(path: &str, address: &SocketAddrUnix) -> bool {
    let is_socket = rustix::fs::lstat(Path::new(path))
        .is_ok_and(|status| FileType::from_raw_mode(status.st_mode) == FileType::Socket);
    let refused = || {
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
        connect(&socket, address)
    };
    is_socket && refused() == Err(Errno::CONNREFUSED)
}

/// Lets clients in for as long as the task lives.
pub(crate) fn serve(socket: OwnedFd, tasks: &Tasks) -> Task<()> {
    let inner = tasks.clone();
    tasks.spawn(async move {
        let mut guests = Guests::default();
        while let Some(client) = connection::next(&socket, &inner).await {
            // Nobody stays for long, so there is always one that can give way.
            if guests.have_room(CLIENTS_MAX) {
                let conversation = converse(client, inner.clone());
                guests.seat(Rc::default(), inner.spawn(conversation));
            }
        }
    })
}

async fn converse(client: OwnedFd, tasks: Tasks) {
    let conversation = async {
        let asked = hear(&client, &tasks).await?;
        let bytes = match asked {
            Asked::More => return None,
            Asked::Metrics { head } => match fetch(&tasks).await? {
                Reply::Text(text) => answer("200 OK", &text, head),
                Reply::Refused(why) => answer("503 Service Unavailable", &format!("{why}\n"), head),
                _ => answer("503 Service Unavailable", "503 Service Unavailable\n", head),
            },
            Asked::Other(status) => answer(status, &format!("{status}\n"), false),
        };
        write_all(&client, &bytes, &tasks).await?;
        // Closing with bytes unread would take the answer back.
        shutdown(&client, Shutdown::Write).ok()?;
        drain(&client, &tasks).await;
        Some(())
    };
    within(PATIENCE_MS, &tasks, conversation).await;
}

async fn hear(client: &OwnedFd, tasks: &Tasks) -> Option<Asked> {
    let mut bytes = [0; REQUEST_BYTES_MAX];
    let mut length = 0;
    loop {
        length += receive(client, &mut bytes[length..], tasks).await?;
        let asked = understand(&bytes[..length]);
        if asked != Asked::More {
            return Some(asked);
        }
    }
}

/// The metrics, by way of the one place that knows them.
async fn fetch(tasks: &Tasks) -> Option<Reply> {
    let outbox = Outbox::default();
    let asked = clients::Asked { request: Request::Metrics, outbox: outbox.clone() };
    tasks.mailbox.put(Message::Client(asked));
    outbox.reply().await
}

/// Reads what is of no interest, up to the end or a length.
async fn drain(client: &OwnedFd, tasks: &Tasks) {
    let mut left = REQUEST_BYTES_MAX;
    let mut bytes = [0; 512];
    while left > 0 {
        let Some(received) = receive(client, &mut bytes, tasks).await else { return };
        left = left.saturating_sub(received);
    }
}
