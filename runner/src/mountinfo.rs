//! What is mounted, from `/proc/self/mountinfo` (proc_pid_mountinfo(5)).

#[cfg(test)]
mod tests;

use std::{fs, io};

/// Whether a file system is mounted at `path` itself. Before /proc is there, nothing is.
#[must_use]
pub fn is_mounted(path: &str) -> bool {
    table().is_ok_and(|table| points(&table).any(|point| point == path))
}

/// The table as the kernel shows it; what is no UTF-8 in it is replaced.
///
/// # Errors
/// /proc is not there.
pub fn table() -> io::Result<String> {
    fs::read("/proc/self/mountinfo").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Where something is mounted, in the order in which it was.
pub fn points(table: &str) -> impl DoubleEndedIterator<Item = String> {
    table.lines().filter_map(|line| line.split(' ').nth(4)).map(unescape)
}

/// Where something is mounted below `top`, as paths that begin with `/` there.
pub fn points_below(table: &str, top: &str) -> Vec<String> {
    let below =
        |point: String| point.strip_prefix(top).filter(|rest| rest.starts_with('/')).map(str::to_owned);
    points(table).filter_map(below).collect()
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
