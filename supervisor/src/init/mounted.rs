//! What is mounted, from `/proc/self/mountinfo` (proc(5)).

#[cfg(test)]
mod tests;

use std::fs;

/// Whether a file system is mounted at `path` itself. Before /proc is there, nothing is.
pub(super) fn is_mounted(path: &str) -> bool {
    points(&table()).iter().any(|point| point == path)
}

/// The table as the kernel shows it.
pub(super) fn table() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap_or_default()
}

/// Where something is mounted, in the order in which it was.
pub(super) fn points(table: &str) -> Vec<String> {
    table.lines().filter_map(|line| line.split(' ').nth(4)).map(unescape).collect()
}

/// The kernel writes blanks, newlines and backslashes as `\` and three octal digits.
fn unescape(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, left) = escaped(rest).unwrap_or((first, after));
        plain.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn escaped(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let digits = bytes.strip_prefix(b"\\")?.get(..3)?;
    let value = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
    Some((value, &bytes[4..]))
}
