//! How `split` and `index` lie on disk: blocks of LZ4, a ninth of their bytes, nearly as small as fast gzip makes them.
//!
//! After [`MAGIC`] each block is `LENGTH PACKED_LENGTH BYTES`, numbers of 4 bytes, little-endian. A stream of gzip, as it was
//! written before, is read too.

use super::decompress;
use super::flow::read_full;
use std::io::{self, Read, Write};

const MAGIC: [u8; 4] = *b"LZ4\x01";
/// Most bytes of one block, unpacked.
const BLOCK_BYTES_MAX: usize = 64 * 1024;

/// Packs what is written to it. Nothing is complete before [`BlockWriter::finish`].
pub(super) struct BlockWriter<W> {
    out: W,
    pending: Vec<u8>,
}

impl<W: Write> BlockWriter<W> {
    pub(super) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        Ok(Self { out, pending: Vec::with_capacity(BLOCK_BYTES_MAX) })
    }

    /// What it wrote to, when all is written.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.block()?;
        Ok(self.out)
    }

    fn block(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let packed = lz4_flex::block::compress(&self.pending);
        for length in [self.pending.len(), packed.len()] {
            self.out.write_all(&u32::try_from(length).map_err(io::Error::other)?.to_le_bytes())?;
        }
        self.pending.clear();
        self.out.write_all(&packed)
    }
}

impl<W: Write> Write for BlockWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(BLOCK_BYTES_MAX - self.pending.len());
        self.pending.extend_from_slice(&bytes[..count]);
        if self.pending.len() == BLOCK_BYTES_MAX {
            self.block()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Unpacks `source`.
///
/// # Errors
/// The source's; and later, from the reader, `InvalidData` where the stream is damaged.
pub(super) fn read<'a>(mut source: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = [0; MAGIC.len()];
    let count = read_full(&mut source, &mut magic)?;
    if magic == MAGIC {
        return Ok(Box::new(BlockReader { source, block: io::Cursor::default() }));
    }
    let whole = io::Cursor::new(magic[..count].to_vec()).chain(source);
    decompress::gunzipped(Box::new(whole))
}

struct BlockReader<'a> {
    source: Box<dyn Read + 'a>,
    block: io::Cursor<Vec<u8>>,
}

impl BlockReader<'_> {
    /// The next block; an empty one at the end.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        let mut lengths = [0; 8];
        match read_full(&mut self.source, &mut lengths)? {
            0 => return Ok(Vec::new()),
            8 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let [length, packed_length] = [&lengths[..4], &lengths[4..]]
            .map(|bytes| bytes.iter().rev().fold(0, |number: usize, byte| number << 8 | usize::from(*byte)));
        if !(1..=BLOCK_BYTES_MAX).contains(&length)
            || packed_length > lz4_flex::block::get_maximum_output_size(length)
        {
            return Err(damaged());
        }
        let mut packed = vec![0; packed_length];
        self.source.read_exact(&mut packed)?;
        let block = lz4_flex::block::decompress(&packed, length).map_err(|_| damaged())?;
        if block.len() == length { Ok(block) } else { Err(damaged()) }
    }
}

impl Read for BlockReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.position() == self.block.get_ref().len() as u64 {
            self.block = io::Cursor::new(self.next()?);
        }
        self.block.read(buffer)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a block of it is damaged")
}

#[cfg(test)]
mod tests;
