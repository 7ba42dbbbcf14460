//! Where a body ends: by its length, in chunks (RFC 9112, 7.1), or with the connection. Pure.

use crate::limits::CHUNK_LINE_BYTES_MAX;

/// How the end of a body is told, and how much of it is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked(Chunks),
    /// Until the connection ends.
    UntilClose,
}

/// Where in a chunked body one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunks {
    state: State,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(u64),
    DataEnd,
    Trailer,
    Done,
}

/// A chunked body is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its chunks are malformed")]
pub(crate) struct BadChunk;

/// What stands at the beginning of what has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// So many bytes of the body, which the caller takes.
    Data(usize),
    /// So many bytes that do not belong to it.
    Skip(usize),
    /// More must come first.
    More,
    /// The body is whole.
    End,
}

impl Framing {
    /// At the beginning of a chunked body.
    #[must_use]
    pub(crate) fn chunked() -> Self {
        Self::Chunked(Chunks::default())
    }

    /// Looks at what has come; what is [`Piece::Data`] or [`Piece::Skip`] counts as taken.
    ///
    /// # Errors
    /// Malformed chunks.
    pub(crate) fn next(&mut self, come: &[u8]) -> Result<Piece, BadChunk> {
        match self {
            Self::Length(0) => Ok(Piece::End),
            Self::Length(left) => Ok(data(left, come)),
            Self::UntilClose if come.is_empty() => Ok(Piece::More),
            Self::UntilClose => Ok(Piece::Data(come.len())),
            Self::Chunked(chunks) => chunks.next(come),
        }
    }

    /// Takes back so many bytes of the last [`Piece::Data`].
    pub(crate) fn give_back(&mut self, bytes: u64) {
        match self {
            Self::Length(left) | Self::Chunked(Chunks { state: State::Data(left), .. }) => *left += bytes,
            Self::Chunked(_) | Self::UntilClose => {}
        }
    }

    /// Whether the connection may end here.
    #[must_use]
    pub(crate) fn may_end(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.state == State::Done,
            Self::UntilClose => true,
        }
    }
}

fn data(left: &mut u64, come: &[u8]) -> Piece {
    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(come.len());
    if length == 0 {
        return Piece::More;
    }
    *left -= length as u64;
    Piece::Data(length)
}

impl Chunks {
    fn next(&mut self, come: &[u8]) -> Result<Piece, BadChunk> {
        match &mut self.state {
            State::Done => Ok(Piece::End),
            State::Data(0) => {
                self.state = State::DataEnd;
                self.next(come)
            }
            State::Data(left) => Ok(data(left, come)),
            State::Size | State::DataEnd | State::Trailer => self.line(come),
        }
    }

    /// Takes bytes up to the end of a line.
    fn line(&mut self, come: &[u8]) -> Result<Piece, BadChunk> {
        let end = come.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(come.len(), |end| end + 1);
        if self.line.len() + taken > CHUNK_LINE_BYTES_MAX {
            return Err(BadChunk);
        }
        self.line.extend_from_slice(&come[..taken]);
        if end.is_none() {
            return Ok(if taken == 0 { Piece::More } else { Piece::Skip(taken) });
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r\n").ok_or(BadChunk)?;
        self.state = match self.state {
            State::Size => match size(line)? {
                0 => State::Trailer,
                size => State::Data(size),
            },
            State::DataEnd if line.is_empty() => State::Size,
            State::Trailer if line.is_empty() => State::Done,
            State::Trailer => State::Trailer,
            State::DataEnd | State::Data(_) | State::Done => return Err(BadChunk),
        };
        Ok(Piece::Skip(taken))
    }
}

/// Hexadecimal digits; what follows a semicolon is an extension that nobody uses.
fn size(line: &[u8]) -> Result<u64, BadChunk> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let text = std::str::from_utf8(digits).map_err(|_| BadChunk)?.trim_end();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BadChunk);
    }
    u64::from_str_radix(text, 16).map_err(|_| BadChunk)
}

#[cfg(test)]
mod tests;
