//! gzip, zstd or nothing: told by the first bytes, as docker does, because media types are often wrong.

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

const BUFFER_BYTES: usize = 64 * 1024;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// zstd's skippable frames are 0x184d2a50 to 5f, little-endian (RFC 8878, 3.1.2).
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];
const BZIP2: [u8; 3] = *b"BZh";
const XZ: [u8; 6] = *b"\xfd7zXZ\0";

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
    /// A known one that is not read, by name.
    Other(&'static str),
}

impl Packing {
    /// Tells by the first bytes (six are enough).
    pub(crate) fn of(start: &[u8]) -> Self {
        if start.starts_with(&GZIP) {
            Self::Gzip
        } else if start.starts_with(&ZSTD)
            || (start.get(1..4) == Some(&ZSTD_SKIPPABLE) && start[0] & 0xf0 == 0x50)
        {
            Self::Zstd
        } else if start.starts_with(&BZIP2) {
            Self::Other("bzip2")
        } else if start.starts_with(&XZ) {
            Self::Other("xz")
        } else {
            Self::Plain
        }
    }
}

/// A reader of the unpacked bytes of `source`.
///
/// # Errors
/// The source's, and a packing that is not read.
pub(crate) fn unpacked<'a>(source: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    let mut source = BufReader::with_capacity(BUFFER_BYTES, source);
    Ok(match Packing::of(source.fill_buf()?) {
        Packing::Plain => Box::new(source),
        Packing::Gzip => Box::new(MultiGzDecoder::new(source)),
        Packing::Zstd => {
            Box::new(Zstd { source: Box::new(source), decoder: FrameDecoder::new(), open: false })
        }
        Packing::Other(name) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("it is packed with {name}; gzip and zstd are read"),
            ));
        }
    })
}

/// The same of what can be gzip only.
///
/// # Errors
/// The source's, and `InvalidData` where it is not.
pub(crate) fn gunzipped<'a>(source: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    let mut source = BufReader::with_capacity(BUFFER_BYTES, source);
    match Packing::of(source.fill_buf()?) {
        Packing::Gzip => Ok(Box::new(MultiGzDecoder::new(source))),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// All frames of a zstd stream; ruzstd's own reader ends after the first.
struct Zstd<'a> {
    source: Box<dyn BufRead + 'a>,
    decoder: FrameDecoder,
    open: bool,
}

impl Zstd<'_> {
    /// Opens the next frame with data in it; false at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    skip(&mut *self.source, u64::from(length))?;
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(false)
    }
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.open && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.open && !self.decoder.is_finished() {
                let wanted = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, wanted).map_err(damaged)?;
                continue;
            }
            self.open = self.next_frame()?;
            if !self.open {
                return Ok(0);
            }
        }
    }
}

/// In words: the type of the error would bring the code to show all that is in it.
fn damaged(error: impl fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn skip(source: &mut dyn BufRead, length: u64) -> io::Result<()> {
    let skipped = io::copy(&mut source.take(length), &mut io::sink())?;
    if skipped < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
