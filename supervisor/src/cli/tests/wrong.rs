//! Wrong command lines: the exact message, the verb whose help is named, and docker's exit status.

use super::line;

/// Line, message, verb in `(see: limpet VERB --help)`, exit status.
const WRONG: &[(&str, &str, &str, u8)] = &[
    // Verbs.
    ("rnu", "unknown verb rnu; did you mean run?", "", 1),
    ("imgaes", "unknown verb imgaes; did you mean images?", "", 1),
    ("frobnicate", "unknown verb frobnicate", "", 1),
    (
        "push redis",
        "push is not supported: nothing is sent to a registry; write an archive with limpet save",
        "",
        1,
    ),
    (
        "login -p x",
        "--password is not supported: everybody could read it in the list of processes; use --password-stdin",
        "login",
        125,
    ),
    ("login --password-stdin", "--password-stdin needs --username", "login", 125),
    ("pull", "pull needs IMAGE[:TAG|@DIGEST]...", "pull", 1),
    ("container strat x", "unknown verb container strat; did you mean start?", "container", 1),
    ("system frob", "unknown verb system frob", "system", 1),
    ("help nothing", "unknown verb nothing", "help", 1),
    ("help image nothing", "unknown verb image nothing", "help", 1),
    // Before the verb.
    ("-H tcp://x ps", "--host is not supported: the command line works on this board only", "", 125),
    ("--context x ps", "--context is not supported: choose an instance with --root DIR --state DIR", "", 125),
    ("--bad ps", "unknown flag --bad", "", 125),
    ("--rot /x ps", "unknown flag --rot; did you mean --root?", "", 125),
    ("-x ps", "unknown flag -x", "", 125),
    ("--root", "--root needs a value", "", 125),
    ("--root here ps", "--root here: write an absolute path", "", 125),
    ("--version=maybe", "--version=maybe: write --version=true or --version=false", "", 125),
    ("image --bad", "unknown flag --bad", "image", 125),
    // Flags.
    ("ps --fromat json", "unknown flag --fromat; did you mean --format?", "ps", 125),
    ("run --nmae x a", "unknown flag --nmae; did you mean --name?", "run", 125),
    ("run --mem 1m a", "unknown flag --mem; did you mean --memory?", "run", 125),
    ("run -x a", "unknown flag -x", "run", 125),
    ("run -dx a", "unknown flag -x", "run", 125),
    (
        "create -d a",
        "--detach is not supported: create never starts anything; use limpet run -d",
        "create",
        125,
    ),
    (
        "create --detach a",
        "--detach is not supported: create never starts anything; use limpet run -d",
        "create",
        125,
    ),
    ("ps --root /x", "--root goes before the verb: limpet --root DIR ps", "ps", 125),
    ("container ls --bad", "unknown flag --bad", "container ls", 125),
    ("run --memory", "--memory needs a value", "run", 125),
    ("run -it --name", "--name needs a value", "run", 125),
    ("run --rm=maybe a", "--rm=maybe: write --rm=true or --rm=false", "run", 125),
    // Flags of docker that are refused by name.
    (
        "run -p 80:80 a",
        "--publish is not supported: ports are not forwarded yet; use --network host",
        "run",
        125,
    ),
    (
        "run -dp80:80 a",
        "--publish is not supported: ports are not forwarded yet; use --network host",
        "run",
        125,
    ),
    ("run --gpus all a", "--gpus is not supported: give the device nodes with --device", "run", 125),
    (
        "run --restart sometimes a",
        "--restart sometimes: a restart policy is no, always, unless-stopped, on-failure or on-failure:TRIES",
        "run",
        125,
    ),
    (
        "run --no-healthcheck --health-tcp 80 a",
        "--no-healthcheck and a health check contradict each other; leave one out",
        "run",
        125,
    ),
    (
        "run --health-tcp 80 --health-cmd true a",
        "a container has one health check: --health-cmd, --health-http or --health-tcp",
        "run",
        125,
    ),
    ("run --rm --restart always a", "--rm and --restart contradict each other; leave one out", "run", 125),
    ("run --health-interval 100us a", "--health-interval 100us: shorter than 1ms", "run", 125),
    (
        "run --network br0 a",
        "--network br0: networks of containers are not supported yet; write none or host",
        "run",
        125,
    ),
    (
        "run --net br0 a",
        "--network br0: networks of containers are not supported yet; write none or host",
        "run",
        125,
    ),
    ("run --pull sometimes a", "--pull sometimes: write missing, always or never", "run", 125),
    // Operands.
    ("run", "name an IMAGE to run, or --bundle DIR", "run", 1),
    ("run -it", "name an IMAGE to run, or --bundle DIR", "run", 1),
    ("stop", "stop needs CONTAINER [CONTAINER...]", "stop", 1),
    ("exec a", "exec needs CONTAINER COMMAND [ARG...]", "exec", 1),
    ("ps a", "a: one argument too many", "ps", 1),
    ("tag a b c", "c: one argument too many", "tag", 1),
    ("help run foo", "foo: one argument too many", "help", 1),
    ("start -a x y", "--attach and --interactive work with one container at a time", "start", 1),
    ("rename a -b", "unknown flag -b", "rename", 125),
    (
        "rename a _b",
        "_b: names are two or more of a-z A-Z 0-9 _ . - and begin with a letter or digit",
        "rename",
        1,
    ),
    ("cp a b", "one of the two must be CONTAINER:PATH", "cp", 1),
    ("cp a:/b c:/d", "cp copies between the board and a container, not between two", "cp", 1),
    ("cp a: b", "a:: write CONTAINER:PATH", "cp", 1),
    ("completion tcsh", "tcsh: write bash, zsh or fish", "completion", 1),
    // Values.
    ("run -m 64q a", "--memory 64q: not a size; write a number and b, k, m, g or t, such as 64m", "run", 125),
    ("run -m 1k a", "--memory 1k: too small to start anything; the least is 512k", "run", 125),
    ("run --cpus 0.1234 a", "--cpus 0.1234: finer than a thousandth of a CPU", "run", 125),
    ("run --cpus 0 a", "--cpus 0: must be more than 0", "run", 125),
    ("run -c 1 a", "--cpu-shares 1: write a number from 2 to 262144", "run", 125),
    ("run --cpuset-cpus 3-1 a", "--cpuset-cpus 3-1: write numbers and ranges, such as 0-2,7", "run", 125),
    (
        "run --cap-add net_amdin a",
        "--cap-add net_amdin: unknown capability 'net_amdin'; did you mean CAP_NET_ADMIN?",
        "run",
        125,
    ),
    ("run -v a/b:/c a", "--volume a/b:/c: paths of the board begin with / or ./", "run", 125),
    (
        "run -v /a:/b:rx a",
        "--volume /a:/b:rx: no option rx here; there are ro, rw, noidmap (paths), nocopy (volumes)",
        "run",
        125,
    ),
    ("run -v /a:/b --tmpfs /b/ a", "/b: something else is mounted there already", "run", 125),
    ("run -e =x a", "--env =x: write NAME=VALUE, or NAME to pass yours on", "run", 125),
    ("run -w here a", "--workdir here: write an absolute path", "run", 125),
    (
        "run --stop-timeout soon a",
        "--stop-timeout soon: write a number of seconds, or -1 to wait for ever",
        "run",
        125,
    ),
    (
        "run --security-opt apparmor=x a",
        "--security-opt apparmor=x: AppArmor profiles are not supported; leave it out",
        "run",
        125,
    ),
    ("run -a stdlog a", "--attach stdlog: write stdin, stdout or stderr", "run", 125),
    (
        "run --name= a",
        "--name '': names are two or more of a-z A-Z 0-9 _ . - and begin with a letter or digit",
        "run",
        125,
    ),
    (
        "run --sysctl vm.swappiness=1 a",
        "--sysctl vm.swappiness=1: not a parameter of a container; kernel.msg*, kernel.sem, kernel.shm*, fs.mqueue.* and net.* are",
        "run",
        125,
    ),
    (
        "kill -s FOO a",
        "--signal FOO: no such signal; write a name such as TERM, or a number from 1 to 64",
        "kill",
        125,
    ),
    (
        "ps -f colour=red",
        "--filter colour=red: no filter colour; there are id, name, label, status, health, ancestor, exited, before, since, volume, network",
        "ps",
        125,
    ),
    ("inspect --type volume x", "--type volume: write container or image", "inspect", 125),
    (
        "logs --since yesterday c",
        "--since yesterday: write a time such as 2026-01-02T15:04:05Z, 1767366245, or how long ago: 10m, 1h30m",
        "logs",
        125,
    ),
    ("logs -n some c", "--tail some: write a number of lines, or all", "logs", 125),
    // Combinations.
    ("run -d -a stdout a", "--detach and --attach contradict each other; leave one out", "run", 125),
    (
        "run -m 64m --memory-swap 32m a",
        "--memory-swap is memory and swap together; it cannot be less than --memory",
        "run",
        125,
    ),
    ("run --memory-swap 1g a", "--memory-swap needs --memory, which it includes", "run", 125),
    ("run -m -1 --memory-swap 1g a", "--memory-swap needs --memory, which it includes", "run", 125),
    (
        "run -m 64m --memory-reservation 65m a",
        "--memory-reservation cannot be more than --memory",
        "run",
        125,
    ),
    (
        "run --bundle /b --platform linux/arm64",
        "--platform chooses among an image's; a bundle has one",
        "run",
        125,
    ),
    (
        "run --network host --sysctl net.core.somaxconn=1 a",
        "--sysctl net.core.somaxconn: would change the board, whose network --network host shares",
        "run",
        125,
    ),
    ("update x", "name a limit to change, such as --memory 128m, or --restart", "update", 125),
    (
        "top x -o pid,foo",
        "no column foo; there are user, uid, pid, ppid, c, pcpu, pmem, rss, vsz, stime, tty, stat, time, comm, args, and -ef and aux",
        "top",
        125,
    ),
];

#[test]
fn wrong_lines_are_refused_with_their_reason() {
    for (text, message, verb, exit_code) in WRONG {
        let Err(error) = line(text) else { panic!("{text}: was taken") };
        let space = if verb.is_empty() { "" } else { " " };
        assert_eq!(error.to_string(), format!("{message} (see: limpet {verb}{space}--help)"), "{text}");
        assert_eq!(error.exit_code(), *exit_code, "{text}");
    }
}

#[test]
fn every_message_is_one_line() {
    for (text, ..) in WRONG {
        assert!(line(text).is_err_and(|error| !error.to_string().contains('\n')), "{text}");
    }
}
