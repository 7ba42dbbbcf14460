//! The supervisor's part: starts the process, signs whatever it is asked to (with no key), and hears.

use limpet_fetcher::proxy::ProxyVariables;
use limpet_protocol::fleet::link::Proof;
use limpet_protocol::fleet::{BoardId, PublicKey, Signature};
use limpet_sync::courier::{Courier, command};
use limpet_sync::wire::{Purpose, Said, Terms, Told};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::path::Path;
use std::process::Child;

pub(crate) struct Parent {
    pub(crate) courier: Courier,
    pub(crate) child: Child,
    /// What was signed last.
    pub(crate) proven: [u8; 32],
}

/// What was said, for longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Prove([u8; 32]),
    Root(Vec<u8>),
    Desired(Vec<u8>),
    Delivered(String),
    Reported(u64),
    Chunk(Vec<u8>),
    Whole,
    Missing(String),
    Connected,
    Failing(String),
    Stale,
    Enrolled(String),
    Refused(String),
}

impl Parent {
    pub(crate) fn start(url: &str, pin: [u8; 32], purpose: Purpose) -> Self {
        Self::start_by(url, pin, purpose, ProxyVariables::default())
    }

    pub(crate) fn start_by(url: &str, pin: [u8; 32], purpose: Purpose, proxies: ProxyVariables) -> Self {
        let terms = Terms { url: url.to_owned(), pin, proxies, purpose };
        let (courier, theirs) = Courier::pair(&terms).unwrap();
        let child = command(Path::new("/proc/self/exe"), theirs).spawn().unwrap();
        Self { courier, child, proven: [0; 32] }
    }

    pub(crate) fn follow(fake: &super::fake::Fake) -> Self {
        let purpose = Purpose::Follow { wait_s: 900, etag: None, backoff_ms: 0 };
        Self::start(&fake.url, fake.pin, purpose)
    }

    pub(crate) fn tell(&mut self, told: &Told) {
        self.courier.send(told).unwrap();
    }

    pub(crate) fn report(&mut self, sequence: u64, urgent: bool) {
        self.tell(&Told::Report { sequence, urgent, bytes: vec![7; 300] });
    }

    /// The next word; what is to be signed is answered.
    pub(crate) fn hear(&mut self) -> Heard {
        let heard = self.next();
        if let Heard::Prove(exported) = heard {
            self.sign(exported);
            return self.hear();
        }
        heard
    }

    /// Without a key: the fake looks at nothing but what was signed.
    pub(crate) fn sign(&mut self, exported: [u8; 32]) {
        self.proven = exported;
        let key = PublicKey([1; 32]);
        let signature = Signature { key, r: exported, s: [3; 32] };
        self.tell(&Told::Proof(Proof { board: BoardId(key), instance: [4; 16], signature }));
    }

    /// The next word that is not this one.
    pub(crate) fn hear_but(&mut self, other: &Heard) -> Heard {
        loop {
            let heard = self.hear();
            if heard != *other {
                return heard;
            }
        }
    }

    /// Passes over everything until it fails; why.
    pub(crate) fn failing(&mut self) -> String {
        loop {
            if let Heard::Failing(why) = self.hear() {
                return why;
            }
        }
    }

    pub(crate) fn next(&mut self) -> Heard {
        loop {
            if let Some(said) = self.courier.receive().expect("it lives") {
                return owned(&said);
            }
            let timeout = Timespec { tv_sec: super::HANG.as_secs().cast_signed(), tv_nsec: 0 };
            let ready = poll(&mut [PollFd::new(&self.courier, PollFlags::IN)], Some(&timeout)).unwrap();
            assert!(ready > 0, "it says nothing");
        }
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn owned(said: &Said<'_>) -> Heard {
    match *said {
        Said::Prove(exported) => Heard::Prove(exported),
        Said::Root(bytes) => Heard::Root(bytes.to_vec()),
        Said::Desired(bytes) => Heard::Desired(bytes.to_vec()),
        Said::Delivered(etag) => Heard::Delivered(etag.to_owned()),
        Said::Reported(sequence) => Heard::Reported(sequence),
        Said::Chunk(bytes) => Heard::Chunk(bytes.to_vec()),
        Said::Whole => Heard::Whole,
        Said::Missing(why) => Heard::Missing(why.to_owned()),
        Said::Connected => Heard::Connected,
        Said::Failing(why) => Heard::Failing(why.to_owned()),
        Said::Stale { .. } => Heard::Stale,
        Said::Enrolled(name) => Heard::Enrolled(name.to_owned()),
        Said::Refused(why) => Heard::Refused(why.to_owned()),
    }
}
