//! passwd and group of an image, which decide who a process is: parted from each other and from the user by bytes 0xff.

use limpet_runner::user::{find, name_of};

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == 0xff).map(String::from_utf8_lossy);
    let mut part = || parts.next().unwrap_or_default().into_owned();
    let (user, extra, passwd, group) = (part(), part(), part(), part());
    let extra: Vec<String> = extra.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if let Some(identity) = find(&user, &extra, &passwd, &group) {
        assert_eq!(find(&user, &extra, &passwd, &group), Some(identity));
    }
    if let Some(name) = name_of(1000, &passwd) {
        assert!(passwd.contains(name));
    }
}
