//! The certificate and how TLS is spoken: 1.3 only, with ring.

use super::text::hex;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::version::TLS13;
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names of the files that are made in the data directory when no certificate is given.
const FILES: (&str, &str) = ("certificate.pem", "certificate.key");

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {why}", path.display())]
pub(crate) struct TlsError {
    doing: &'static str,
    path: PathBuf,
    why: String,
}

fn because<E: std::fmt::Display>(doing: &'static str, path: &Path) -> impl FnOnce(E) -> TlsError {
    let path = path.to_owned();
    move |why| TlsError { doing, path, why: why.to_string() }
}

/// A certificate with its key.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub(crate) pin: [u8; 32],
}

impl Identity {
    /// The files that were given.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(because("read the certificate", certificate))?;
        let first = chain.first().ok_or("it holds no certificate").map_err(because("use", certificate))?;
        let pin = pin(first).map_err(because("use the certificate", certificate))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(because("read the key", key))?;
        Ok(Self { chain, key, pin })
    }

    /// The one that the controller made for itself, now if there is none yet.
    pub(crate) fn own(data: &Path, url: Option<&str>) -> Result<Self, TlsError> {
        let (certificate, key) = (data.join(FILES.0), data.join(FILES.1));
        // The key comes first: with a certificate, it is there.
        if !certificate.exists() {
            make(&certificate, &key, url)?;
        }
        Self::read(&certificate, &key)
    }

    /// How it is spoken. No session is resumed: connections last, and what is not kept costs nothing.
    pub(crate) fn config(self) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// The pin as people see it.
    pub(crate) fn pin_text(&self) -> String {
        hex(&self.pin)
    }
}

fn pin(certificate: &CertificateDer<'_>) -> Result<[u8; 32], webpki::Error> {
    let certificate = webpki::EndEntityCert::try_from(certificate)?;
    Ok(Sha256::digest(certificate.subject_public_key_info()).into())
}

/// P-256: what boards know is the pin alone, and any client in the world can check it.
fn make(certificate: &Path, key: &Path, url: Option<&str>) -> Result<(), TlsError> {
    let doing = "make a certificate in";
    let pair = KeyPair::generate().map_err(because(doing, key))?;
    let mut params = CertificateParams::new(names(url)).map_err(because(doing, certificate))?;
    params.distinguished_name.push(DnType::CommonName, "limpet-controller");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2120, 1, 1);
    let made = params.self_signed(&pair).map_err(because(doing, certificate))?;
    write(key, pair.serialize_pem().as_bytes()).map_err(because("write", key))?;
    write(certificate, made.pem().as_bytes()).map_err(because("write", certificate))
}

fn names(url: Option<&str>) -> Vec<String> {
    let host = url.and_then(|url| url.strip_prefix("https://")).map(|rest| {
        let rest = rest.split('/').next().unwrap_or(rest);
        match rest.strip_prefix('[') {
            Some(six) => six.split(']').next().unwrap_or(six).to_owned(),
            None => rest.split(':').next().unwrap_or(rest).to_owned(),
        }
    });
    host.into_iter().chain(["localhost".to_owned()]).collect()
}

/// Whole or not at all, and for nobody else.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
