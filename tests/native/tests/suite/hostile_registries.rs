//! Registries that lie, stall or flood: each is refused within its limits, in one line, and nothing is left of it.

use native_tests::http::{Asked, HttpServer};
use native_tests::registry::layout::{Layout, respond};
use native_tests::{Limpet, places};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread, time::Duration};

fn limpet() -> Limpet {
    Limpet::new().with_configuration()
}

fn busybox() -> Layout {
    Layout::of_directory(&places::image("busybox")).expect("the sample is a layout")
}

/// Every file and directory of a store.
fn everything(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                left.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    found
}

/// A store as it is when nothing was ever pulled into it.
fn store_is_empty(limpet: &Limpet) {
    assert_eq!(limpet.ok(&["images", "-q"]).text(), "");
    let left: Vec<_> =
        everything(limpet.root()).into_iter().filter(|path| path.is_file() && !is_lock(path)).collect();
    assert!(left.is_empty(), "left behind: {left:#?}");
    let staged = everything(&limpet.root().join("staging"));
    assert!(staged.is_empty(), "left behind: {staged:#?}");
}

fn is_lock(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "lock")
}

/// Pulls from a server that answers requests for blobs in its own way (it is told how many bytes the honest answer has),
/// and the rest as busybox's registry does.
fn refused(words: &[&str], blob: impl Fn(&mut TcpStream, usize) -> io::Result<()> + Send + Sync + 'static) {
    let layout = busybox();
    let server = HttpServer::start(move |asked, stream| {
        if asked.target().contains("/blobs/") {
            blob(stream, layout.answer(asked).map_or(0, |(_, bytes)| bytes.len()))
        } else {
            respond(&layout, asked, stream)
        }
    });
    pull_is_refused(&server, words);
}

fn pull_is_refused(server: &HttpServer, words: &[&str]) {
    let limpet = limpet();
    limpet.registries(&json!({ "stall-seconds": 1 }));
    limpet.try_to(&["pull", "-q", &format!("{}/x:1", server.address())]).refused(1, words);
    store_is_empty(&limpet);
}

fn head(fields: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{fields}\r\n").into_bytes()
}

/// What is said of some of the wrong archives of `images/nasty`: that they are refused is not enough, it must be for this.
const OWN_ERRORS: &[(&str, &str)] = &[
    ("blob-digest", "its digest is sha256:"),
    ("diff-id", "its diff_id is sha256:"),
    ("diff-id-count", "its manifest has 1 layers, its configuration 2"),
    ("size-larger", "it has 273 bytes, not 274 as its manifest says"),
    ("size-smaller", "it has 273 bytes, not 10 as its manifest says"),
    ("manifest-deep", "more than 32768 values"),
    ("layers-10000", "more than 32768 values"),
    ("index-chain", "indexes lie too deep in one another"),
    ("dotdot", "its path climbs out of the layer"),
    ("symlink-absolute", "its path leads through the symbolic link \"s\" to the root directory"),
    ("hardlink-absolute", "a hard link to \"/etc/hostname\", which this layer does not have"),
    ("whiteout-dotdot", "a whiteout of nothing"),
    ("truncated-gzip", "incomplete deflate stream"),
    ("truncated-tar", "unexpected end of file"),
    ("gzip-checksum", "does not have a matching checksum"),
    ("pax-huge", "an extended header is over 1048576 bytes"),
    ("sparse-huge", "it unpacks to more than 100 times the 113 bytes it has; give --max-size"),
    ("bomb-gzip", "it unpacks to more than 1073741824 bytes; raise --max-size if you trust it"),
    ("bomb-zstd", "it unpacks to more than 100 times the "),
];

/// One layer more than an image may have.
#[test]
fn a_layer_more_than_there_can_be() {
    let layers = vec![
        json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "size": 1024,
        "digest": format!("sha256:{}", "1".repeat(64)) });
        129
    ];
    let config =
        json!({ "architecture": if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" }, "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": vec![format!("sha256:{}", "1".repeat(64)); 129] } })
        .to_string();
    let digest = |bytes: &str| {
        let mut sum =
            Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
        sum.stdin.take().expect("a pipe").write_all(bytes.as_bytes()).expect("it reads");
        let said = sum.wait_with_output().expect("it ends").stdout;
        format!("sha256:{}", String::from_utf8_lossy(&said[..64]))
    };
    let manifest = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "size": config.len(),
            "digest": digest(&config) }, "layers": layers })
    .to_string();
    let server = HttpServer::start(move |asked, stream| {
        let (kind, body) = match asked.target().contains("/manifests/") {
            true => ("application/vnd.oci.image.manifest.v1+json", &manifest),
            false => ("application/octet-stream", &config),
        };
        stream.write_all(&head(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len())))?;
        stream.write_all(body.as_bytes())
    });
    pull_is_refused(&server, &["rootfs.diff_ids", "at most 128 layers"]);
}

#[test]
fn what_is_wrong_in_an_archive_is_wrong_in_a_registry() {
    let limpet = limpet();
    let made = limpet.home().join("nasty");
    let maker = places::repository().join("images/nasty/make.py");
    let status = Command::new("python3").arg(maker).arg(&made).output().expect("python3 is installed").status;
    assert!(status.success());
    let listing: Value =
        serde_json::from_slice(&fs::read(made.join("manifest.json")).expect("it is made")).expect("JSON");
    let cases: Vec<_> =
        listing.as_array().expect("a list").iter().filter(|case| case["format"] == "oci-archive").collect();
    let mut served = 0;
    for case in &cases {
        let archive = made.join(case["file"].as_str().expect("a name"));
        let Some(layout) = Layout::of_archive(&archive) else { continue };
        served += 1;
        one(case, &archive, &layout);
    }
    // Archives that are no tars or no layouts cannot be served.
    assert!(served + 12 > cases.len(), "only {served} of {} could be served", cases.len());
}

fn one(case: &Value, archive: &Path, layout: &Layout) {
    let name = format!("{} ({})", case["file"], case["reason"]);
    let server = layout.serve();
    let limpet = limpet();
    let victim = case["victim"].as_str().map(|path| fs::write(path, "victim").map(|()| path));
    let limit = case["limit_bytes"].as_u64().map(|bytes| format!("--max-size={bytes}"));
    let reference = format!("{}/x:1", server.address());
    let mut words = vec!["pull", "-q"];
    words.extend(limit.as_deref());
    words.push(&reference);
    let pulled = limpet.try_to(&words);
    match (case["expect"].as_str(), pulled.code) {
        (Some("load" | "either"), 0) => same_as_loaded(&limpet, &reference, archive, &name),
        (Some("refuse" | "either"), 1) => {
            assert_eq!(pulled.stderr.trim_end().lines().count(), 1, "{name}: {pulled:#?}");
            let file = case["file"].as_str().expect("a name");
            for (_, words) in OWN_ERRORS.iter().filter(|(name, _)| file.split('.').next() == Some(name)) {
                assert!(pulled.stderr.contains(words), "{name}: {words:?} is not in {pulled:#?}");
            }
            store_is_empty(&limpet);
        }
        _ => panic!("{name}: {pulled:#?}"),
    }
    if let Some(path) = case["escape"].as_str() {
        assert!(!Path::new(path).exists(), "{name}: {path} was written");
    }
    if let Some(Ok(path)) = victim {
        fs::remove_file(path).unwrap_or_else(|e| panic!("{name}: the victim is gone: {e}"));
    }
}

/// What was pulled and what was loaded (which the store's tests compare with what umoci unpacks) hold the same.
fn same_as_loaded(limpet: &Limpet, reference: &str, archive: &Path, name: &str) {
    let other = Limpet::new();
    other.ok(&["load", "-i", archive.to_str().expect("UTF-8")]);
    let id = |limpet: &Limpet, name: &str| limpet.ok(&["images", "-q", "--no-trunc", name]).text().to_owned();
    let loaded = other.ok(&["images", "-q", "--no-trunc"]);
    let pulled = id(limpet, reference);
    assert!(loaded.lines().any(|line| line == pulled), "{name}: {loaded:?} was loaded, {pulled} pulled");
    assert_eq!(layers(limpet), layers(&other), "{name}");
}

/// Every entry of every layer: what find(1) says of it, the digest of its contents, and its extended attributes.
fn layers(limpet: &Limpet) -> Vec<String> {
    // The times of whiteouts, and of directories that no entry describes, are nobody's.
    let script = "set -e; find . -path './*/tree*' ! -type c ! -type d -printf '%P|%y|%m|%U|%G|%s|%T@|%l\\n' | sort; \
                  find . -path './*/tree*' -type c -printf '%P|%y|%m|%U|%G\\n' | sort; \
                  find . -path './*/tree*' -type d -printf '%P|%m|%U|%G\\n' | sort; \
                  find . -path './*/tree*' -type f -print0 | sort -z | xargs -0r sha256sum; \
                  find . -path './*/tree*' -print0 | sort -z | xargs -0r getfattr -h -d -m - -e hex --absolute-names";
    let output = Command::new("sh").args(["-c", script]).current_dir(limpet.root().join("layers")).output();
    let output = output.expect("sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn other_bytes_than_were_promised() {
    refused(&["digest"], |stream, length| {
        stream.write_all(&head(&format!("Content-Length: {length}\r\n")))?;
        stream.write_all(&vec![b' '; length])
    });
}

#[test]
fn another_length_than_was_promised() {
    refused(&["bytes, not", "manifest"], |stream, _| {
        stream.write_all(&head("Content-Length: 7\r\n"))?;
        stream.write_all(b"1234567")
    });
}

#[test]
fn a_body_without_an_end() {
    refused(&["more than", "bytes"], |stream, _| {
        stream.write_all(&head(""))?;
        loop {
            stream.write_all(&[0; 64 * 1024])?;
        }
    });
}

#[test]
fn a_manifest_without_an_end() {
    let server = HttpServer::start(|_, stream| {
        stream.write_all(&head("Content-Type: application/json\r\n"))?;
        loop {
            stream.write_all(&[b' '; 64 * 1024])?;
        }
    });
    pull_is_refused(&server, &["more than", "bytes"]);
}

#[test]
fn a_head_without_an_end_or_with_too_many_fields() {
    let flood = HttpServer::start(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n")?;
        }
    });
    pull_is_refused(&flood, &[flood.address()]);
}

#[test]
fn a_byte_now_and_then() {
    refused(&["slow"], |stream, _| {
        stream.write_all(&head(""))?;
        loop {
            stream.write_all(b" ")?;
            thread::sleep(Duration::from_millis(300));
        }
    });
}

#[test]
fn nothing_at_all() {
    let silent = HttpServer::start(|_, _| {
        thread::sleep(Duration::from_secs(5));
        Ok(())
    });
    pull_is_refused(&silent, &[silent.address()]);
}

#[test]
fn redirects_without_an_end() {
    let server = HttpServer::start(|_, stream| {
        stream.write_all(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /v2/again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    });
    pull_is_refused(&server, &["redirects too often"]);
}

#[test]
fn a_password_never_follows_a_redirect() {
    let layout = busybox();
    let stranger = layout.serve();
    let elsewhere = stranger.address().to_owned();
    let registry = HttpServer::start(move |asked, stream| guarded(&layout, &elsewhere, asked, stream));
    let limpet = limpet();
    let auth = "dXNlcjpwYXNzd29yZA=="; // user:password
    let config = json!({ "auths": { registry.address(): { "auth": auth } } });
    fs::write(limpet.docker_directory().join("config.json"), config.to_string()).expect("it is writable");
    limpet.ok(&["pull", "-q", &format!("{}/x:1", registry.address())]);
    assert!(registry.asked().iter().any(|head| head.contains(auth)), "the registry is told it");
    let told = stranger.asked();
    assert!(!told.is_empty(), "nobody followed the redirect");
    assert!(told.iter().all(|head| !head.to_ascii_lowercase().contains("authorization")), "{told:#?}");
}

fn guarded(layout: &Layout, elsewhere: &str, asked: &Asked, stream: &mut TcpStream) -> io::Result<()> {
    if asked.field("authorization").is_none() {
        let wants =
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n";
        return stream.write_all(format!("{wants}Connection: close\r\n\r\n").as_bytes());
    }
    if asked.target().contains("/blobs/") {
        let target = asked.target();
        let moved = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{elsewhere}{target}\r\n");
        return stream.write_all(format!("{moved}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    }
    respond(layout, asked, stream)
}
