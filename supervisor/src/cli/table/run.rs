//! The flags of `run` and `create`: what they offer, and docker's that they refuse.

use crate::cli::table::{Flag, NO, Section, refused, same, switch, value, values};

/// What `run` alone has.
pub(in crate::cli) static FOREGROUND: Section = Section {
    title: "Foreground",
    flags: &[
        switch('d', "detach", "Leave it in the background and print its id"),
        values('a', "attach", "STREAM", "Show only these: stdin, stdout, stderr"),
        switch(NO, "sig-proxy", "Pass signals on to the container (on unless =false)"),
        value(NO, "detach-keys", "KEYS", "Keys that leave it running (ctrl-p,ctrl-q); empty for none"),
    ],
};

/// What the container is and what it runs.
pub(in crate::cli) static PROCESS: Section = Section {
    title: "Process",
    flags: &[
        switch('i', "interactive", "Keep stdin open"),
        switch('t', "tty", "Give it a terminal"),
        values('e', "env", "NAME[=VALUE]", "Set a variable; without =VALUE, yours is passed on"),
        values(NO, "env-file", "FILE", "Variables from a file, one NAME=VALUE in a line"),
        value('w', "workdir", "DIR", "Working directory inside"),
        value('u', "user", "USER[:GROUP]", "User, name or number"),
        values(NO, "group-add", "GROUP", "One more group, name or number"),
        value(NO, "entrypoint", "COMMAND", "Instead of the image's entrypoint"),
        switch(NO, "init", "A small PID 1 that reaps processes and forwards signals"),
        value(NO, "stop-signal", "SIGNAL", "Signal that asks it to stop (the image's, or TERM)"),
        value(NO, "stop-timeout", "SECONDS", "Grace before SIGKILL (10); -1 waits for ever"),
        values(NO, "ulimit", "NAME=SOFT[:HARD]", "Resource limit of each process, nofile=1024:2048"),
        value(NO, "umask", "MODE", "Mask for new files (0022)"),
    ],
};

/// How it is known.
pub(in crate::cli) static IDENTITY: Section = Section {
    title: "Identity",
    flags: &[
        value(NO, "name", "NAME", "Its name; made up if not given"),
        value('h', "hostname", "NAME", "Name of the host inside (its short id)"),
        values('l', "label", "NAME[=VALUE]", "A label"),
        values(NO, "label-file", "FILE", "Labels from a file, one in a line"),
        value(NO, "cidfile", "FILE", "Write its id to this file, which must not exist"),
        switch(NO, "rm", "Remove it when it ends"),
    ],
};

/// What it sees of files.
pub(in crate::cli) static FILES: Section = Section {
    title: "Files",
    flags: &[
        values('v', "volume", "[SRC:]DST[:OPTIONS]", "A path or volume inside; options ro, rw, noidmap"),
        values(
            NO,
            "mount",
            "KEY=VALUE,...",
            "The same in long form: type=bind|volume|tmpfs,source=,target=,readonly",
        ),
        values(NO, "tmpfs", "DST[:OPTIONS]", "Memory as a directory; options size=, mode=, ro, exec"),
        switch(NO, "read-only", "Nothing can be written to its root"),
        value(NO, "shm-size", "SIZE", "Size of /dev/shm (64m)"),
        values(NO, "device", "HOST[:CTR[:rwm]]", "Let it use a device"),
        value(NO, "platform", "OS/ARCH", "Which of an image's platforms"),
        value(NO, "pull", "WHEN", "Fetch the image: missing, always or never (missing)"),
        switch('q', "quiet", "Say nothing of fetching the image"),
        value(NO, "bundle", "DIR", "An OCI bundle instead of IMAGE"),
    ],
};

/// What it may use.
pub(in crate::cli) static RESOURCES: Section = Section {
    title: "Resources",
    flags: &[
        value('m', "memory", "SIZE", "Most memory, page cache included (64m, 1.5g); -1 for no limit"),
        value(NO, "memory-reservation", "SIZE", "What it is left with when memory is short"),
        value(NO, "memory-swap", "SIZE", "Memory and swap together; -1 for unlimited swap"),
        value(NO, "cpus", "NUMBER", "Most CPUs (0.5)"),
        value('c', "cpu-shares", "NUMBER", "Share of the CPUs when they are busy (1024)"),
        value(NO, "cpuset-cpus", "LIST", "Only on these CPUs (0-2,7)"),
        value(NO, "cpuset-mems", "LIST", "Only from these memory nodes"),
        value(NO, "pids-limit", "NUMBER", "Most processes and threads; -1 for no limit"),
        values(NO, "device-read-bps", "DEVICE:RATE", "Most bytes a second read from a disk (/dev/sda:1m)"),
        values(NO, "device-write-bps", "DEVICE:RATE", "Most bytes a second written to a disk"),
        values(NO, "device-read-iops", "DEVICE:RATE", "Most reads a second from a disk"),
        values(NO, "device-write-iops", "DEVICE:RATE", "Most writes a second to a disk"),
    ],
};

/// Resource flags that only a new container takes.
pub(in crate::cli) static PLACEMENT: Section = Section {
    title: "Placement",
    flags: &[
        value(
            NO,
            "oom-score-adj",
            "NUMBER",
            "Rather (+) or rather not (-) be killed for memory, -1000 to 1000",
        ),
        value(NO, "cgroup-parent", "PATH", "Make its cgroup below this one"),
        value(NO, "log-driver", "json-file|none", "Keep a log, or none"),
        values(NO, "log-opt", "NAME=VALUE", "Its log: max-size=1m, max-file=2, storage=ram|disk, rate=64k/s"),
    ],
};

/// What `limpet supervise` does for it.
pub(in crate::cli) static SUPERVISION: Section = Section {
    title: "Supervision (by limpet supervise)",
    flags: &[
        value(NO, "restart", "POLICY", "When it ends: no, always, unless-stopped, on-failure[:TRIES]"),
        value(NO, "health-cmd", "COMMAND", "Healthy while this line for its shell ends with 0"),
        value(NO, "health-http", "PORT[/PATH]", "Healthy while a GET is answered with 200 to 399"),
        value(NO, "health-tcp", "PORT", "Healthy while a connection is accepted"),
        value(NO, "health-interval", "TIME", "Between two probes (30s)"),
        value(NO, "health-timeout", "TIME", "Limit of one probe (30s)"),
        value(NO, "health-retries", "NUMBER", "Failures in a row that make it unhealthy (3)"),
        value(NO, "health-start-period", "TIME", "After the start, failures do not count for so long (0s)"),
        value(NO, "health-start-interval", "TIME", "Between two probes in that time (5s)"),
        switch(NO, "no-healthcheck", "Not even the image's own"),
        value(NO, "on-unhealthy", "none|restart", "What to do when it is unhealthy (none)"),
    ],
};

/// What it is kept from.
pub(in crate::cli) static ISOLATION: Section = Section {
    title: "Isolation",
    flags: &[
        value(NO, "network", "none|host", "No network, or the board's"),
        same("net", "network"),
        value(NO, "userns", "host", "Root inside is root on the board"),
        values(NO, "cap-add", "CAPABILITY", "Give a capability (NET_ADMIN), or ALL"),
        values(NO, "cap-drop", "CAPABILITY", "Take a capability away, or ALL"),
        values(NO, "security-opt", "OPTION", "no-new-privileges, seccomp=FILE, seccomp=unconfined"),
        values(NO, "sysctl", "NAME=VALUE", "Kernel parameter of its namespaces"),
        switch(NO, "privileged", "All capabilities and devices; as good as no isolation"),
    ],
};

const PORTS: &str = "ports are not forwarded yet; use --network host";
const NAMES: &str = "containers have no network of their own yet; use --network host or none";
const WINDOWS: &str = "it is for Windows; leave it out";
const QUOTA: &str = "use --cpus";

/// docker's flags that are refused by name.
pub(in crate::cli) static REFUSED: Section = Section { title: "", flags: REFUSED_FLAGS };

const REFUSED_FLAGS: &[Flag] = &[
    refused('p', "publish", PORTS),
    refused('P', "publish-all", PORTS),
    refused(NO, "expose", PORTS),
    refused(NO, "link", NAMES),
    refused(NO, "link-local-ip", NAMES),
    refused(NO, "network-alias", NAMES),
    refused(NO, "net-alias", NAMES),
    refused(NO, "add-host", NAMES),
    refused(NO, "dns", NAMES),
    refused(NO, "dns-option", NAMES),
    refused(NO, "dns-search", NAMES),
    refused(NO, "ip", NAMES),
    refused(NO, "ip6", NAMES),
    refused(NO, "mac-address", NAMES),
    refused(NO, "domainname", "give the whole name with --hostname"),
    refused(NO, "gpus", "give the device nodes with --device"),
    refused(NO, "device-cgroup-rule", "give the device nodes with --device"),
    refused(NO, "runtime", "Limpet is the runtime; leave it out"),
    refused(NO, "ipc", "each container has its own IPC namespace; leave it out"),
    refused(NO, "pid", "each container has its own PID namespace; leave it out"),
    refused(NO, "uts", "each container has its own UTS namespace; leave it out"),
    refused(NO, "cgroupns", "each container has its own cgroup namespace; leave it out"),
    refused(NO, "volumes-from", "name each volume with -v"),
    refused(NO, "volume-driver", "volumes are directories of the board; leave it out"),
    refused(NO, "storage-opt", "the root is always an overlay; leave it out"),
    refused(NO, "annotation", "use --label"),
    refused(NO, "blkio-weight", "set a rate with --device-read-bps or --device-write-bps"),
    refused(NO, "blkio-weight-device", "set a rate with --device-read-bps or --device-write-bps"),
    refused(NO, "cpu-period", QUOTA),
    refused(NO, "cpu-quota", QUOTA),
    refused(NO, "cpu-rt-period", QUOTA),
    refused(NO, "cpu-rt-runtime", QUOTA),
    refused(NO, "cpu-count", WINDOWS),
    refused(NO, "cpu-percent", WINDOWS),
    refused(NO, "io-maxbandwidth", WINDOWS),
    refused(NO, "io-maxiops", WINDOWS),
    refused(NO, "isolation", WINDOWS),
    refused(NO, "kernel-memory", "kernel memory counts towards --memory"),
    refused(NO, "memory-swappiness", "bound swap with --memory-swap"),
    refused(NO, "oom-kill-disable", "a container that cannot be killed can hang the board; set --memory"),
    refused(NO, "disable-content-trust", "digests are always checked; leave it out"),
    refused(NO, "use-api-socket", "there is no API socket; leave it out"),
];
