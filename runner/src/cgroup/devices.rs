//! Which devices a container may use: the rules, and their form for v1's `devices.allow`.
//!
//! The rules are an allow-list as docker's: what none of them allows is refused.

use limpet_protocol::launch::{Device, DeviceAccess};

/// Read, write and mknod.
const ALL: DeviceAccess = DeviceAccess { read: true, write: true, mknod: true };
/// Making a node is harmless: opening it is what the filter decides.
const MKNOD: DeviceAccess = DeviceAccess { read: false, write: false, mknod: true };

/// One line of the allow-list; `None` stands for every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRule {
    /// Block or character.
    pub block: bool,
    /// Major number.
    pub major: Option<u32>,
    /// Minor number.
    pub minor: Option<u32>,
    /// What is allowed.
    pub access: DeviceAccess,
}

/// What the device filter lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DevicePolicy {
    /// Everything (`--privileged`).
    All,
    /// The standard devices and these.
    Rules(Vec<DeviceRule>),
}

impl DevicePolicy {
    /// From a launch: its devices besides the standard ones, or all.
    #[must_use]
    pub fn new(devices: &[Device], all_devices: bool) -> Self {
        if all_devices {
            return Self::All;
        }
        let asked = devices.iter().map(DeviceRule::for_device);
        Self::Rules(DeviceRule::STANDARD.into_iter().chain(asked).collect())
    }
}

impl DeviceRule {
    /// What docker allows every container (moby, `oci/defaults.go` and runc's `AllowedDevices`), the most used first.
    pub const STANDARD: [Self; 12] = [
        Self::character(1, Some(3), ALL),    // null
        Self::character(1, Some(9), ALL),    // urandom
        Self::character(136, None, ALL),     // pts
        Self::character(5, Some(2), ALL),    // ptmx
        Self::character(5, Some(0), ALL),    // tty
        Self::character(1, Some(5), ALL),    // zero
        Self::character(1, Some(8), ALL),    // random
        Self::character(1, Some(7), ALL),    // full
        Self::character(5, Some(1), ALL),    // console
        Self::character(10, Some(200), ALL), // net/tun
        Self { block: false, major: None, minor: None, access: MKNOD },
        Self { block: true, major: None, minor: None, access: MKNOD },
    ];

    const fn character(major: u32, minor: Option<u32>, access: DeviceAccess) -> Self {
        Self { block: false, major: Some(major), minor, access }
    }

    fn for_device(device: &Device) -> Self {
        Self {
            block: device.block,
            major: Some(device.major),
            minor: Some(device.minor),
            access: device.access,
        }
    }

    /// One rule per device, as the kernel keeps them: accesses to the same numbers are joined.
    pub(super) fn merged(rules: &[Self]) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::with_capacity(rules.len());
        for rule in rules {
            match merged.iter_mut().find(|known| known.same_device(rule)) {
                Some(known) => known.access = both(known.access, rule.access),
                None => merged.push(*rule),
            }
        }
        merged
    }

    fn same_device(&self, other: &Self) -> bool {
        (self.block, self.major, self.minor) == (other.block, other.major, other.minor)
    }

    /// The kernel's form, `c 1:3 rwm` (Documentation/admin-guide/cgroup-v1/devices.rst).
    #[must_use]
    pub fn v1_line(&self) -> String {
        let kind = if self.block { 'b' } else { 'c' };
        format!("{kind} {}:{} {}", number(self.major), number(self.minor), letters(self.access))
    }
}

const fn both(one: DeviceAccess, other: DeviceAccess) -> DeviceAccess {
    DeviceAccess {
        read: one.read || other.read,
        write: one.write || other.write,
        mknod: one.mknod || other.mknod,
    }
}

fn number(number: Option<u32>) -> String {
    number.map_or_else(|| "*".into(), |number| number.to_string())
}

fn letters(access: DeviceAccess) -> String {
    [(access.read, 'r'), (access.write, 'w'), (access.mknod, 'm')]
        .into_iter()
        .filter_map(|(allowed, letter)| allowed.then_some(letter))
        .collect()
}
