//! Where one scenario plays: its target, a directory for its files, and the boards that it has started.

use crate::board::{self, Board};
use crate::disk::{self, Disk};
use crate::evidence;
use crate::paths;
use crate::spec::{Init, Spec};
use crate::target::Target;
use native_tests::scratch::Scratch;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

/// Room for what containers write; the file is sparse.
const DATA_MIB: u64 = 2048;
/// Of a root with systemd, of which 45 MiB are used; images have to fit, too.
const SYSTEM_MIB: u64 = 1024;
/// Lines of a console that are shown when a scenario has failed.
const CONSOLE_LINES: usize = 60;
/// So many boards, the last ones.
const SHOWN: u32 = 2;

/// The stage.
#[derive(Debug)]
pub struct Stage {
    /// Which target.
    pub target: Target,
    boards: Cell<u32>,
    disks: Cell<u32>,
    scratch: Scratch,
}

impl Stage {
    /// An empty one.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        Self { target: target.clone(), boards: Cell::new(0), disks: Cell::new(0), scratch: Scratch::new() }
    }

    /// Its directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// A board with an empty disk where limpet keeps what lasts, and the payload at /payload.
    #[must_use]
    pub fn spec(&self) -> Spec {
        Spec::new(&self.target)
            .disk(self.data_disk("data"), "/var/lib/limpet")
            .disk(self.payload(), "/payload")
    }

    /// A board that systemd starts, with the same disks; `limpet` is a file in `/usr/bin` and no more.
    #[must_use]
    pub fn systemd_spec(&self) -> Spec {
        self.systemd_root().disk(self.data_disk("data"), "/var/lib/limpet").disk(self.payload(), "/payload")
    }

    /// One with nothing but its root.
    #[must_use]
    pub fn systemd_root(&self) -> Spec {
        Spec { init: Init::Systemd, ..Spec::new(&self.target) }.disk(self.system_disk(), "/")
    }

    /// Boots a board.
    #[must_use]
    pub fn boot(&self, spec: &Spec) -> Board {
        Board::boot(spec, &self.next_place())
    }

    /// A directory for the next board.
    #[must_use]
    pub fn next_place(&self) -> PathBuf {
        let number = self.boards.replace(self.boards.get() + 1);
        let place = self.path().join(format!("board{number}"));
        fs::create_dir(&place).unwrap_or_else(|e| panic!("making {}: {e}", place.display()));
        place
    }

    /// A new empty disk with this serial number.
    #[must_use]
    pub fn data_disk(&self, serial: &str) -> Disk {
        // Each board has its own.
        let number = self.disks.replace(self.disks.get() + 1);
        let path = self.path().join(format!("{serial}{number}.img"));
        disk::make_ext4(&path, "limpet", DATA_MIB);
        Disk { serial: serial.to_owned(), path, readonly: false, log: None }
    }

    /// A Debian root with systemd; to be written to.
    fn system_disk(&self) -> Disk {
        let made = paths::made(&self.target.arch);
        let remedy = format!("tests/qemu/fetch {}", self.target.arch);
        let files = paths::existing(made.join("systemd"), &remedy);
        let cached = made.join("systemd.ext4");
        if !disk::is_current(&cached, &[&files]) {
            let new = disk::aside(&cached, "new");
            disk::make_ext4_of(&new, "system", SYSTEM_MIB, &files.join("root"));
            fs::rename(&new, &cached).unwrap_or_else(|e| panic!("making {}: {e}", cached.display()));
        }
        let path = self.path().join("system.img");
        disk::copy(&cached, &path);
        Disk { serial: "system".to_owned(), path, readonly: false, log: None }
    }

    /// The sample images of this target, on a disk that is only read; made when they are newer.
    #[must_use]
    pub fn payload(&self) -> Disk {
        let architecture = self.target.value("deb_arch");
        let samples = paths::repository().join("target/images").join(architecture);
        let samples = paths::existing(samples, "images/build");
        self.made_of("payload", &samples, &format!("images/{architecture}"))
    }

    /// The suites of this target, likewise.
    #[must_use]
    pub fn suites(&self) -> Disk {
        let remedy = format!("cross/tests {}", self.target.arch);
        let suites = paths::existing(paths::made(&self.target.arch).join("tests"), &remedy);
        self.made_of("suites", &suites, "")
    }

    /// A disk with what `directory` holds, below `place`.
    fn made_of(&self, serial: &str, directory: &Path, place: &str) -> Disk {
        let made = paths::made(&self.target.arch);
        let path = made.join(format!("{serial}.ext4"));
        if !disk::is_current(&path, &[directory]) {
            disk::make_of_copy(&path, serial, directory, place);
        }
        Disk { serial: serial.to_owned(), path, readonly: true, log: None }
    }

    /// What the last boards said of themselves when the scenario failed, and what their consoles showed last, for whoever
    /// wants to know why.
    #[must_use]
    pub fn evidence(&self) -> String {
        (self.boards.get().saturating_sub(SHOWN)..self.boards.get())
            .map(|number| self.of_board(number))
            .collect()
    }

    fn of_board(&self, number: u32) -> String {
        let place = self.path().join(format!("board{number}"));
        let text = board::serial(&place);
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(CONSOLE_LINES)..].join("\n");
        let file =
            |name: &str| fs::read_to_string(place.join(name)).unwrap_or_else(|e| format!("({name}: {e})\n"));
        let (said, qemu) = (file(evidence::FILE), file("qemu.log"));
        format!("--- what board {number} said ---\n{said}--- its console ---\n{last}\n{qemu}")
    }

    /// Leaves the directory for a person to look at.
    pub fn keep(self) -> PathBuf {
        self.scratch.keep()
    }
}
