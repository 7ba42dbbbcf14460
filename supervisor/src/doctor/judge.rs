//! What facts mean. Pure; the messages are promises that SPECIFICATION.md lists.

#[cfg(test)]
mod tests;

use super::{Facts, Finding, Level};
use crate::output::size::binary;
use crate::output::time;
use limpet_protocol::scrub::Scrub;
use limpet_runner::features::KERNEL_MIN;

/// Pages that programs are usually built for.
const PAGE_BYTES: u64 = 4096;
/// The last second that 32-bit times can say.
const YEAR_2038_S: u64 = i32::MAX as u64;

/// One finding per subject, in the order in which a person should look at them.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![kernel(facts), cgroup(facts)];
    findings.extend(facts.missing_controllers.iter().map(|missing| controller(facts, missing)));
    findings.extend(swap(facts));
    findings.extend(state(facts));
    findings.extend([
        overlay(facts),
        seccomp(facts),
        user_namespaces(facts),
        pages(facts),
        disk(facts),
        clock(facts),
        watchdog(facts),
        supervisor(facts),
        unit(facts),
        group(facts),
    ]);
    findings.extend(disk_reserve(facts));
    findings.extend(facts.lock.as_ref().map(|who| {
        warning(
            "lock",
            format!("updates are held back: {who}"),
            "let go of it when that is over: limpet unlock",
        )
    }));
    findings.extend(unfinished(facts));
    findings.extend(facts.scrub.as_ref().map(images));
    findings.extend(
        facts.damaged.iter().map(|text| error("records", text.clone(), "remove it with: limpet rm -f")),
    );
    findings.extend(
        facts
            .troubles
            .iter()
            .map(|text| warning("supervisor", text.clone(), "see: limpet ps -a, limpet events")),
    );
    findings
}

fn well(subject: &'static str, found: impl Into<String>) -> Finding {
    Finding { subject, level: Level::Well, found: found.into(), advice: None }
}

fn warning(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { subject, level: Level::Warning, found: found.into(), advice: Some(advice.into()) }
}

fn error(subject: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { level: Level::Error, ..warning(subject, found, advice) }
}

fn kernel(facts: &Facts) -> Finding {
    let (major, minor) = KERNEL_MIN;
    let found = format!("Linux {}", facts.release);
    if facts.kernel >= KERNEL_MIN {
        well("kernel", found)
    } else {
        error(
            "kernel",
            found,
            format!("Limpet needs Linux {major}.{minor} or later; upgrade the board's system"),
        )
    }
}

fn cgroup(facts: &Facts) -> Finding {
    match &facts.cgroup {
        Ok(version) => well("cgroup", format!("hierarchy {version}")),
        Err(why) => error("cgroup", why.clone(), "mount it: systemd does, and so does Limpet as PID 1"),
    }
}

/// The memory controller is what stock systems of small boards switch off. Without it or `pids`, no container gets its
/// default ceilings.
fn controller(facts: &Facts, (name, why): &(String, String)) -> Finding {
    let is_default = matches!(name.as_str(), "memory" | "pids" | "devices");
    let level = if is_default { Level::Error } else { Level::Warning };
    let found = format!("no {name} controller: limits of it cannot be enforced");
    let advice =
        if name == "memory" && is_overruled(&facts.command_line) { MOVE.to_owned() } else { why.clone() };
    Finding { subject: "limits", level, found, advice: Some(advice) }
}

const MOVE: &str = "cgroup_disable=memory stands after cgroup_enable=memory on the kernel command line, and the last one counts: move cgroup_enable=memory to the end (Raspberry Pi: of the one line of /boot/firmware/cmdline.txt) and reboot";

/// The memory controller is switched on, and off again after that: of such words the last one counts. The firmware of a
/// Raspberry Pi adds some of its own.
fn is_overruled(command_line: &str) -> bool {
    let words = || command_line.split_whitespace().enumerate();
    let last = |prefix| words().filter(|(_, word)| names_memory(word, prefix)).map(|(at, _)| at).last();
    matches!((last("cgroup_enable="), last("cgroup_disable=")), (Some(on), Some(off)) if on < off)
}

fn names_memory(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix).is_some_and(|names| names.split(',').any(|name| name == "memory"))
}

/// Said only where it is amiss: most boards have no swap.
fn swap(facts: &Facts) -> Option<Finding> {
    facts.swap_unlimited.then(|| {
        error(
            "swap",
            "this kernel does not count it: no container could be kept from it, and so none is started",
            "add swapaccount=1 to the end of the kernel command line and reboot, or: swapoff -a; or let a container have all of it: --memory-swap -1",
        )
    })
}

fn unfinished(facts: &Facts) -> Option<Finding> {
    (facts.unfinished > 0).then(|| {
        warning(
            "leftovers",
            format!("{} images or removals were begun and not finished", facts.unfinished),
            "if none is under way now: limpet system prune",
        )
    })
}

fn images(scrub: &Scrub) -> Finding {
    let read = format!("{} read until {}", scrub.images, time::rfc3339(scrub.finished_ns));
    match scrub.damage.first() {
        None => well("images", format!("{read}, nothing is damaged")),
        Some(first) => {
            let more = if scrub.damage.len() > 1 { " and more" } else { "" };
            let found = format!("{read}, damaged: {first}{more}");
            error("images", found, "fetch again what is damaged: limpet image verify --repair")
        }
    }
}

fn overlay(facts: &Facts) -> Finding {
    if facts.overlayfs {
        well("overlayfs", "there")
    } else {
        error("overlayfs", "missing: images cannot be shown", "the kernel needs CONFIG_OVERLAY_FS")
    }
}

fn seccomp(facts: &Facts) -> Finding {
    if facts.seccomp {
        well("seccomp", "there")
    } else {
        error("seccomp", "missing: system calls cannot be filtered", "the kernel needs CONFIG_SECCOMP_FILTER")
    }
}

fn user_namespaces(facts: &Facts) -> Finding {
    const SUBJECT: &str = "user namespaces";
    match (facts.user_namespaces, facts.id_mapped_overlay) {
        (true, true) => well(SUBJECT, "root in a container is nobody on the board"),
        (true, false) => warning(
            SUBJECT,
            "containers run with the board's user ids: layers cannot be id-mapped",
            "Linux 5.19 can",
        ),
        (false, _) => warning(
            SUBJECT,
            "missing: root in a container is root on the board",
            "the kernel needs CONFIG_USER_NS and user.max_user_namespaces above 0",
        ),
    }
}

fn pages(facts: &Facts) -> Finding {
    let found = format!("{} KiB", facts.page_bytes / 1024);
    if facts.page_bytes == PAGE_BYTES {
        return well("pages", found);
    }
    warning(
        "pages",
        format!("{found}: some images (those with jemalloc built for 4 KiB) crash at their start"),
        "choose the kernel with 4 KiB pages; on a Raspberry Pi 5: kernel=kernel8.img in config.txt",
    )
}

fn disk(facts: &Facts) -> Finding {
    let Some(room) = facts.room else {
        return warning(
            "disk",
            "its free space is not known",
            "is the root directory there? see: limpet info",
        );
    };
    let [free, all, reserve] = [room.free_bytes, room.all_bytes, room.reserve_bytes].map(binary);
    let found = format!("{free} free of {all}, reserve {reserve}");
    if !room.is_low() {
        well("disk", found)
    } else {
        error(
            "disk",
            format!("{found}: no new containers or images"),
            "free some space: limpet system prune, limpet system df",
        )
    }
}

/// Without a ballast, who may write up to the last block is a matter of the file system alone.
fn disk_reserve(facts: &Facts) -> Option<Finding> {
    const SUBJECT: &str = "disk reserve";
    let room = facts.room?;
    let [aside, kept] = [room.ballast_bytes, facts.kept_bytes].map(binary);
    if room.ballast_is_whole() {
        return Some(well(SUBJECT, format!("{aside} are set aside: nothing can use them up")));
    }
    if room.ballast_bytes > 0 {
        let found = format!("of {} no more than {aside} are set aside", binary(room.ballast_wanted_bytes()));
        return Some(warning(SUBJECT, found, "free some space: the supervisor makes it whole again"));
    }
    if facts.kept_bytes >= room.reserve_bytes {
        return Some(well(SUBJECT, format!("{kept} are kept from containers by the file system")));
    }
    let percent = room.reserve_bytes.saturating_mul(100).div_ceil(room.all_bytes.max(1));
    let found = format!("what containers write can eat it: the file system keeps {kept} from them");
    Some(warning(
        SUBJECT,
        found,
        format!(
            "start the supervisor, which sets it aside (not in memory); or on ext4: tune2fs -m {percent} DEVICE"
        ),
    ))
}

fn state(facts: &Facts) -> Option<Finding> {
    let found = "the state directory is not in memory: logs wear the disk, and a reboot does not empty it";
    (!facts.state_in_memory)
        .then(|| warning("state", found, "leave --state out, or mount a tmpfs where it points to"))
}

fn clock(facts: &Facts) -> Finding {
    const SUBJECT: &str = "clock";
    let set = "set it: timedatectl set-ntp true, or date -s; what runs goes on";
    if facts.clock_s < facts.built_s {
        warning(SUBJECT, "it is before the day this program was made", set)
    } else if facts.clock_s >= YEAR_2038_S {
        warning(SUBJECT, "it is 2038 or later, which many programs cannot say", set)
    } else if facts.clock_synchronised {
        well(SUBJECT, "synchronised")
    } else {
        warning(SUBJECT, "nothing keeps it right", "switch on a time service: timedatectl set-ntp true")
    }
}

fn watchdog(facts: &Facts) -> Finding {
    if facts.watchdog {
        return well("watchdog", "there");
    }
    warning(
        "watchdog",
        "no /dev/watchdog: a board that hangs stays so",
        "load its driver (bcm2835_wdt on a Raspberry Pi, softdog elsewhere)",
    )
}

fn supervisor(facts: &Facts) -> Finding {
    match &facts.supervisor {
        Ok(true) => well("supervisor", "answers"),
        Ok(false) => warning(
            "supervisor",
            "none runs: restart policies, health checks and apps are not kept",
            "start it: systemctl start limpet, or: limpet supervise",
        ),
        Err(why) => {
            error("supervisor", why.clone(), "restart it: systemctl restart limpet; containers go on")
        }
    }
}

fn unit(facts: &Facts) -> Finding {
    match (facts.systemd, facts.unit) {
        (true, true) => well("start at boot", "limpet.service"),
        (true, false) => {
            warning("start at boot", "limpet.service is not installed", "install it: limpet install")
        }
        (false, _) => well("start at boot", "not by systemd"),
    }
}

fn group(facts: &Facts) -> Finding {
    if facts.group {
        well("group", "members of limpet may ask the supervisor")
    } else {
        well("group", "no group limpet: only root may ask the supervisor (groupadd --system limpet)")
    }
}
