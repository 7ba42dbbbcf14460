//! What a board is made of.

use crate::disk::Disk;
use crate::target::Target;

/// A network card, and what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// No card.
    None,
    /// A cable to nowhere: nobody answers.
    Silent,
    /// QEMU's own network: a DHCP server gives 10.0.2.15, and 10.0.2.2 is the loopback of this machine.
    User,
    /// A wire that several boards of one stage share: as [`Network::User`] for all of them, through the one with number 0,
    /// which is there before the others.
    Wire {
        /// Which board on it; each has a card of its own.
        number: u8,
        /// How many there will be.
        boards: u8,
    },
}

/// The first process of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// Limpet, from the initramfs.
    Limpet,
    /// systemd, from the disk that is mounted at `/`.
    Systemd,
}

impl Init {
    /// The command that takes the board down in order.
    #[must_use]
    pub fn power_off(self) -> &'static [&'static str] {
        match self {
            Self::Limpet => &["kill", "-TERM", "1"],
            Self::Systemd => &["systemctl", "poweroff"],
        }
    }

    /// The command that also takes it up again.
    #[must_use]
    pub fn reboot(self) -> &'static [&'static str] {
        match self {
            Self::Limpet => &["limpet", "reboot"],
            Self::Systemd => &["systemctl", "reboot"],
        }
    }
}

/// What a board is made of.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Which target.
    pub target: Target,
    /// `6.12` or `6.1`.
    pub kernel: &'static str,
    /// Memory.
    pub memory_mib: u32,
    /// Words for the kernel's command line.
    pub words: Vec<String>,
    /// Its disks.
    pub disks: Vec<Disk>,
    /// Whether a reboot boots again, instead of ending QEMU.
    pub reboots: bool,
    /// Its network card.
    pub network: Network,
    /// What its clock of hardware says at the start, as QEMU takes it: `1970-01-01T00:00:00`; the right time, if none.
    pub clock: Option<&'static str>,
    /// Kernel modules in addition to the usual ones, loaded before them.
    pub modules: Vec<String>,
    /// Whether it has the watchdog that `targets/ARCH/board.conf` names.
    pub watchdog: bool,
    /// Its first process.
    pub init: Init,
}

impl Spec {
    /// The usual: the newer kernel, 512 MiB, no disk.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        Self {
            target: target.clone(),
            kernel: "6.12",
            memory_mib: 512,
            words: Vec::new(),
            disks: Vec::new(),
            reboots: false,
            network: Network::None,
            clock: None,
            modules: Vec::new(),
            watchdog: false,
            init: Init::Limpet,
        }
    }

    /// With another kernel.
    #[must_use]
    pub fn kernel(mut self, version: &'static str) -> Self {
        self.kernel = version;
        self
    }

    /// With more words on the kernel's command line.
    #[must_use]
    pub fn words(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    /// With a network card.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// With a clock that says something else.
    #[must_use]
    pub fn clock(mut self, time: &'static str) -> Self {
        self.clock = Some(time);
        self
    }

    /// With another kernel module.
    #[must_use]
    pub fn module(mut self, name: &str) -> Self {
        self.modules.push(name.to_owned());
        self
    }

    /// With a watchdog that bites after `seconds`.
    #[must_use]
    pub fn watchdog(mut self, seconds: u32) -> Self {
        self.watchdog = true;
        let module = self.target.value("watchdog").to_owned();
        self.module(&module).words(&[&format!("limpet.watchdog={seconds}")])
    }

    /// A reboot boots again.
    #[must_use]
    pub fn reboots(mut self) -> Self {
        self.reboots = true;
        self
    }

    /// With a disk, mounted at `path`.
    #[must_use]
    pub fn disk(mut self, disk: Disk, path: &str) -> Self {
        let readonly = if disk.readonly { ",ro" } else { "" };
        self.words.push(format!("limpet.mount=SERIAL={},{path},ext4{readonly}", disk.serial));
        self.disks.push(disk);
        self
    }
}
