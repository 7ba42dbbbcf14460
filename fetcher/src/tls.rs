//! TLS 1.3: rustls over ring. (1.2 would be 65 KB more; what serves images has spoken 1.3 for years.)
//!
//! ring has its own code for processors without AES instructions, which a Raspberry Pi 4 is; such a board asks for
//! ChaCha20 first. (Compared on x86_64, bytes added to a static program, when 1.2 and ring's P-256 were still in: ring
//! 842,000, rustls-rustcrypto 855,000; graviola needs AES instructions.) Client certificates are not offered, so nothing that
//! signs is in the file.

mod p256;
mod pin;
mod provider;

use crate::http::connection::Stream;
use crate::http::patience::Patience;
use crate::trouble::{Remedy, Trouble};
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned,
};
use std::io;
use std::sync::Arc;
use std::time::Instant;

const TOO_OLD: &str =
    "it does not speak TLS 1.3, which limpet wants; is there a newer server, or a proxy for it?";

/// TLS on a stream.
pub type Secured = StreamOwned<ClientConnection, Box<dyn Stream>>;

/// Who is believed to be whom.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    believes_nobody: bool,
}

impl Tls {
    /// Believes these certificates, as PEM. What of `bundle` is no certificate is passed over, as everybody does; what
    /// stands in `own` must be one.
    pub fn new(bundle: &[u8], own: &[u8]) -> Result<Self, Trouble> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle).flatten());
        for certificate in CertificateDer::pem_slice_iter(own) {
            let added = certificate
                .map_err(|error| error.to_string())
                .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
            added.map_err(|reason| {
                Trouble::lasting(format!("a certificate in certs.d cannot be used: {reason}"))
            })?;
        }
        let believes_nobody = roots.is_empty();
        let config = ClientConfig::builder_with_provider(Arc::new(provider::provider()))
            .with_safe_default_protocol_versions()
            .map_err(Trouble::protocol)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), believes_nobody })
    }

    /// Believes whoever has the key with this SHA-256 of its SubjectPublicKeyInfo, whatever name and dates it was given.
    ///
    /// # Errors
    /// None that can happen.
    pub fn pinned(pin: [u8; 32]) -> Result<Self, Trouble> {
        let config = ClientConfig::builder_with_provider(Arc::new(provider::provider()))
            .with_safe_default_protocol_versions()
            .map_err(Trouble::protocol)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(pin::Pinned(pin)));
        let mut config = config.with_no_client_auth();
        // One connection is held as long as it can be; tickets of it would be kept for nothing.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), believes_nobody: false })
    }

    /// Puts TLS on a stream to `host`.
    ///
    /// # Errors
    /// The other side is not who it must be, or does not speak TLS 1.3.
    pub fn over(
        &self,
        mut stream: Box<dyn Stream>,
        host: &str,
        patience: Patience,
    ) -> Result<Secured, Trouble> {
        let name = ServerName::try_from(host.to_owned()).map_err(Trouble::protocol)?;
        let mut session = ClientConnection::new(self.config.clone(), name).map_err(Trouble::protocol)?;
        self.greet(&mut session, &mut *stream, patience).map_err(|trouble| trouble.of("TLS"))?;
        Ok(StreamOwned::new(session, stream))
    }

    /// The handshake, which takes no longer than the head of an answer may.
    fn greet(
        &self,
        session: &mut ClientConnection,
        mut stream: &mut dyn Stream,
        patience: Patience,
    ) -> Result<(), Trouble> {
        let begun = Instant::now();
        let broken = |error: io::Error| Trouble::broken("agree on a key", &error);
        let mut heard = false;
        while session.is_handshaking() {
            while session.wants_write() {
                session.write_tls(&mut stream).map_err(broken)?;
            }
            if begun.elapsed() > patience.head() {
                return Err(Trouble::slow("it did not answer in time"));
            }
            match session.read_tls(&mut stream).map_err(broken)? {
                0 if !heard => return Err(Trouble { remedy: Remedy::Plain, ..ended() }),
                0 => return Err(ended()),
                _ => heard = true,
            }
            if let Err(error) = session.process_new_packets() {
                // An alert that says why. If it does not arrive, the other side has lost nothing.
                let _told = session.write_tls(&mut stream);
                return Err(self.explained(&error));
            }
        }
        Ok(())
    }

    fn explained(&self, error: &Error) -> Trouble {
        let reason = match error {
            Error::InvalidMessage(_) => {
                let reason =
                    "it does not speak it; to do without, name it under plain-http in registries.json";
                return Trouble { remedy: Remedy::Plain, ..Trouble::lasting(reason) };
            }
            Error::InvalidCertificate(error) => return Trouble::lasting(self.certificate(error)),
            Error::AlertReceived(AlertDescription::ProtocolVersion) => TOO_OLD.to_owned(),
            Error::AlertReceived(alert) => format!("it refuses ({alert:?})"),
            Error::PeerIncompatible(_) => TOO_OLD.to_owned(),
            other => other.to_string(),
        };
        Trouble::lasting(reason)
    }

    fn certificate(&self, error: &CertificateError) -> String {
        let wrong_clock = "; is this board's clock right?";
        match error {
            CertificateError::UnknownIssuer if self.believes_nobody => {
                "this board has no certificates of authorities: install ca-certificates, or put the registry's into \
                 /etc/limpet/certs.d/HOST/ca.crt"
                    .to_owned()
            }
            CertificateError::UnknownIssuer => "its certificate is of no authority that is known here; a private one \
                                                belongs into /etc/limpet/certs.d/HOST/ca.crt"
                .to_owned(),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("its certificate has expired{wrong_clock}")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("its certificate is not valid yet{wrong_clock}")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name".to_owned()
            }
            CertificateError::ApplicationVerificationFailure => "its key is not the one that was pinned".to_owned(),
            other => format!("its certificate is not good ({other:?})"),
        }
    }
}

/// What only the two ends of this connection know (RFC 8446, 7.5), for this purpose.
///
/// # Errors
/// The handshake is not over.
pub fn exported(secured: &Secured, label: &[u8]) -> Result<[u8; 32], Trouble> {
    secured.conn.export_keying_material([0; 32], label, None).map_err(Trouble::protocol)
}

fn ended() -> Trouble {
    Trouble::passing("the connection ended in the middle")
}

#[cfg(test)]
mod tests;
