//! From the names of images to digests, by asking their registries once each.

use super::failure::{During, Failure, Outcome};
use limpet_fetcher::config::{Places, Registries, terms};
use limpet_fetcher::lookup;
use limpet_fetcher::proxy::ProxyVariables;
use limpet_store::{Digest, Reference};
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Asks registries, and remembers what they said.
pub(crate) struct Resolver {
    places: Places,
    registries: Registries,
    known: BTreeMap<String, String>,
}

impl Resolver {
    /// With the logins, certificates and mirrors that are configured here; `insecure` ones are asked without TLS.
    pub(crate) fn new(insecure: &[String]) -> Outcome<Self> {
        let places = Places::of(|name| std::env::var(name).ok());
        let mut registries = Registries::of(&places)?;
        insecure.iter().for_each(|host| registries.without_tls(host));
        Ok(Self { places, registries, known: BTreeMap::new() })
    }

    /// `NAME@sha256:HEX` for whatever a person wrote.
    pub(crate) fn resolve(&mut self, image: &str) -> Outcome<String> {
        if let Some(known) = self.known.get(image) {
            return Ok(known.clone());
        }
        let reference = Reference::parse(image)?;
        let digest = match reference.digest() {
            Some(digest) => *digest,
            None => self.ask(&reference).during(|| format!("look up image {image}"))?,
        };
        let found = reference.at(&digest).to_string();
        self.known.insert(image.to_owned(), found.clone());
        Ok(found)
    }

    /// The digest of the bytes that came, whatever the registry calls it.
    fn ask(&self, reference: &Reference) -> Outcome<Digest> {
        let proxies = ProxyVariables::of(|name| std::env::var(name).ok());
        let terms = terms(reference, &self.places, &self.registries, proxies)?;
        let tag = reference.tag().ok_or_else(|| Failure::new("it names neither a tag nor a digest"))?;
        let document =
            lookup::manifest(terms, tag, &(Arc::new(|text: &str| eprintln!("{text}")) as lookup::Notice))?;
        let hex = super::encoding::hex(&sha2::Sha256::digest(&document.bytes));
        let digest = Digest::from_hex(&hex).ok_or_else(|| Failure::new("its digest is none"))?;
        match document.digest {
            Some(said) if said != digest.to_string() => {
                Err(Failure::new(format!("the registry calls it {said}, and it is {digest}")))
            }
            Some(_) | None => Ok(digest),
        }
    }
}
