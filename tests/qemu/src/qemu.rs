//! The command line of QEMU for one board, and its monitor.

use crate::board::Spec;
use crate::disk::Disk;
use std::path::Path;

/// Files of one board in its directory.
pub(crate) const SERIAL_LOG: &str = "serial.log";
pub(crate) const CHANNEL: &str = "channel";
pub(crate) const MONITOR: &str = "monitor";
pub(crate) const INITRAMFS: &str = "initramfs";

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
    let own = [
        format!("console={} quiet panic=-1", spec.target.value("console")),
        format!("limpet.console={program}"),
    ];
    own.into_iter().chain(spec.words.iter().cloned()).collect::<Vec<_>>().join(" ")
}

fn disk_arguments(index: usize, disk: &Disk) -> Vec<String> {
    let readonly = if disk.readonly { "on" } else { "off" };
    let path = disk.path.display();
    words(&[
        "-drive",
        &format!("if=none,id=disk{index},format=raw,file={path},read-only={readonly},cache=unsafe"),
        "-device",
        &format!("virtio-blk-pci,drive=disk{index},serial={}", disk.serial),
    ])
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
