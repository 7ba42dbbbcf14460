//! The command line of QEMU for one board.

use crate::disk::Disk;
use crate::spec::{Init, Network, Spec};
use std::path::Path;

/// Files of one board in its directory.
pub(crate) const SERIAL_LOG: &str = "serial.log";
pub(crate) const CHANNEL: &str = "channel";
pub(crate) const MONITOR: &str = "monitor";
pub(crate) const INITRAMFS: &str = "initramfs";

/// What the monitor knows the network card's other end by.
pub(crate) const CABLE: &str = "net";

/// What a kernel does at its start that only costs time on a CPU that does not exist: a quarter of it.
const HASTE: &str = "mitigations=off nokaslr cryptomgr.notests";

/// What systemd is told: its journal goes to the console, to be shown when a scenario fails.
const SYSTEMD: &str = "systemd.journald.forward_to_console=1 systemd.show_status=0 systemd.firstboot=0";

/// The kernel's own watchdog, which needs no device.
const SOFTDOG: &str = "softdog";

/// Where a board's console goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Console {
    /// To a file, for later.
    Log,
    /// To whoever started us.
    Here,
}

/// The arguments after the program.
pub(crate) fn arguments(spec: &Spec, kernel: &Path, place: &Path, console: Console) -> Vec<String> {
    let file = |name: &str| place.join(name).display().to_string();
    let memory = spec.memory_mib.to_string();
    let mut arguments = words(&[
        "-M",
        spec.target.value("machine"),
        "-cpu",
        spec.target.value("cpu"),
        "-accel",
        &format!("tcg,thread={}", spec.target.value("threads")),
        "-smp",
        "2",
        "-m",
        &memory,
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-kernel",
        &kernel.display().to_string(),
        "-initrd",
        &file(INITRAMFS),
        "-append",
        &command_line(spec, console),
        "-qmp",
        &format!("unix:{},server=on,wait=off", file(MONITOR)),
        "-device",
        "virtio-rng-pci",
    ]);
    arguments.extend(match console {
        Console::Log => words(&[
            "-chardev",
            &format!("file,id=console,path={}", file(SERIAL_LOG)),
            "-serial",
            "chardev:console",
        ]),
        Console::Here => words(&["-serial", "mon:stdio"]),
    });
    arguments.extend(words(&[
        "-device",
        "virtio-serial-pci",
        "-chardev",
        &format!("socket,id=channel,path={}", file(CHANNEL)),
        "-device",
        &format!("virtserialport,chardev=channel,name={}", crate::wire::PORT),
    ]));
    arguments.extend(spec.disks.iter().enumerate().flat_map(|(index, disk)| disk_arguments(index, disk)));
    arguments.extend(network_arguments(spec.network, place));
    if spec.watchdog && spec.target.value("watchdog") != SOFTDOG {
        arguments.extend(words(&["-device", spec.target.value("watchdog")]));
    }
    if let Some(time) = spec.clock {
        arguments.extend(words(&["-rtc", &format!("base={time}")]));
    }
    if !spec.reboots {
        arguments.push("-no-reboot".to_owned());
    }
    arguments
}

fn command_line(spec: &Spec, console: Console) -> String {
    let program = match console {
        Console::Log => "/bin/agent",
        Console::Here => "/bin/sh",
    };
    let mut own = vec![
        format!("{} quiet panic=-1 {HASTE}", spec.target.value("boot")),
        format!("limpet.console={program}"),
    ];
    if spec.init == Init::Systemd {
        own.push(SYSTEMD.to_owned());
    }
    own.into_iter().chain(spec.words.iter().cloned()).collect::<Vec<_>>().join(" ")
}

fn disk_arguments(index: usize, disk: &Disk) -> Vec<String> {
    let readonly = if disk.readonly { "on" } else { "off" };
    let path = disk.path.display();
    let backend = match &disk.log {
        None => words(&[
            "-drive",
            &format!("if=none,id=disk{index},format=raw,file={path},read-only={readonly},cache=unsafe"),
        ]),
        // Nothing need reach this machine's own disk: what a cut leaves is made from the log.
        Some(log) => words(&[
            "-blockdev",
            &format!(
                "driver=blklogwrites,node-name=disk{index},log-sector-size=512,log-super-update-interval=1,\
                 file.driver=file,file.filename={path},file.cache.no-flush=on,\
                 log.driver=file,log.filename={},log.cache.no-flush=on",
                log.display()
            ),
        ]),
    };
    let device = format!(
        "virtio-blk-pci,drive=disk{index},serial={},write-cache={}",
        disk.serial,
        if disk.readonly { "auto" } else { "on" }
    );
    [backend, words(&["-device", &device])].concat()
}

fn network_arguments(network: Network, place: &Path) -> Vec<String> {
    let netdevs = netdevs(network, place);
    if netdevs.is_empty() {
        return Vec::new();
    }
    let number = if let Network::Wire { number, .. } = network { number } else { 0 };
    // Without the firmware for booting from a network, which is a file that not every installation has.
    let card = format!("virtio-net-pci,netdev={CABLE},romfile=,mac={}", card_address(number));
    let netdevs = netdevs.into_iter().flat_map(|netdev| ["-netdev".to_owned(), netdev]);
    netdevs.chain(["-device".to_owned(), card]).collect()
}

/// Of the card of the board with this number: QEMU's own for the first.
pub(crate) fn card_address(number: u8) -> String {
    format!("52:54:00:12:34:{:02x}", 0x56 + number)
}

/// The one that the card is plugged into, and what that needs.
fn netdevs(network: Network, place: &Path) -> Vec<String> {
    let cable = |behind: &str| format!("{behind},id={CABLE}");
    match network {
        Network::None => vec![],
        Network::Silent => vec![cable("hubport,hubid=0")],
        Network::User => vec![cable("user,ipv6=off")],
        // A hub joins its card, the way out and the others.
        Network::Wire { number: 0, boards } => {
            let way_out =
                ["user,ipv6=off,id=out".to_owned(), "hubport,hubid=0,netdev=out,id=to-out".to_owned()];
            let others = (1..boards).flat_map(|other| {
                let (id, path) = (format!("wire{other}"), wire(place, other));
                [
                    format!("stream,id={id},server=on,addr.type=unix,addr.path={path}"),
                    format!("hubport,hubid=0,netdev={id},id=to-{id}"),
                ]
            });
            [cable("hubport,hubid=0")].into_iter().chain(way_out).chain(others).collect()
        }
        Network::Wire { number, .. } => {
            vec![cable(&format!("stream,server=off,addr.type=unix,addr.path={}", wire(place, number)))]
        }
    }
}

/// The socket by which the board with this number is on the wire; beside the boards' own directories.
fn wire(place: &Path, number: u8) -> String {
    place.with_file_name(format!("wire{number}")).display().to_string()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
