//! The kernel's list form of CPUs and memory nodes, `0-2,7` (cpuset(7), "List format").

/// Highest number that is accepted in a list.
const NUMBER_MAX: u32 = 65_535;

/// Ranges in ascending order, merged; `None` if the text is not such a list. Empty text is an empty list.
pub(super) fn parse(text: &str) -> Option<Vec<(u32, u32)>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    let mut ranges = text.split(',').map(range).collect::<Option<Vec<_>>>()?;
    ranges.sort_unstable();
    Some(merged(&ranges))
}

fn range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = (number(first)?, number(last)?);
    (range.0 <= range.1).then_some(range)
}

fn number(text: &str) -> Option<u32> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= NUMBER_MAX)
}

fn merged(sorted: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
    for &(first, last) in sorted {
        match ranges.last_mut() {
            Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
            _ => ranges.push((first, last)),
        }
    }
    ranges
}
