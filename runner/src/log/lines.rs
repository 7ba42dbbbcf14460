//! Cuts a stream of bytes into lines of bounded length: pieces as the kernel delivered them in, lines out. Pure.

/// The unfinished line of one stream. Holds heap memory only while a line is unfinished.
#[derive(Debug)]
pub(super) struct Lines {
    unfinished: Vec<u8>,
    line_bytes_max: usize,
}

impl Lines {
    /// Lines of at most `line_bytes_max` bytes, their `\n` included (at least 4, the longest character).
    pub(super) fn new(line_bytes_max: usize) -> Self {
        Self { unfinished: Vec::new(), line_bytes_max: line_bytes_max.max(4) }
    }

    /// Takes `bytes` and gives each line that they finish, or fill, to `emit`.
    pub(super) fn feed(&mut self, mut bytes: &[u8], emit: &mut dyn FnMut(&[u8])) {
        while !bytes.is_empty() {
            let room = self.line_bytes_max - self.unfinished.len();
            let near = &bytes[..room.min(bytes.len())];
            let (piece, rest) = match near.iter().position(|&b| b == b'\n') {
                Some(at) => bytes.split_at(at + 1),
                None if near.len() == room => bytes.split_at(room),
                None => return self.unfinished.extend_from_slice(near),
            };
            if self.unfinished.is_empty() {
                self.emit(piece, emit);
            } else {
                let mut line = std::mem::take(&mut self.unfinished);
                line.extend_from_slice(piece);
                self.emit(&line, emit);
            }
            bytes = rest;
        }
    }

    /// Gives what is unfinished to `emit`: the stream has ended.
    pub(super) fn end(&mut self, emit: &mut dyn FnMut(&[u8])) {
        let rest = std::mem::take(&mut self.unfinished);
        if !rest.is_empty() {
            emit(&rest);
        }
    }

    /// Gives `line` away, but for a character that is cut at its end.
    fn emit(&mut self, line: &[u8], emit: &mut dyn FnMut(&[u8])) {
        let (whole, cut) = line.split_at(line.len() - cut_character_bytes(line));
        emit(whole);
        self.unfinished.extend_from_slice(cut);
    }
}

/// Bytes at the end of `line` that begin a UTF-8 character and do not finish it.
pub(super) fn cut_character_bytes(line: &[u8]) -> usize {
    let followers = line.iter().rev().take(3).take_while(|&&b| b & 0xc0 == 0x80).count();
    let have = followers + 1;
    if have > line.len() {
        return 0;
    }
    let wants = match line[line.len() - have] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    };
    if have < wants { have } else { 0 }
}
