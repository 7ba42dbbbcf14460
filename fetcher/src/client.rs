//! One server: requests to it, with redirects, and with what it wants to know of who asks.

use crate::auth::Credentials;
use crate::auth::challenge::{self, Challenge};
use crate::auth::token::{self, TokenRequest};
use crate::http::connection::Connection;
use crate::http::dial;
use crate::http::head::{Head, Request};
use crate::http::patience::Patience;
use crate::limits::{ANSWER_BYTES_MAX, REDIRECTS_MAX};
use crate::proxy::Proxies;
use crate::retry;
use crate::tls::Tls;
use crate::trouble::{Remedy, Trouble, shown};
use crate::url::Url;

/// Connections that are kept for later: one to the registry, one to where it keeps its blobs.
const IDLE_MAX: usize = 2;

/// What is known of a server, and the connections to it.
pub(crate) struct Client {
    base: Url,
    name: String,
    may_be_plain: bool,
    credentials: Option<Credentials>,
    /// What is sent with each request, once the server asked for it.
    authorization: Option<String>,
    scope: String,
    tls: Tls,
    proxies: Proxies,
    agent: String,
    patience: Patience,
    idle: Vec<(Url, Connection)>,
}

/// What makes a [`Client`].
pub(crate) struct Server {
    /// Its root.
    pub(crate) base: Url,
    /// As a person calls it.
    pub(crate) name: String,
    /// If it does not speak TLS, plain HTTP will do.
    pub(crate) may_be_plain: bool,
    /// What it is told when it asks.
    pub(crate) credentials: Option<Credentials>,
    /// Whom it must prove to be.
    pub(crate) tls: Tls,
    /// How long it may take.
    pub(crate) patience: Patience,
}

/// An answer whose body is not read yet.
pub(crate) struct Response {
    /// Its head.
    pub(crate) head: Head,
    url: Url,
    connection: Connection,
}

impl Response {
    /// Reads some bytes of the body; 0 at its end.
    ///
    /// # Errors
    /// The connection's.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Trouble> {
        self.connection.read(buffer)
    }

    /// Reads the whole body, if it has at most `bytes_max`.
    ///
    /// # Errors
    /// The connection's, and a body that is longer.
    pub(crate) fn read_all(&mut self, bytes_max: u64) -> Result<Vec<u8>, Trouble> {
        self.connection.read_all(bytes_max)
    }
}

impl Client {
    /// Knows the server; nothing is sent yet. `scope` is what a token must be good for.
    #[must_use]
    pub(crate) fn new(server: Server, scope: String, proxies: Proxies, agent: String) -> Self {
        let Server { base, name, may_be_plain, credentials, tls, patience } = server;
        let (authorization, idle) = (None, Vec::new());
        Self {
            base,
            name,
            may_be_plain,
            credentials,
            authorization,
            scope,
            tls,
            proxies,
            agent,
            patience,
            idle,
        }
    }

    /// As a person calls it.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Asks for a path of the server; follows redirects, and proves who asks if it must.
    ///
    /// # Errors
    /// No answer, or one that leads nowhere. An answer with any other status is no error here.
    pub(crate) fn get(
        &mut self,
        target: &str,
        fields: &[(&'static str, String)],
    ) -> Result<Response, Trouble> {
        let mut url = self.base.with_target(target);
        let mut asked = false;
        for _ in 0..=REDIRECTS_MAX + 1 {
            let mut response = self.send("GET", &url, fields, "")?;
            // The server may turn out to be plain.
            if response.url.host == self.base.host && response.url.port == self.base.port {
                url.secure = response.url.secure;
            }
            match response.head.status {
                401 if !asked && url.same_origin(&self.base) => {
                    asked = true;
                    response.read_all(ANSWER_BYTES_MAX)?;
                    let head = self.finished(response);
                    self.prove(&head)?;
                }
                301 | 302 | 303 | 307 | 308 => {
                    url = follow(&url, &response.head)?;
                    self.finished(response);
                }
                _ => return Ok(response),
            }
        }
        Err(Trouble::lasting("it redirects too often"))
    }

    /// Takes an answer back whose body was read: its connection may be of use again.
    pub(crate) fn finished(&mut self, response: Response) -> Head {
        let Response { head, url, connection } = response;
        if connection.is_reusable() && self.idle.len() < IDLE_MAX {
            self.idle.push((url, connection));
        }
        head
    }

    /// One request, one answer. What proves who asks goes to the server itself and to nobody else.
    fn send(
        &mut self,
        method: &'static str,
        url: &Url,
        fields: &[(&'static str, String)],
        body: &str,
    ) -> Result<Response, Trouble> {
        let kept = self.idle.iter().position(|(origin, _)| origin.same_origin(url));
        if let Some(index) = kept {
            let (_, mut connection) = self.idle.swap_remove(index);
            // The server may have closed it in the meantime: then a new one tells.
            if let Ok(head) = self.exchange(&mut connection, method, url, fields, body) {
                return Ok(Response { head, url: url.clone(), connection });
            }
        }
        let (url, mut connection) = self.open(url)?;
        let head = self.exchange(&mut connection, method, &url, fields, body)?;
        Ok(Response { head, url, connection })
    }

    fn exchange(
        &self,
        connection: &mut Connection,
        method: &'static str,
        url: &Url,
        fields: &[(&'static str, String)],
        body: &str,
    ) -> Result<Head, Trouble> {
        let mut fields = fields.to_vec();
        fields.push(("User-Agent", self.agent.clone()));
        if let Some(authorization) = self.authorization.as_ref().filter(|_| url.same_origin(&self.base)) {
            fields.push(("Authorization", authorization.clone()));
        }
        if method == "POST" {
            fields.push(("Content-Type", "application/x-www-form-urlencoded".to_owned()));
            fields.push(("Content-Length", body.len().to_string()));
        }
        let by_proxy = if url.secure { None } else { self.proxies.of(url) };
        if let Some(proxy) = by_proxy {
            fields.extend(proxy.authorization.iter().map(|value| ("Proxy-Authorization", value.clone())));
        }
        let whole = by_proxy.map(|_| url.to_string());
        let target = whole.as_deref().unwrap_or(&url.target);
        connection
            .exchange(&Request { method, target, host: &url.authority(), fields: &fields }, body.as_bytes())
    }

    /// A connection to the server of `url`, and the URL as it turned out to be reached.
    fn open(&mut self, url: &Url) -> Result<(Url, Connection), Trouble> {
        let opened = dial::open(url, &self.proxies, &self.tls, self.patience);
        let plain = matches!(&opened, Err(trouble) if trouble.remedy == Remedy::Plain);
        if plain && self.may_be_plain && url.same_origin(&self.base) {
            self.base = Url { secure: false, ..self.base.clone() };
            let url = Url { secure: false, ..url.clone() };
            return Ok((url.clone(), dial::open(&url, &self.proxies, &self.tls, self.patience)?));
        }
        Ok((url.clone(), opened?))
    }

    /// Does what a 401 asks for.
    fn prove(&mut self, head: &Head) -> Result<(), Trouble> {
        let found = challenge::best(head.every("www-authenticate"));
        let authorization = match found {
            Some(Challenge::Basic) => self.credentials.as_ref().and_then(Credentials::basic),
            Some(Challenge::Bearer { realm, service, scope }) => {
                let scope = if scope.is_empty() { self.scope.clone() } else { scope };
                Some(format!("Bearer {}", self.token(&realm, &service, &scope)?))
            }
            None => return Err(Trouble::lasting("it wants a proof of who asks that is not known here")),
        };
        self.authorization = Some(authorization.ok_or_else(|| self.wants_login())?);
        Ok(())
    }

    fn wants_login(&self) -> Trouble {
        Trouble::lasting(format!("it wants a user and a password: limpet login {}", self.name))
    }

    fn token(&mut self, realm: &str, service: &str, scope: &str) -> Result<String, Trouble> {
        let asked =
            TokenRequest::new(&self.base, realm, service, scope, self.credentials.as_ref(), "limpet")?;
        let fields: Vec<_> = asked.authorization.into_iter().map(|value| ("Authorization", value)).collect();
        let (method, body) = match &asked.form {
            Some(form) => ("POST", form.as_str()),
            None => ("GET", ""),
        };
        // What was good for the registry before is not sent along: it may be the same server.
        self.authorization = None;
        let answered = self.send(method, &asked.url, &fields, body);
        let mut response = answered.map_err(|trouble| trouble.of("its token service"))?;
        let answer = response.read_all(ANSWER_BYTES_MAX)?;
        let head = self.finished(response);
        match head.status {
            200 => token::read(&answer),
            401 | 403 if self.credentials.is_some() => Err(Trouble::lasting(format!(
                "its token service does not take the user and password: limpet login {}",
                self.name
            ))),
            401 | 403 => Err(self.wants_login()),
            _ => Err(self.trouble(&head, &answer).of("its token service")),
        }
    }

    /// What an answer means that is none of what was asked for.
    #[must_use]
    pub(crate) fn trouble(&self, head: &Head, body: &[u8]) -> Trouble {
        let said = said(body);
        let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
        let after_s = retry::after_s(head.field("retry-after"), head.field("date"));
        match head.status {
            401 if self.credentials.is_none() => self.wants_login(),
            401 => Trouble::lasting(format!(
                "it does not take the user and password{said}: limpet login {}",
                self.name
            )),
            403 => Trouble::lasting(format!("it denies access{said}")),
            404 => Trouble::missing(format!("not there{said}")),
            429 => again(format!("it is asked too often{said}"), after_s),
            status @ (408 | 500..=599) => again(format!("it fails with status {status}{said}"), after_s),
            status => Trouble::lasting(format!("it answers with status {status}{said}")),
        }
    }
}

fn again(message: String, after_s: Option<u64>) -> Trouble {
    Trouble { message, remedy: Remedy::Again(after_s) }
}

/// Where a redirect leads; never from TLS to where everybody listens.
fn follow(url: &Url, head: &Head) -> Result<Url, Trouble> {
    let location = head.field("location").ok_or_else(|| Trouble::lasting("it redirects to nowhere"))?;
    let next = url.join(location).map_err(Trouble::protocol)?;
    if url.secure && !next.secure {
        let host = shown(&next.authority());
        return Err(Trouble::lasting(format!("it redirects from TLS to plain HTTP at {host}")));
    }
    Ok(next)
}

/// The registry's own words for an error (OCI distribution specification, "Error Codes").
fn said(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &value["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    match (text("code"), text("message")) {
        ("", "") => String::new(),
        ("", message) => shown(message),
        (code, "") => shown(code),
        (code, message) => shown(&format!("{code}: {message}")),
    }
}
