//! `/proc/self/status` as a table of fields.

use super::text;
use crate::report::Privileges;

pub(super) struct Status(String);

impl Status {
    pub(super) fn read() -> Self {
        Self(text("/proc/self/status"))
    }

    fn field(&self, name: &str) -> &str {
        let value = |line| str::strip_prefix(line, name)?.strip_prefix(':');
        self.0.lines().find_map(value).unwrap_or_default().trim()
    }

    /// A field of hexadecimal digits; 0 if it is not there.
    pub(super) fn bits(&self, name: &str) -> u64 {
        u64::from_str_radix(self.field(name), 16).unwrap_or(0)
    }

    /// A field of decimal numbers.
    pub(super) fn numbers(&self, name: &str) -> Vec<u32> {
        self.field(name).split_whitespace().filter_map(|n| n.parse().ok()).collect()
    }

    fn number(&self, name: &str) -> u32 {
        self.numbers(name).first().copied().unwrap_or(0)
    }

    pub(super) fn privileges(&self) -> Privileges {
        Privileges {
            inheritable: self.bits("CapInh"),
            permitted: self.bits("CapPrm"),
            effective: self.bits("CapEff"),
            bounding: self.bits("CapBnd"),
            ambient: self.bits("CapAmb"),
            no_new_privileges: self.number("NoNewPrivs") == 1,
            seccomp_mode: self.number("Seccomp"),
            seccomp_filters: self.number("Seccomp_filters"),
        }
    }
}
