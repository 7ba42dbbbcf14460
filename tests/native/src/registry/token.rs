//! A token service as docker's "Token Authentication Specification" has it: signed by openssl, given to one user.

use super::authority::Authority;
use super::{PASSWORD, USER};
use crate::http::{Asked, HttpServer};
use serde_json::json;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const LIFETIME_S: u64 = 300;

/// It serves until it is dropped.
#[derive(Debug)]
pub struct TokenService {
    server: HttpServer,
    authority: Authority,
}

impl TokenService {
    /// Its tokens are signed by the authority itself.
    #[must_use]
    pub fn start(authority: &Authority) -> Self {
        let signer = authority.clone();
        let server = HttpServer::start(move |asked, stream| {
            let answer = token(&signer, asked);
            stream.write_all(answer.as_bytes())
        });
        Self { server, authority: authority.clone() }
    }

    /// Its realm.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/token", self.server.address())
    }

    /// By which its tokens are checked.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.authority.certificate()
    }

    /// What it was asked so far: whole heads of requests.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.server.asked()
    }
}

fn token(signer: &Authority, asked: &Asked) -> String {
    let proof = format!("Basic {}", base64(format!("{USER}:{PASSWORD}").as_bytes()));
    if asked.field("authorization") != Some(&proof) {
        return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
    }
    let scope = asked.parameter("scope").unwrap_or_default();
    let access: Vec<_> = match scope.rsplitn(2, ':').collect::<Vec<_>>()[..] {
        [actions, resource] => {
            let (kind, name) = resource.split_once(':').expect("a scope has three parts");
            vec![json!({ "type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>() })]
        }
        _ => vec![],
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    let claims = json!({
        "iss": "limpet-tests", "sub": USER, "aud": "registry", "jti": now.to_string(), "access": access,
        "exp": now + LIFETIME_S, "nbf": now - LIFETIME_S, "iat": now - LIFETIME_S,
    });
    let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [certificate(&signer.certificate())] });
    let unsigned =
        format!("{}.{}", url_safe(header.to_string().as_bytes()), url_safe(claims.to_string().as_bytes()));
    let signature = plain_signature(&sign(&signer.key(), unsigned.as_bytes()));
    let body = json!({ "token": format!("{unsigned}.{}", url_safe(&signature)), "expires_in": LIFETIME_S })
        .to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The base64 between a PEM's lines.
fn certificate(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()));
    text.lines().filter(|line| !line.starts_with("-----")).collect()
}

fn sign(key: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut openssl = Command::new("openssl");
    openssl.args(["dgst", "-sha256", "-sign"]).arg(key).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = openssl.spawn().unwrap_or_else(|e| panic!("starting openssl: {e}"));
    process.stdin.take().expect("stdin is a pipe").write_all(bytes).expect("openssl reads it");
    let output = process.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "openssl signs");
    output.stdout
}

/// ECDSA's two numbers of 32 bytes one after the other (RFC 7518, 3.4), from openssl's DER.
fn plain_signature(der: &[u8]) -> Vec<u8> {
    let first = usize::from(der[3]);
    let (r, s) = (&der[4..4 + first], &der[4 + first + 2..]);
    [r, s].map(number).concat()
}

fn number(der: &[u8]) -> Vec<u8> {
    let significant = &der[der.len().saturating_sub(32)..];
    [vec![0; 32 - significant.len()], significant.to_vec()].concat()
}

/// RFC 4648, 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let whole =
            chunk.iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let digit = (whole >> (18 - 6 * index)) & 63;
            text.push(if index <= chunk.len() { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    text
}

fn url_safe(bytes: &[u8]) -> String {
    base64(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}
