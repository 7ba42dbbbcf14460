//! A registry that serves one OCI layout exactly as it is, wrong or not: nothing in it is looked at.

use crate::http::{Asked, HttpServer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The files of a layout.
#[derive(Clone, Debug)]
pub struct Layout {
    files: Arc<BTreeMap<String, Vec<u8>>>,
}

impl Layout {
    /// Of an archive; `None` if tar(1) finds no layout in it.
    ///
    /// # Panics
    /// tar is missing, or the scratch directory cannot be read.
    #[must_use]
    pub fn of_archive(archive: &Path) -> Option<Self> {
        let scratch = crate::scratch::Scratch::new();
        let tar = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(scratch.path()).output();
        let is_whole = tar.expect("tar is installed").status.success();
        is_whole.then(|| Self::of_directory(scratch.path())).flatten()
    }

    /// Of a directory; `None` if it has no `index.json`.
    ///
    /// # Panics
    /// It cannot be read.
    #[must_use]
    pub fn of_directory(path: &Path) -> Option<Self> {
        let read =
            |path: &Path| std::fs::read(path).unwrap_or_else(|e| panic!("reading {}: {e}", path.display()));
        let index = path.join("index.json");
        let mut files = BTreeMap::from([("index.json".to_owned(), index.exists().then(|| read(&index))?)]);
        for entry in std::fs::read_dir(path.join("blobs/sha256")).into_iter().flatten().flatten() {
            files.insert(format!("sha256:{}", entry.file_name().to_string_lossy()), read(&entry.path()));
        }
        Some(Self { files: Arc::new(files) })
    }

    /// What a request asks for: its media type and its bytes.
    #[must_use]
    pub fn answer(&self, asked: &Asked) -> Option<(String, &[u8])> {
        let name = asked.target().rsplit('/').next()?;
        if let Some(bytes) = self.files.get(name) {
            let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
            let kind = value["mediaType"].as_str().unwrap_or("application/octet-stream");
            return Some((kind.to_owned(), bytes));
        }
        // Whatever the tag.
        let is_tag = asked.target().contains("/manifests/") && !name.starts_with("sha256:");
        is_tag.then(|| (INDEX.to_owned(), &self.files["index.json"][..]))
    }

    /// Serves it.
    #[must_use]
    pub fn serve(&self) -> HttpServer {
        let layout = self.clone();
        HttpServer::start(move |asked, stream| respond(&layout, asked, stream))
    }
}

/// The honest answer of a registry with this layout; ranges are honoured.
///
/// # Errors
/// The client is gone.
pub fn respond(layout: &Layout, asked: &Asked, stream: &mut dyn Write) -> io::Result<()> {
    let Some((kind, bytes)) = layout.answer(asked) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let from =
        asked.field("range").and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok());
    let (status, range) = match from {
        Some(from) => (
            "206 Partial Content",
            format!("Content-Range: bytes {from}-{}/{}\r\n", bytes.len().saturating_sub(1), bytes.len()),
        ),
        None => ("200 OK", String::new()),
    };
    let bytes = &bytes[from.unwrap_or(0).min(bytes.len())..];
    let length = bytes.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{range}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(bytes)
}
