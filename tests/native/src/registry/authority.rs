//! A private certificate authority, and a server's certificate of it for `127.0.0.1` and `localhost`; by openssl.

use crate::outcome::Outcome;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where its files lie.
#[derive(Clone, Debug)]
pub struct Authority {
    directory: PathBuf,
}

impl Authority {
    /// Makes both below `home`.
    ///
    /// # Panics
    /// openssl is missing or fails.
    #[must_use]
    pub fn new(home: &Path) -> Self {
        let this = Self { directory: home.join("authority") };
        fs::create_dir(&this.directory)
            .unwrap_or_else(|e| panic!("making {}: {e}", this.directory.display()));
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        this.openssl(
            &["req", "-x509", "-days", "2", "-subj", "/CN=Tests' authority"],
            &key,
            "ca.key",
            "ca.crt",
        );
        this.openssl(
            &["req", "-x509", "-days", "2", "-subj", "/CN=localhost", "-CA", "ca.crt", "-CAkey", "ca.key"],
            &[&key[..], &["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]].concat(),
            "server.key",
            "server.crt",
        );
        this
    }

    fn openssl(&self, what: &[&str], how: &[&str], key: &str, certificate: &str) {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(&self.directory).args(what).args(how);
        if certificate == "server.crt" {
            openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        }
        Outcome::of(openssl.args(["-keyout", key, "-out", certificate])).ok();
    }

    /// What whoever believes it has.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.directory.join("ca.crt")
    }

    /// The authority's key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.directory.join("ca.key")
    }

    /// The server's.
    #[must_use]
    pub fn server_certificate(&self) -> PathBuf {
        self.directory.join("server.crt")
    }

    /// The server's key.
    #[must_use]
    pub fn server_key(&self) -> PathBuf {
        self.directory.join("server.key")
    }
}
