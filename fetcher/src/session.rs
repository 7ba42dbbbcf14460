//! The fetching process at work: one request of its parent after the other.

use crate::client::{Client, Response, Server};
use crate::http::patience::Patience;
use crate::limits::{ANSWER_BYTES_MAX, DOCUMENT_BYTES_MAX};
use crate::pace::Bucket;
use crate::retry::{Attempts, Next};
use crate::tls::Tls;
use crate::trouble::Trouble;
use crate::url::Url;
use crate::wire::{Blob, Reply, Request, Terms, receive, send};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json";
const COPY_BYTES: usize = 64 * 1024;
/// How much of a layer is written between two messages about it.
const PROGRESS_BYTES: u64 = 256 * 1024;

/// What a session has at hand.
pub(crate) struct Session {
    clients: Vec<Client>,
    repository: String,
    bucket: Option<Bucket>,
    begun: Instant,
    control: UnixStream,
    out: File,
    buffer: Vec<u8>,
}

/// What is asked of a server, and where it goes.
struct Task {
    target: String,
    fields: Vec<(&'static str, String)>,
    /// What it must have; `None` is at most [`DOCUMENT_BYTES_MAX`].
    size_bytes: Option<u64>,
    to_stdout: bool,
    /// How much of it has come.
    received: u64,
    /// What of that the parent was told.
    told: u64,
}

/// The end of a request: trouble with the registry, or with the parent, who then is gone.
enum End {
    Trouble(Trouble),
    Parent(io::Error),
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Parent(error)
    }
}

impl Session {
    /// On these terms; layers go to `out`.
    ///
    /// # Errors
    /// A URL or a certificate in them is none.
    pub(crate) fn new(terms: Terms, control: UnixStream, out: File) -> Result<Self, Trouble> {
        let proxies = terms.proxies.parse().map_err(Trouble::protocol)?;
        let scope = match terms.repository.as_str() {
            "" => String::new(),
            repository => format!("repository:{repository}:pull"),
        };
        let mut clients = Vec::new();
        for endpoint in terms.endpoints {
            let server = Server {
                base: Url::parse(&endpoint.url).map_err(Trouble::protocol)?,
                tls: Tls::new(&terms.roots, &endpoint.roots)?,
                name: endpoint.name,
                may_be_plain: endpoint.may_be_plain,
                credentials: endpoint.credentials,
                patience: Patience::of(terms.stall_s),
            };
            clients.push(Client::new(server, scope.clone(), proxies.clone(), terms.agent.clone()));
        }
        Ok(Self {
            clients,
            repository: terms.repository,
            bucket: terms.rate_bytes_per_s.map(|rate| Bucket::new(rate, 0)),
            begun: Instant::now(),
            control,
            out,
            buffer: vec![0; COPY_BYTES],
        })
    }

    /// Serves until the parent has no more requests, or one fails.
    ///
    /// # Errors
    /// The parent is gone.
    pub(crate) fn serve(&mut self) -> io::Result<()> {
        while let Some(request) = receive::<Request>(&mut self.control)? {
            match self.one(request) {
                Ok(()) => send(&mut self.control, &Reply::Done)?,
                Err(End::Parent(error)) => return Err(error),
                Err(End::Trouble(trouble)) => {
                    return send(&mut self.control, &Reply::Failed(trouble.message));
                }
            }
        }
        Ok(())
    }

    fn one(&mut self, request: Request) -> Result<(), End> {
        let repository = self.repository.clone();
        match request {
            Request::Manifest(reference) => {
                self.bring(Task::new(format!("/v2/{repository}/manifests/{reference}"), None, false))
            }
            Request::Document(blob) => self.bring(Task::of(&repository, &blob, false)),
            Request::Layer(blob) => self.bring(Task::of(&repository, &blob, true)),
            Request::End(blob, bytes) => {
                self.end_of(&Task::of(&repository, &blob, false).target, &blob, bytes)
            }
            Request::Check => self.check(),
        }
    }

    /// From whoever has it first, with as many attempts as make sense, each from where the last one ended.
    fn bring(&mut self, mut task: Task) -> Result<(), End> {
        let count = self.clients.len();
        let mut last = Trouble::lasting("no server is named for it");
        for index in 0..count {
            let mut attempts = Attempts::default();
            loop {
                let before = task.received;
                let trouble = match self.attempt(index, &mut task) {
                    Ok(()) => return Ok(()),
                    Err(End::Trouble(trouble)) => trouble.of(self.clients[index].name()),
                    Err(parent) => return Err(parent),
                };
                let brought = task.received - before;
                let next = attempts.failed(&trouble, brought, u64::from(self.begun.elapsed().subsec_nanos()));
                last = trouble;
                // A mirror is not waited for.
                let has_next = index + 1 < count;
                let Next::After(wait_ms) = next else { break };
                if has_next && brought == 0 {
                    break;
                }
                let notice = format!("{}; trying again in {} s", last.message, wait_ms.div_ceil(1000));
                send(&mut self.control, &Reply::Notice(notice))?;
                sleep(Duration::from_millis(wait_ms));
            }
        }
        Err(last.into())
    }

    fn attempt(&mut self, index: usize, task: &mut Task) -> Result<(), End> {
        let mut response = self.clients[index].get(&task.target, &task.asked())?;
        let skip = match response.head.status {
            200 => task.received,
            206 if begins_at(&response, task.received) => 0,
            _ => return Err(self.refused(index, response).into()),
        };
        task.check_length(&response, skip)?;
        if !task.to_stdout && task.received == 0 {
            send(&mut self.control, &head_of(&response))?;
        }
        self.copy(&mut response, task, skip)?;
        self.clients[index].finished(response);
        Ok(())
    }

    fn refused(&mut self, index: usize, mut response: Response) -> Trouble {
        match response.read_all(ANSWER_BYTES_MAX) {
            Ok(body) => {
                let head = self.clients[index].finished(response);
                self.clients[index].trouble(&head, &body)
            }
            Err(_) => self.clients[index].trouble(&response.head, &[]),
        }
    }

    /// The body, without its first `skip` bytes.
    fn copy(&mut self, response: &mut Response, task: &mut Task, mut skip: u64) -> Result<(), End> {
        loop {
            let count = response.read(&mut self.buffer)?;
            if count == 0 {
                return task.end(&mut self.control);
            }
            self.wait_for(count as u64);
            let passed = usize::try_from(skip).unwrap_or(usize::MAX).min(count);
            skip -= passed as u64;
            let bytes = &self.buffer[passed..count];
            task.received += bytes.len() as u64;
            task.check_received()?;
            if task.to_stdout {
                self.out.write_all(bytes)?;
                task.tell(&mut self.control, PROGRESS_BYTES)?;
            } else if !bytes.is_empty() {
                send(&mut self.control, &Reply::Bytes(bytes.to_vec()))?;
            }
        }
    }

    fn wait_for(&mut self, bytes: u64) {
        let Some(bucket) = &mut self.bucket else { return };
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        sleep(Duration::from_millis(bucket.take(bytes, now_ms)));
    }

    /// The last bytes of a blob; nothing from a server that gives no parts.
    fn end_of(&mut self, target: &str, blob: &Blob, bytes: u64) -> Result<(), End> {
        let from = blob.size_bytes.saturating_sub(bytes);
        let fields = [("Range", format!("bytes={from}-"))];
        let last = self.clients.len() - 1;
        let mut response = self.clients[last].get(target, &fields)?;
        if response.head.status == 206 && begins_at(&response, from) {
            let end = response.read_all(bytes)?;
            send(&mut self.control, &Reply::Bytes(end))?;
            self.clients[last].finished(response);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), End> {
        let last = self.clients.len() - 1;
        let response = self.clients[last].get("/v2/", &[])?;
        match response.head.status {
            200 => Ok(()),
            404 => Err(Trouble::lasting("there is no registry (it knows no /v2/)").into()),
            _ => Err(self.refused(last, response).into()),
        }
    }
}

impl Task {
    fn new(target: String, size_bytes: Option<u64>, to_stdout: bool) -> Self {
        let accept = if target.contains("/manifests/") { MANIFESTS } else { "*/*" };
        let fields = vec![("Accept", accept.to_owned())];
        Self { target, fields, size_bytes, to_stdout, received: 0, told: 0 }
    }

    fn of(repository: &str, blob: &Blob, to_stdout: bool) -> Self {
        let kind = if blob.is_manifest { "manifests" } else { "blobs" };
        Self::new(format!("/v2/{repository}/{kind}/{}", blob.digest), Some(blob.size_bytes), to_stdout)
    }

    fn asked(&self) -> Vec<(&'static str, String)> {
        let mut fields = self.fields.clone();
        if self.received > 0 {
            fields.push(("Range", format!("bytes={}-", self.received)));
        }
        fields
    }

    /// A body of another length than was promised is not even begun.
    fn check_length(&self, response: &Response, skip: u64) -> Result<(), Trouble> {
        let announced = response.head.field("content-length").and_then(|text| text.parse::<u64>().ok());
        let whole = announced.map(|length| length.saturating_add(self.received - skip));
        match (whole, self.size_bytes) {
            (Some(whole), Some(size_bytes)) if whole != size_bytes => {
                Err(Trouble::lasting(format!("it has {whole} bytes, not {size_bytes} as its manifest says")))
            }
            (Some(whole), None) if whole > DOCUMENT_BYTES_MAX => Err(too_long()),
            _ => Ok(()),
        }
    }

    fn check_received(&self) -> Result<(), Trouble> {
        match self.size_bytes {
            Some(size_bytes) if self.received > size_bytes => Err(Trouble::lasting(format!(
                "it sends more than the {size_bytes} bytes that its manifest says"
            ))),
            None if self.received > DOCUMENT_BYTES_MAX => Err(too_long()),
            _ => Ok(()),
        }
    }

    fn end(&mut self, control: &mut UnixStream) -> Result<(), End> {
        if self.to_stdout {
            self.tell(control, 1)?;
        }
        match self.size_bytes {
            Some(size_bytes) if self.received < size_bytes => {
                let received = self.received;
                Err(Trouble::passing(format!("it ends after {received} of {size_bytes} bytes")).into())
            }
            _ => Ok(()),
        }
    }

    fn tell(&mut self, control: &mut UnixStream, step: u64) -> Result<(), End> {
        if self.received - self.told >= step {
            self.told = self.received;
            send(control, &Reply::Progress(self.received))?;
        }
        Ok(())
    }
}

fn too_long() -> Trouble {
    Trouble::lasting(format!("its manifest has more than {DOCUMENT_BYTES_MAX} bytes"))
}

fn head_of(response: &Response) -> Reply {
    let field = |name| response.head.field(name).map(crate::trouble::shown);
    Reply::Head {
        media_type: field("content-type").unwrap_or_default(),
        digest: field("docker-content-digest"),
    }
}

/// `Content-Range: bytes 100-199/200`
fn begins_at(response: &Response, offset: u64) -> bool {
    let range = response.head.field("content-range").and_then(|text| text.trim().strip_prefix("bytes "));
    range.and_then(|text| text.split('-').next()?.trim().parse().ok()) == Some(offset)
}
