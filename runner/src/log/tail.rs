//! Finds where the last lines of a file begin, from its end and without reading the rest. Pure but for the reads it asks for.

use rustix::io::Errno;

/// What is read at once.
pub(super) const BLOCK_BYTES: usize = 32 * 1024;

/// Fills a buffer with the file's bytes from an offset on.
pub(super) type ReadAt<'a> = dyn FnMut(&mut [u8], u64) -> Result<(), Errno> + 'a;

/// Where the last lines of a file begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// At this byte.
    At(u64),
    /// The file has only so many lines.
    Only(u64),
}

/// Finds the last `lines` lines of a file of `size_bytes`; what follows the last newline is no line.
///
/// `read` fills a buffer from an offset. 0 lines begin after the last newline.
pub(super) fn find(size_bytes: u64, lines: u64, read: &mut ReadAt<'_>) -> Result<Tail, Errno> {
    let mut block = vec![0; BLOCK_BYTES];
    let mut end = size_bytes;
    let mut newlines = 0;
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES as u64);
        let block = &mut block[..usize::try_from(end - start).unwrap_or(BLOCK_BYTES)];
        read(block, start)?;
        for at in (0..block.len()).rev().filter(|&at| block[at] == b'\n') {
            if newlines == lines {
                return Ok(Tail::At(start + at as u64 + 1));
            }
            newlines += 1;
        }
        end = start;
    }
    Ok(if newlines == lines { Tail::At(0) } else { Tail::Only(newlines) })
}
