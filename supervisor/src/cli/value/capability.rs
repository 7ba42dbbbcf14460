//! `--cap-add` and `--cap-drop`: capabilities(7) by name.

#[cfg(test)]
mod tests;

use super::Invalid;

/// Every capability that Linux has had, at its own number.
pub const NAMES: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Capabilities to give and to take, bit n for capability n; [`u64::MAX`] is `ALL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapabilityRules {
    /// `--cap-add`
    pub add: u64,
    /// `--cap-drop`
    pub drop: u64,
}

impl CapabilityRules {
    /// The set that comes of `default`; `all` is what the kernel knows.
    ///
    /// As docker: `--cap-add ALL` begins with all of them, `--cap-drop ALL` with none; then what is named singly is
    /// dropped or added.
    #[must_use]
    pub fn apply(self, default: u64, all: u64) -> u64 {
        let set = match (self.add, self.drop) {
            (u64::MAX, u64::MAX) => 0,
            (u64::MAX, drop) => all & !drop,
            (add, u64::MAX) => add,
            (add, drop) => (default & !drop) | add,
        };
        set & all
    }
}

/// The bit of `NET_ADMIN` or `CAP_NET_ADMIN`, in either case; [`u64::MAX`] for `ALL`.
///
/// # Errors
/// No such capability.
pub fn parse(text: &str) -> Result<u64, Invalid> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
    if name == "ALL" {
        return Ok(u64::MAX);
    }
    let found = NAMES.iter().position(|known| *known == name);
    found.map(|number| 1 << number).ok_or_else(|| {
        let hint = crate::cli::suggest::word(name, NAMES.iter().copied());
        format!("no such capability{hint}").into()
    })
}
