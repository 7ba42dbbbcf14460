//! Where the data of a sparse file lies: GNU's old headers and pax forms 0.0, 0.1 and 1.0 (GNU tar manual,
//! "Sparse Formats").

use super::pax;
use crate::limits::SPARSE_CHUNKS_MAX;
use tar::GnuSparseHeader;

/// A piece of data: offset in the file, and length, in bytes.
pub(crate) type Chunk = (u64, u64);

/// The shape of a sparse file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sparse {
    /// Apparent size of the file.
    pub(crate) size_bytes: u64,
    /// Its data, in order.
    pub(crate) chunks: Vec<Chunk>,
}

impl Sparse {
    /// Adds a piece; what overlaps, goes back, or leaves the file is refused.
    pub(crate) fn push(&mut self, chunk: Chunk) -> Option<()> {
        let end = chunk.0.checked_add(chunk.1)?;
        let last_end = self.chunks.last().map_or(0, |(offset, length)| offset + length);
        if chunk.0 < last_end || end > self.size_bytes || self.chunks.len() >= SPARSE_CHUNKS_MAX {
            return None;
        }
        self.chunks.push(chunk);
        Some(())
    }

    /// Bytes of data.
    pub(crate) fn data_bytes(&self) -> u64 {
        self.chunks.iter().map(|(_, length)| length).sum()
    }

    /// Adds the used ones of a header's fields.
    pub(crate) fn push_gnu(&mut self, fields: &[GnuSparseHeader]) -> Option<()> {
        for field in fields.iter().filter(|field| !field.is_empty()) {
            self.push((field.offset().ok()?, field.length().ok()?))?;
        }
        Some(())
    }
}

/// What the pax records of one entry say about sparseness.
#[derive(Clone, Debug, Default)]
pub(crate) struct PaxSparse {
    /// Form 1.0: the map stands before the data.
    pub(crate) map_in_data: bool,
    /// Apparent size.
    pub(crate) size_bytes: Option<u64>,
    numbers: Vec<u64>,
}

impl PaxSparse {
    /// Takes the value of the record `GNU.sparse.KEY`; `None` if it is malformed.
    pub(crate) fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.map_in_data = pax::number(value)? == 1,
            b"size" | b"realsize" => self.size_bytes = Some(pax::number(value)?),
            b"offset" | b"numbytes" => self.add(pax::number(value)?)?,
            b"map" if !value.is_empty() => {
                value.split(|b| *b == b',').try_for_each(|n| self.add(pax::number(n)?))?;
            }
            _ => {}
        }
        Some(())
    }

    fn add(&mut self, number: u64) -> Option<()> {
        if self.numbers.len() >= 2 * SPARSE_CHUNKS_MAX {
            return None;
        }
        self.numbers.push(number);
        Some(())
    }

    /// The shape, for forms 0.0 and 0.1.
    pub(crate) fn shape(&self) -> Option<Sparse> {
        let mut sparse = Sparse { size_bytes: self.size_bytes?, chunks: Vec::new() };
        if !self.numbers.len().is_multiple_of(2) {
            return None;
        }
        self.numbers.chunks_exact(2).try_for_each(|pair| sparse.push((pair[0], pair[1])))?;
        Some(sparse)
    }
}

/// Form 1.0's map, collected block by block: a count, then that many pairs, one decimal number a line.
#[derive(Debug)]
pub(crate) struct MapReader {
    sparse: Sparse,
    wanted: Option<u64>,
    offset: Option<u64>,
    number: Option<u64>,
}

impl MapReader {
    pub(crate) fn new(size_bytes: u64) -> Self {
        Self { sparse: Sparse { size_bytes, chunks: Vec::new() }, wanted: None, offset: None, number: None }
    }

    /// Takes one block; `Some(true)` when the map is complete, `None` if it is malformed.
    pub(crate) fn block(&mut self, block: &[u8]) -> Option<bool> {
        for byte in block {
            match byte {
                b'0'..=b'9' => {
                    let digit = u64::from(byte - b'0');
                    self.number = Some(self.number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                }
                b'\n' => self.line()?,
                _ => return None,
            }
            if self.wanted == Some(0) {
                return Some(true);
            }
        }
        Some(false)
    }

    fn line(&mut self) -> Option<()> {
        let number = self.number.take()?;
        match (self.wanted, self.offset.take()) {
            (None, _) => self.wanted = Some(number),
            (Some(_), None) => self.offset = Some(number),
            (Some(wanted), Some(offset)) => {
                self.sparse.push((offset, number))?;
                self.wanted = Some(wanted - 1);
            }
        }
        Some(())
    }

    pub(crate) fn finish(self) -> Sparse {
        self.sparse
    }
}

#[cfg(test)]
mod tests;
