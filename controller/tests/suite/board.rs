//! A board, as far as a controller sees one.

use crate::client::{Answer, Client};
use crate::rig::{base64, now_s, secret};
use limpet_protocol::fleet::enrol::Enrol;
use limpet_protocol::fleet::link::{self, Delivery};
use limpet_protocol::fleet::report::{AppReport, Progress, Report, Stamp};
use limpet_protocol::fleet::{BoardId, link::EXPORTER};
use limpet_trust::presence::prove;
use limpet_trust::sign::Secret;
use std::net::SocketAddr;

pub(crate) struct Board {
    pub(crate) secret: Secret,
    pub(crate) name: String,
    pub(crate) serial: Option<String>,
    pub(crate) instance: [u8; 16],
}

impl Board {
    pub(crate) fn new(seed: u8, name: &str) -> Self {
        Self { secret: secret(seed), name: name.into(), serial: None, instance: [seed; 16] }
    }

    pub(crate) fn id(&self) -> BoardId {
        BoardId(self.secret.public())
    }

    pub(crate) fn enrol(&self, address: SocketAddr, invite: [u8; 16]) -> Answer {
        let mut client = Client::connect(address).expect("a connection");
        self.enrol_on(&mut client, invite).expect("an answer")
    }

    pub(crate) fn enrol_on(&self, client: &mut Client, invite: [u8; 16]) -> std::io::Result<Answer> {
        let enrol = Enrol {
            invite,
            board: self.id(),
            name: self.name.as_str().try_into().expect("short"),
            arch: "x86_64".try_into().expect("short"),
            serial: self.serial.as_deref().map(|serial| serial.try_into().expect("short")),
            proof: prove(&self.secret, &client.exported(EXPORTER), invite).signature,
        };
        client.ask("POST", link::ENROL, &[], &postcard::to_allocvec(&enrol).expect("has a form"))
    }

    /// A connection on which it is to show who it is.
    pub(crate) fn connect(&self, address: SocketAddr) -> Link {
        self.try_connect(address).expect("a connection")
    }

    pub(crate) fn try_connect(&self, address: SocketAddr) -> std::io::Result<Link> {
        let client = Client::connect(address)?;
        let proof = prove(&self.secret, &client.exported(EXPORTER), self.instance);
        let proof = base64(&postcard::to_allocvec(&proof).expect("has a form"));
        Ok(Link { client, proof: Some(proof) })
    }

    pub(crate) fn report(&self, sequence: u64, taken: (u64, u64)) -> Report {
        Report {
            sequence,
            at: Stamp { seconds: now_s(), synchronised: true },
            uptime_s: 5,
            name: self.name.as_str().try_into().expect("short"),
            arch: "x86_64".try_into().expect("short"),
            version: "0.1.0".try_into().expect("short"),
            kernel: "6.1".try_into().expect("short"),
            root_generation: 1,
            taken,
            refused: None,
            held: None,
            program: None,
            apps: Vec::new(),
            disk_is_low: false,
        }
    }
}

pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) proof: Option<String>,
}

impl Link {
    pub(crate) fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<()> {
        let proof = self.proof.take();
        let mut headers = headers.to_vec();
        headers.extend(proof.iter().map(|proof| (link::PROOF, proof.as_str())));
        self.client.request(method, path, &headers, body)
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        self.request(method, path, headers, body)?;
        self.client.answer()
    }

    pub(crate) fn poll(&mut self, etag: Option<&str>, wait_s: u32) -> Answer {
        self.try_poll(etag, wait_s).expect("an answer")
    }

    pub(crate) fn try_poll(&mut self, etag: Option<&str>, wait_s: u32) -> std::io::Result<Answer> {
        let wait = wait_s.to_string();
        let mut headers = vec![(link::WAIT, wait.as_str())];
        headers.extend(etag.map(|etag| ("If-None-Match", etag)));
        self.ask("GET", link::DESIRED, &headers, &[])
    }

    pub(crate) fn begin_poll(&mut self, etag: Option<&str>, wait_s: u32) {
        let wait = wait_s.to_string();
        let mut headers = vec![(link::WAIT, wait.as_str())];
        headers.extend(etag.map(|etag| ("If-None-Match", etag)));
        self.request("GET", link::DESIRED, &headers, &[]).expect("sent");
    }

    pub(crate) fn tell(&mut self, report: &Report) -> Answer {
        let body = postcard::to_allocvec(report).expect("has a form");
        self.ask("PUT", link::REPORT, &[], &body).expect("an answer")
    }
}

pub(crate) fn delivery(answer: &Answer) -> Delivery {
    assert_eq!(answer.status, 200, "{}", answer.text());
    postcard::from_bytes(&answer.body).expect("a delivery")
}

pub(crate) fn etag(answer: &Answer) -> String {
    answer.header("etag").expect("a tag").to_owned()
}

/// An app that is well.
pub(crate) fn app(name: &str) -> AppReport {
    let name = name.try_into().expect("short");
    AppReport { name, progress: Progress::Committed, wanted: 1, running: 1, well: 1, restarts: 0 }
}
