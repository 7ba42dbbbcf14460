//! This machine, as a board on QEMU's own network sees it.

use crate::board::Board;

/// This machine's loopback there.
const ADDRESS: &str = "10.0.2.2";

/// An address of this machine's loopback, as a board has to write it.
pub(crate) fn from_board(address: &str) -> String {
    address.replace("127.0.0.1", ADDRESS)
}

impl Board {
    /// Names a registry on this machine, which speaks plain HTTP, at its address `there`; others are named no more.
    pub(crate) fn names_registry(&mut self, there: &str) {
        let file = "/etc/limpet/registries.json";
        self.sh(&format!("rm -f {file}"));
        self.write(file, format!("{{\"plain-http\": [\"{there}\"]}}").as_bytes());
    }

    /// Waits for a way out.
    pub(crate) fn until_connected(&mut self) {
        self.until("it knows a way out", "ip route | grep -q 'default via'");
    }
}
