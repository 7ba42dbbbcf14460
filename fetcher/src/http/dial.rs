//! Opens connections: a name to addresses, an address to TCP, through a proxy where one is set, and TLS on top.

use super::connection::{Connection, Stream};
use super::head::Request;
use super::patience::Patience;
use crate::limits::CONNECT_TIME_MAX;
use crate::proxy::{Proxies, Proxy};
use crate::tls::Tls;
use crate::trouble::{Trouble, words};
use crate::url::Url;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};

/// Opens a connection to the server of `url`.
///
/// # Errors
/// The name is not known, nobody answers, or the server cannot prove who it is.
pub fn open(url: &Url, proxies: &Proxies, tls: &Tls, patience: Patience) -> Result<Connection, Trouble> {
    let stream = reach(url, proxies, patience)?.0;
    let stream = if url.secure { Box::new(tls.over(stream, &url.host, patience)?) } else { stream };
    Ok(Connection::new(stream, patience))
}

/// A stream to the server of `url`, through a proxy if one is set; and the connection below it, for what can be set there.
///
/// # Errors
/// The name is not known, or nobody answers.
pub fn reach(
    url: &Url,
    proxies: &Proxies,
    patience: Patience,
) -> Result<(Box<dyn Stream>, TcpStream), Trouble> {
    let proxy = proxies.of(url);
    let (host, port) = proxy.map_or((&url.host, url.port), |proxy| (&proxy.url.host, proxy.url.port));
    let stream = tcp(host, port, patience)
        .map_err(|trouble| if proxy.is_some() { trouble.of("the proxy") } else { trouble })?;
    let below = stream.try_clone().map_err(|error| Trouble::broken("open a connection", &error))?;
    let stream: Box<dyn Stream> = match proxy {
        None => Box::new(stream),
        Some(proxy) => through(stream, proxy, url, patience)?,
    };
    Ok((stream, below))
}

/// The answer was that there is no such name; asking again does not help. Of getaddrinfo(3)'s codes std keeps the words alone:
/// musl's, and glibc's.
fn is_unknown(error: &std::io::Error) -> bool {
    let text = error.to_string();
    ["Name does not resolve", "Name has no usable address", "Name or service not known"]
        .iter()
        .any(|words| text.contains(words))
}

fn tcp(host: &str, port: u16, patience: Patience) -> Result<TcpStream, Trouble> {
    let failed = |what: &str, error: &std::io::Error| {
        Trouble::passing(format!("cannot {what} {host}: {}", words(error)))
    };
    let addresses = (host, port).to_socket_addrs().map_err(|error| {
        let trouble = failed("find the address of", &error);
        if is_unknown(&error) { Trouble::lasting(trouble.message) } else { trouble }
    })?;
    let mut last = Trouble::passing(format!("cannot find the address of {host}"));
    for address in addresses {
        match connect(&address, patience) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = failed(&format!("connect to port {port} of"), &error),
        }
    }
    Err(last)
}

fn connect(address: &SocketAddr, patience: Patience) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, CONNECT_TIME_MAX)?;
    stream.set_read_timeout(Some(patience.stall()))?;
    stream.set_write_timeout(Some(patience.stall()))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A stream to the server of `url` by a proxy: for TLS a tunnel (RFC 9110, 9.3.6), otherwise to the proxy itself.
fn through(
    stream: TcpStream,
    proxy: &Proxy,
    url: &Url,
    patience: Patience,
) -> Result<Box<dyn Stream>, Trouble> {
    if !url.secure {
        return Ok(Box::new(stream));
    }
    let target = format!("{}:{}", bracketed(&url.host), url.port);
    let fields: Vec<_> =
        proxy.authorization.iter().map(|value| ("Proxy-Authorization", value.clone())).collect();
    let mut connection = Connection::new(Box::new(stream), patience);
    let request = Request { method: "CONNECT", target: &target, host: &target, fields: &fields };
    let head = connection.exchange(&request, b"").map_err(|trouble| trouble.of("the proxy"))?;
    match head.status {
        200..=299 => Ok(connection.into_stream()),
        407 => Err(Trouble::lasting("the proxy wants a user and a password: put them in HTTPS_PROXY")),
        status => Err(Trouble::passing(format!("the proxy does not let us through (status {status})"))),
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
