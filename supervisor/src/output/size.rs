//! Amounts of bytes for people: decimal units for disks (`12.3MB`), binary ones for memory (`64MiB`), as docker.

#[cfg(test)]
mod tests;

const DECIMAL: &[&str] = &["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const BINARY: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// `12.3MB`: three significant digits, for images and disks.
#[must_use]
pub fn decimal(bytes: u64) -> String {
    scaled(bytes, 1000, DECIMAL, 3)
}

/// `61.04MiB`: four significant digits, for memory.
#[must_use]
pub fn binary(bytes: u64) -> String {
    scaled(bytes, 1024, BINARY, 4)
}

/// In integers: a hundredth of a unit is not lost to a float.
fn scaled(bytes: u64, base: u128, units: &[&str], digits: u32) -> String {
    let bytes = u128::from(bytes);
    let mut scale: u128 = 1;
    let mut unit = 0;
    while unit + 1 < units.len() && bytes >= scale * base {
        scale *= base;
        unit += 1;
    }
    let (mut number, carried) = significant(bytes, scale, digits, base);
    if carried && unit + 1 < units.len() {
        unit += 1;
        number = String::from("1");
    }
    format!("{number}{}", units[unit])
}

/// `bytes / scale` rounded to `digits` digits, without zeros at its end; true if it rounds up to a whole `base`.
fn significant(bytes: u128, scale: u128, digits: u32, base: u128) -> (String, bool) {
    let whole_digits = (bytes / scale).max(1).ilog10() + 1;
    let decimals = digits.saturating_sub(whole_digits);
    let power = 10_u128.pow(decimals);
    let rounded = (bytes * power + scale / 2) / scale;
    let (whole, fraction) = (rounded / power, rounded % power);
    if whole >= base {
        return (String::new(), true);
    }
    if fraction == 0 {
        return (whole.to_string(), false);
    }
    let fraction = format!("{fraction:0width$}", width = decimals as usize);
    (format!("{whole}.{}", fraction.trim_end_matches('0')), false)
}
