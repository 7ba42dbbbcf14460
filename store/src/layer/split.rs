//! `split`: everything of a layer's tar but the contents of its files, so that `save` can write the same tar.
//!
//! Pieces, packed in [`super::blocks`]. `0 LENGTH BYTES` are bytes as they stood; `1 LABEL PATHLENGTH PATH COUNT (OFFSET LENGTH)*
//! DIGEST` are parts of the file at PATH below `tree`, or, if a later entry replaced that file, of `shadow/LABEL`.
//! Numbers are 8 bytes, little-endian; the digest is the SHA-256 of these parts, one after the other, in 32 bytes.

use super::blocks::{self, BlockWriter};
use super::flow::read_full;
use super::sparse::Chunk;
use crate::digest::{Digest, HashingWriter};
use crate::limits::{PATH_BYTES_MAX, SPARSE_CHUNKS_MAX};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

const BYTES: u8 = 0;
const PART: u8 = 1;
const PIECE_BYTES_MAX: usize = 32 * 1024;

/// Writes a split.
pub(crate) struct SplitWriter {
    out: BlockWriter<HashingWriter<BufWriter<File>>>,
    pending: Vec<u8>,
}

impl SplitWriter {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        Ok(Self {
            out: BlockWriter::begin(HashingWriter::new(BufWriter::new(file)))?,
            pending: Vec::with_capacity(PIECE_BYTES_MAX),
        })
    }

    /// Bytes as they stood in the tar.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE_BYTES_MAX) {
            if self.pending.len() + piece.len() > PIECE_BYTES_MAX {
                self.flush()?;
            }
            self.pending.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Parts of a file.
    pub(crate) fn part(
        &mut self,
        label: u64,
        path: &[u8],
        chunks: &[Chunk],
        digest: &Digest,
    ) -> io::Result<()> {
        self.flush()?;
        let mut record = vec![PART];
        record.extend_from_slice(&label.to_le_bytes());
        record.extend_from_slice(&(path.len() as u64).to_le_bytes());
        record.extend_from_slice(path);
        record.extend_from_slice(&(chunks.len() as u64).to_le_bytes());
        for (offset, length) in chunks {
            record.extend_from_slice(&offset.to_le_bytes());
            record.extend_from_slice(&length.to_le_bytes());
        }
        record.extend_from_slice(digest.bytes());
        self.out.write_all(&record)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.out.write_all(&[BYTES])?;
            self.out.write_all(&(self.pending.len() as u64).to_le_bytes())?;
            self.out.write_all(&self.pending)?;
            self.pending.clear();
        }
        Ok(())
    }

    /// Its own digest, when all of it is written.
    pub(crate) fn finish(mut self) -> io::Result<Digest> {
        self.flush()?;
        let (mut out, digest) = self.out.finish()?.finish();
        out.flush()?;
        Ok(digest)
    }
}

/// One piece of a split.
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Part { label: u64, path: Vec<u8>, chunks: Vec<Chunk>, digest: Digest },
}

/// Reads a split.
pub(crate) struct SplitReader {
    source: Box<dyn Read>,
}

impl SplitReader {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        Ok(Self { source: blocks::read(Box::new(file))? })
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        let mut kind = [0];
        if read_full(&mut self.source, &mut kind)? == 0 {
            return Ok(None);
        }
        match kind[0] {
            BYTES => self.sized(PIECE_BYTES_MAX).map(|bytes| Some(Piece::Bytes(bytes))),
            PART => self.part().map(Some),
            _ => Err(damaged()),
        }
    }

    fn part(&mut self) -> io::Result<Piece> {
        let label = self.number()?;
        let path = self.sized(PATH_BYTES_MAX)?;
        let count = self.number()?;
        if count > SPARSE_CHUNKS_MAX as u64 {
            return Err(damaged());
        }
        let chunks = (0..count).map(|_| Ok((self.number()?, self.number()?))).collect::<io::Result<_>>()?;
        let mut digest = [0; 32];
        self.source.read_exact(&mut digest)?;
        Ok(Piece::Part { label, path, chunks, digest: Digest::from_bytes(digest) })
    }

    fn sized(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let length =
            usize::try_from(self.number()?).ok().filter(|length| *length <= limit).ok_or_else(damaged)?;
        let mut bytes = vec![0; length];
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the record of the layer's tar is damaged")
}

#[cfg(test)]
mod tests;
