//! As much of HTTP/1 (RFC 9112) as whoever fetches metrics needs. Pure: bytes in, what is asked and bytes out.

#[cfg(test)]
mod tests;

/// Longest request; one that is longer asks for something else.
pub(super) const REQUEST_BYTES_MAX: usize = 4096;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is not all here yet.
    More,
    /// Metrics, or (`HEAD`) how long they are.
    Metrics {
        /// Without the text itself.
        head: bool,
    },
    /// Something else, which is answered with this status.
    Other(&'static str),
}

/// What `bytes`, all that came so far, ask.
pub(super) fn understand(bytes: &[u8]) -> Asked {
    let ends = |end: &[u8]| bytes.windows(end.len()).any(|window| window == end);
    if !ends(b"\r\n\r\n") && !ends(b"\n\n") {
        let room = bytes.len() < REQUEST_BYTES_MAX;
        return if room { Asked::More } else { Asked::Other("431 Request Header Fields Too Large") };
    }
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Asked::Other("400 Bad Request");
    };
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    match (method, path) {
        _ if !version.starts_with(b"HTTP/1.") => Asked::Other("505 HTTP Version Not Supported"),
        (b"GET", b"/metrics" | b"/") => Asked::Metrics { head: false },
        (b"HEAD", b"/metrics" | b"/") => Asked::Metrics { head: true },
        (b"GET" | b"HEAD", _) => Asked::Other("404 Not Found"),
        _ => Asked::Other("405 Method Not Allowed"),
    }
}

/// The answer; one conversation has one.
pub(super) fn answer(status: &str, text: &str, head: bool) -> Vec<u8> {
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let length = text.len();
    let body = if head { "" } else { text };
    format!(
        "HTTP/1.1 {status}\r\n{allow}Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
