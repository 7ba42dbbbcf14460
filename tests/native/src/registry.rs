//! An independent registry (Debian's `docker-registry`) on this machine's loopback, filled by `skopeo`.

pub mod authority;
pub mod forwarder;
pub mod layout;
pub mod token;

use crate::outcome::Outcome;
use crate::scratch::Scratch;
use crate::{Limpet, places};
use authority::Authority;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use token::TokenService;

/// Who may pull, where a registry asks.
pub const USER: &str = "someone";
/// Their password.
pub const PASSWORD: &str = "correct horse: battery=staple";

/// What a registry asks of whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    Open,
    /// [`USER`] and [`PASSWORD`] in each request.
    Basic,
    /// A token, which a service gives to [`USER`].
    Token,
}

/// It runs until it is dropped.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    address: String,
    guard: Guard,
    authority: Option<Authority>,
    tokens: Option<TokenService>,
    // Last: what it keeps is gone when it is.
    home: Scratch,
}

impl Registry {
    /// Without TLS, for everybody.
    #[must_use]
    pub fn open() -> Self {
        Self::start(Guard::Open, false)
    }

    /// With what it asks, and with TLS or without.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(guard: Guard, tls: bool) -> Self {
        let home = Scratch::new();
        let authority = (tls || guard == Guard::Token).then(|| Authority::new(home.path()));
        let tokens = (guard == Guard::Token)
            .then(|| TokenService::start(authority.as_ref().expect("it was made for the service")));
        let authority = authority.filter(|_| tls);
        let file = home.path().join("config.yml");
        let text = configuration(&home, guard, authority.as_ref(), tokens.as_ref());
        fs::write(&file, text).unwrap_or_else(|e| panic!("writing {}: {e}", file.display()));
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap_or_else(|e| panic!("starting docker-registry: {e}"));
        let address = address_in_log(process.stderr.take().expect("stderr is a pipe"));
        Self { process, address, guard, authority, tokens, home }
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The reference of a name in it.
    #[must_use]
    pub fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// Where it keeps blobs and manifests.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.home.path().join("data/docker/registry/v2/blobs")
    }

    /// Digest of what the tag `1` of a name means.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn digest(&self, name: &str) -> String {
        let tag = format!("data/docker/registry/v2/repositories/{name}/_manifests/tags/1/current/link");
        let path = self.home.path().join(tag);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()))
    }

    /// Whose certificate it has, if it speaks TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    /// The service that gives tokens for it.
    #[must_use]
    pub fn tokens(&self) -> Option<&TokenService> {
        self.tokens.as_ref()
    }

    /// `skopeo` puts a sample image into it; gives its reference.
    pub fn push_sample(&self, image: &str) -> String {
        self.push(&format!("oci:{}", places::image(image).display()), &format!("{image}:1"))
    }

    /// `skopeo` copies an image from a place that it knows; gives its reference.
    pub fn push(&self, from: &str, name: &str) -> String {
        let reference = self.reference(name);
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--quiet", "--all", "--dest-tls-verify=false"]);
        if self.guard != Guard::Open {
            skopeo.arg(format!("--dest-creds={USER}:{PASSWORD}"));
        }
        Outcome::of(skopeo.arg(from).arg(format!("docker://{reference}"))).ok();
        reference
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may be gone already, which the test has noticed.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn configuration(
    home: &Scratch,
    guard: Guard,
    authority: Option<&Authority>,
    tokens: Option<&TokenService>,
) -> String {
    let home = home.path();
    let tls = authority.map_or_else(String::new, |authority| {
        format!(
            "  tls: {{certificate: {:?}, key: {:?}}}\n",
            authority.server_certificate(),
            authority.server_key()
        )
    });
    let auth = match (guard, tokens) {
        (Guard::Basic, _) => {
            let file = home.join("htpasswd");
            write_passwords(&file);
            format!("auth: {{htpasswd: {{realm: test, path: {file:?}}}}}\n")
        }
        (Guard::Token, Some(tokens)) => format!(
            "auth: {{token: {{realm: {:?}, service: registry, issuer: limpet-tests, rootcertbundle: {:?}}}}}\n",
            tokens.url(),
            tokens.certificate()
        ),
        _ => String::new(),
    };
    format!(
        "version: 0.1\nlog: {{level: info, formatter: text, accesslog: {{disabled: true}}}}\n\
         storage: {{filesystem: {{rootdirectory: {:?}}}, delete: {{enabled: true}}}}\n\
         http:\n  addr: 127.0.0.1:0\n  secret: of-a-test\n{tls}{auth}",
        home.join("data")
    )
}

fn write_passwords(file: &Path) {
    let made = Outcome::of(Command::new("htpasswd").args(["-nbB", USER, PASSWORD])).ok();
    fs::write(file, made.stdout).unwrap_or_else(|e| panic!("writing {}: {e}", file.display()));
}

/// It says where it listens; what it says later is let go, so that it never waits for a reader.
fn address_in_log(log: ChildStderr) -> String {
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let mut said = String::new();
    let address = lines.find_map(|line| {
        said.push_str(&line);
        said.push('\n');
        let rest = line.split_once("listening on ")?.1;
        let end = rest.find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).unwrap_or(rest.len());
        Some(rest[..end].to_owned())
    });
    thread::spawn(move || lines.for_each(drop));
    address.unwrap_or_else(|| panic!("docker-registry does not say where it listens:\n{said}"))
}

impl Limpet {
    /// Its configuration of registries lies in directories of its own: docker's and Limpet's.
    #[must_use]
    pub fn with_configuration(self) -> Self {
        let directories =
            [("DOCKER_CONFIG", self.docker_directory()), ("LIMPET_CONFIG", self.home().join("etc"))];
        directories.into_iter().fold(self, |limpet, (name, path)| {
            fs::create_dir_all(&path).unwrap_or_else(|e| panic!("making {}: {e}", path.display()));
            limpet.with_variable(name, path)
        })
    }

    /// Where its `config.json` lies.
    #[must_use]
    pub fn docker_directory(&self) -> PathBuf {
        self.home().join("docker")
    }

    /// Believes an authority for one registry.
    ///
    /// # Panics
    /// The registry does not speak TLS.
    pub fn believe(&self, authority: &Authority, registry: &str) {
        let directory = self.home().join("etc/certs.d").join(registry);
        fs::create_dir_all(&directory).unwrap_or_else(|e| panic!("making {}: {e}", directory.display()));
        let to = directory.join("ca.crt");
        fs::copy(authority.certificate(), &to).unwrap_or_else(|e| panic!("copying to {}: {e}", to.display()));
    }

    /// Writes its `registries.json`.
    ///
    /// # Panics
    /// [`Limpet::with_configuration`] was not called.
    pub fn registries(&self, value: &serde_json::Value) {
        let file = self.home().join("etc/registries.json");
        fs::write(&file, value.to_string()).unwrap_or_else(|e| panic!("writing {}: {e}", file.display()));
    }
}
