//! One connection to the controller: known by its pin, kept alive through NATs, proven by its first request.

use limpet_fetcher::http::connection::Connection;
use limpet_fetcher::http::dial;
use limpet_fetcher::http::head::{Head, Request};
use limpet_fetcher::http::patience::Patience;
use limpet_fetcher::proxy::Proxies;
use limpet_fetcher::tls::{Tls, exported};
use limpet_fetcher::trouble::Trouble;
use limpet_fetcher::url::Url;
use limpet_protocol::fleet::link::{EXPORTED_BYTES, EXPORTER, PROOF};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::net::sockopt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream, UdpSocket};
use std::time::Duration;

/// A silent connection is probed this often: NATs forget one after 5 minutes at the earliest (RFC 5382 wants 2 hours).
const KEEPALIVE: Duration = Duration::from_secs(240);
/// A probe that is not answered is made again this soon ...
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(30);
/// ... so many times; then the connection is dead.
const KEEPALIVE_COUNT: u32 = 4;
/// What was sent and is not acknowledged for so long ends the connection. Not less than the probes may take: the kernel
/// ends it by this at the first probe that is lost, too (tcp(7), `TCP_USER_TIMEOUT`).
const UNACKNOWLEDGED_MS: u32 = 360_000;

/// Where the controller is, and by what it is known.
pub(crate) struct Controller {
    url: Url,
    proxies: Proxies,
    tls: Tls,
}

/// An open connection.
pub(crate) struct Line {
    connection: Connection,
    below: TcpStream,
    authority: String,
    /// Sent with the next request.
    proof: Option<String>,
}

impl Controller {
    pub(crate) fn of(terms: &crate::wire::Terms) -> Result<Self, Trouble> {
        let url = crate::token::controller(&terms.url);
        let url = url.ok_or_else(|| Trouble::lasting("its address is not https://HOST[:PORT]"))?;
        let proxies = terms.proxies.parse().map_err(Trouble::protocol)?;
        Ok(Self { url, proxies, tls: Tls::pinned(terms.pin)? })
    }

    /// TCP, perhaps through a proxy.
    pub(crate) fn reach(&self) -> Result<Reached<'_>, Trouble> {
        let (stream, below) = dial::reach(&self.url, &self.proxies, patience())?;
        keep_alive(&below).map_err(|errno| Trouble::broken("keep the connection alive", &errno.into()))?;
        Ok(Reached { controller: self, stream, below })
    }
}

/// A connection that may lead to anybody.
pub(crate) struct Reached<'a> {
    controller: &'a Controller,
    stream: Box<dyn limpet_fetcher::http::connection::Stream>,
    below: TcpStream,
}

impl Reached<'_> {
    /// Leads to the controller from now on; also gives what is to be signed for it.
    pub(crate) fn secure(self) -> Result<(Line, [u8; EXPORTED_BYTES]), Trouble> {
        let Self { controller: Controller { url, tls, .. }, stream, below } = self;
        let secured = tls.over(stream, &url.host, patience())?;
        let exported = exported(&secured, EXPORTER)?;
        let connection = Connection::new(Box::new(secured), patience());
        Ok((Line { connection, below, authority: url.authority(), proof: None }, exported))
    }
}

impl Line {
    /// What the first request says of who asks.
    pub(crate) fn prove(&mut self, proof: String) {
        self.proof = Some(proof);
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) fn ask(
        &mut self,
        method: &'static str,
        target: &str,
        fields: Vec<(&'static str, String)>,
        body: &[u8],
    ) -> Result<Head, Trouble> {
        self.send(method, target, fields, body)?;
        self.connection.answer()
    }

    /// Sends a request.
    pub(crate) fn send(
        &mut self,
        method: &'static str,
        target: &str,
        mut fields: Vec<(&'static str, String)>,
        body: &[u8],
    ) -> Result<(), Trouble> {
        fields.extend(self.proof.take().map(|proof| (PROOF, proof)));
        if !body.is_empty() {
            fields.push(("Content-Length", body.len().to_string()));
        }
        let request = Request { method, target, host: &self.authority, fields: &fields };
        self.connection.send(&request, body)
    }

    /// Whether the answer has come. Does not wait.
    pub(crate) fn has_answer(&mut self) -> Result<bool, Trouble> {
        let waits = |below: &TcpStream, waits: bool| {
            below.set_nonblocking(!waits).map_err(|error| Trouble::broken("wait", &error))
        };
        waits(&self.below, false)?;
        let come = self.connection.has_answer();
        waits(&self.below, true)?;
        come
    }

    /// The connection, after a request was sent on it.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Whether the board would reach the other side from another address now.
    pub(crate) fn is_stranded(&self) -> bool {
        let now = self.below.peer_addr().and_then(|peer| {
            let any: IpAddr =
                if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            // Nothing is sent: the kernel only says which way it would go.
            let probe = UdpSocket::bind((any, 0))?;
            probe.connect(peer)?;
            probe.local_addr()
        });
        match (now, self.below.local_addr()) {
            (Ok(now), Ok(then)) => now.ip() != then.ip(),
            // There is no way now; one that comes will be told.
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    /// Whether another request may follow.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.is_reusable()
    }
}

impl AsFd for Line {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.below.as_fd()
    }
}

fn patience() -> Patience {
    Patience::of(None)
}

fn keep_alive(stream: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_AGAIN)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_COUNT)?;
    sockopt::set_tcp_user_timeout(stream, UNACKNOWLEDGED_MS)
}
