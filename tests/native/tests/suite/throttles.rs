//! Throttles of disks hold: what flows is measured from inside, on a loop device of the test's own.

use native_tests::Limpet;
use std::fs::File;
use std::path::Path;
use std::process::Command;

/// The device that is read and written.
const DISK_BYTES: u64 = 4 << 20;
/// Tries to find a free device, of which tests that run beside this one take some, too.
const TRIES: u32 = 20;
/// One transfer of dd's, past the page cache.
const BLOCK_BYTES: u64 = 64 << 10;
/// At a megabyte or 16 transfers a second this takes 3 s.
const BLOCKS: u64 = 48;
const BYTES_PER_SECOND: f64 = (BLOCKS * BLOCK_BYTES) as f64 / 3.0;
const BLOCKS_PER_SECOND: f64 = BLOCKS as f64 / 3.0;
/// The kernel counts in slices of a tenth of a second, and lets one go at once.
const OVER: f64 = 1.15;
/// A machine that is busy with other tests may take longer than the limit asks.
const UNDER: f64 = 0.3;

/// A loop device over a file of zeros, detached on drop.
struct Disk(String);

impl Disk {
    fn new(home: &Path) -> Self {
        let path = home.join("disk");
        let file = File::create(&path).expect("the scratch directory is writable");
        file.set_len(DISK_BYTES).expect("the file system has sparse files");
        // In two steps, as every losetup(8) has them; somebody else may take the same device between them.
        let device = (0..TRIES).map(|_| free_device()).find(|device| attach(device, &path));
        Self(device.expect("losetup(8) attaches a file to a device that was free"))
    }

    /// Seconds that `dd ARGS` takes in a container with `limit`.
    fn seconds(&self, limpet: &Limpet, limit: &[&str], dd: &str) -> f64 {
        let device = format!("{}:/dev/disk", self.0);
        let now = "cut -d' ' -f1 /proc/uptime";
        let script = format!("{now}; dd bs={BLOCK_BYTES} count={BLOCKS} {dd} 2>/dev/null && {now}");
        let run = ["run", "--rm", "--device", device.as_str()];
        let output = limpet.ok(&[&run[..], limit, &["busybox", "sh", "-c", &script]].concat());
        let times: Vec<f64> = output.lines().map(|line| line.parse().expect("a time")).collect();
        let [begin, end] = times[..] else { panic!("dd failed: {times:?}") };
        end - begin
    }
}

fn free_device() -> String {
    let output = Command::new("losetup").arg("-f").output().expect("losetup(8) is there");
    assert!(output.status.success(), "losetup -f: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn attach(device: &str, file: &Path) -> bool {
    let status = Command::new("losetup").arg(device).arg(file).status();
    status.expect("losetup(8) is there").success()
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A device that stays shows in the next test's `losetup --find`; nothing more can be done here.
        drop(Command::new("losetup").args(["-d", &self.0]).status());
    }
}

/// `dd ARGS` moves `amount` in all; with `flag DEVICE:RATE` no more than `per_second` of it.
fn holds(flag: &str, dd: &str, amount: f64, per_second: f64) {
    let limpet = Limpet::with(&["busybox"]);
    let disk = Disk::new(limpet.home());
    let free = amount / disk.seconds(&limpet, &[], dd).max(0.01);
    assert!(free > 2.0 * per_second, "without a limit only {free} a second: this proves nothing");
    let limit = format!("{}:{}", disk.0, per_second.round());
    let seen = amount / disk.seconds(&limpet, &[flag, &limit], dd);
    println!("{flag}: {seen:.0} a second of {per_second:.0}; without it {free:.0}");
    assert!(seen <= per_second * OVER, "{flag} {per_second}: {seen} a second");
    assert!(seen >= per_second * UNDER, "{flag} {per_second}: {seen} a second");
}

#[test]
fn bytes_read_are_throttled() {
    let bytes = (BLOCKS * BLOCK_BYTES) as f64;
    holds("--device-read-bps", "if=/dev/disk of=/dev/null iflag=direct", bytes, BYTES_PER_SECOND);
}

#[test]
fn bytes_written_are_throttled() {
    let bytes = (BLOCKS * BLOCK_BYTES) as f64;
    holds("--device-write-bps", "if=/dev/zero of=/dev/disk oflag=direct", bytes, BYTES_PER_SECOND);
}

#[test]
fn reads_are_throttled() {
    let dd = "if=/dev/disk of=/dev/null iflag=direct";
    holds("--device-read-iops", dd, BLOCKS as f64, BLOCKS_PER_SECOND);
}

#[test]
fn writes_are_throttled() {
    let dd = "if=/dev/zero of=/dev/disk oflag=direct";
    holds("--device-write-iops", dd, BLOCKS as f64, BLOCKS_PER_SECOND);
}
