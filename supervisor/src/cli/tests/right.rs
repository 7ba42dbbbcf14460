//! Right command lines: what they mean.

use super::command;
use crate::cli::command::{Command, CpEnd, FormatArgs, InspectKind, RunArgs, Shell};
use crate::cli::environment::EnvRule;
use crate::cli::options::{Source, Streams, ThrottleSpec};
use crate::cli::value::keys::DetachKeys;
use crate::cli::value::mount::MountSource;
use crate::cli::value::security::SeccompChoice;
use crate::cli::value::time::{Grace, Moment};
use limpet_protocol::app::LogRequest;
use limpet_protocol::keeper::LogRate;
use limpet_protocol::launch::{Network, Rlimit};
use limpet_protocol::limits::{Memory, Pids, Swap, ThrottleKind};

fn run(text: &str) -> RunArgs {
    match command(text) {
        Command::Run(args) => *args,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn run_with_nothing_but_an_image_takes_the_defaults() {
    let args = run("run redis");
    assert_eq!(args.options.source, Source::Image(String::from("redis")));
    assert!(args.options.command.is_empty() && !args.detach && !args.options.remove && args.signal_proxy);
    assert_eq!(args.options.limits, Default::default());
    assert_eq!((args.options.network, &args.options.seccomp), (None, &SeccompChoice::Default));
    assert_eq!(args.detach_keys, DetachKeys::from_bytes(&[16, 17]));
    assert_eq!(args.streams(), Streams { stdin: false, stdout: true, stderr: true });
}

#[test]
fn flags_end_at_the_image() {
    for (text, words) in [
        ("run --rm busybox ls -l --rm -- x", vec!["ls", "-l", "--rm", "--", "x"]),
        ("run --rm -- busybox -- x", vec!["--", "x"]),
        ("run --rm busybox", vec![]),
    ] {
        let options = run(text).options;
        assert_eq!(options.source, Source::Image(String::from("busybox")), "{text}");
        assert_eq!(options.command, words, "{text}");
        assert!(options.remove, "{text}");
    }
}

#[test]
fn short_flags_may_stand_together() {
    for text in
        ["run -it a", "run -ti a", "run -i -t a", "run -itd=false a", "run --interactive --tty=true a"]
    {
        let args = run(text);
        assert!(args.options.interactive && args.options.tty && !args.detach, "{text}");
    }
    assert!(run("run -itd a").detach);
}

#[test]
fn a_value_may_be_joined_or_the_next_word() {
    for text in [
        "run -m64m a",
        "run -m=64m a",
        "run -m 64m a",
        "run --memory=64m a",
        "run --memory 64m a",
        "run -dm64m a",
    ] {
        assert_eq!(run(text).options.limits.memory, Memory::MaxBytes(64 << 20), "{text}");
    }
    for text in ["run -m-1 a", "run -m -1 a", "run --memory=-1 a", "run -m 1g --memory -1 a"] {
        assert_eq!(run(text).options.limits.memory, Memory::Unlimited, "{text}");
    }
}

#[test]
fn limits_are_typed() {
    let limits =
        run("run -m 64m --memory-reservation 32m --memory-swap -1 --cpus .5 -c 512 --cpuset-cpus 0-2,7 \
         --cpuset-mems 0 --pids-limit 100 --device-read-bps /dev/sda:1m --device-write-iops /dev/sdb:50 a")
        .options
        .limits;
    assert_eq!((limits.memory_reservation_bytes, limits.swap), (Some(32 << 20), Swap::Unlimited));
    assert_eq!((limits.cpu_millis, limits.cpu_shares, limits.pids), (Some(500), Some(512), Pids::Max(100)));
    assert_eq!((limits.cpuset_cpus.as_deref(), limits.cpuset_mems.as_deref()), (Some("0-2,7"), Some("0")));
    let throttle = |kind, path: &str, rate| ThrottleSpec { kind, path: path.to_owned(), rate };
    assert_eq!(
        limits.throttles,
        [
            throttle(ThrottleKind::ReadBps, "/dev/sda", 1 << 20),
            throttle(ThrottleKind::WriteIops, "/dev/sdb", 50),
        ]
    );
}

#[test]
fn a_container_is_described() {
    let options = run("run --name web -h box -l a=b -l c --entrypoint /bin/x -e A=1=2 -e HOME --env-file f -w /srv -u 1:2 \
         --group-add audio --init --stop-signal HUP --stop-timeout -1 --ulimit nofile=10:20 --umask 027 --read-only \
         --shm-size 1m --net host --userns host --cap-drop ALL --cap-add CHOWN --security-opt no-new-privileges \
         --security-opt seccomp=p.json --sysctl kernel.sem=1 --oom-score-adj -5 --cgroup-parent /a/b/ \
         --log-opt max-size=2m --log-opt max-file=3 a")
    .options;
    assert_eq!((options.name.as_deref(), options.hostname.as_deref()), (Some("web"), Some("box")));
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(options.labels, [pair("a", "b"), pair("c", "")]);
    assert_eq!(
        options.environment,
        [EnvRule::Set(String::from("A"), String::from("1=2")), EnvRule::Copy(String::from("HOME")),]
    );
    assert_eq!((options.stop_signal, options.grace), (Some(1), Some(Grace::Forever)));
    assert_eq!(options.rlimits, [Rlimit { resource: 7, soft: 10, hard: 20 }]);
    assert_eq!((options.umask, options.shm_bytes), (Some(0o27), Some(1 << 20)));
    assert_eq!((options.network, options.userns_host), (Some(Network::Host), true));
    assert_eq!(options.capabilities.add, ["CHOWN"]);
    assert_eq!(options.capabilities.drop, ["ALL"]);
    assert!(options.no_new_privileges && options.init && options.root_readonly);
    assert_eq!(options.seccomp, SeccompChoice::Profile(String::from("p.json")));
    assert_eq!((options.oom_score_adj, options.cgroup_parent.as_deref()), (Some(-5), Some("a/b")));
    assert_eq!((options.log.file_bytes_max, options.log.files_max), (Some(2 << 20), Some(3)));
}

#[test]
fn a_log_is_on_disk_or_in_memory_at_a_rate_or_none_at_all() {
    let log = run("run --log-opt storage=disk --log-opt rate=9lines/s --log-driver json-file a").options.log;
    assert_eq!((log.disk, log.rate, log.files_max), (Some(true), Some(LogRate::Lines(9)), None));
    let none = run("run --log-driver none --log-opt max-file=3 a").options.log;
    assert_eq!(none.limits().files_max, 0);
    let disk = LogRequest { disk: Some(true), ..LogRequest::default() }.limits();
    assert_eq!((disk.rate, LogRequest::default().limits().rate), (LogRate::OF_DISK, LogRate::Unlimited));
}

#[test]
fn mounts_of_three_spellings_come_in_order() {
    let mounts =
        run("run --tmpfs /t:size=1m -v /a:/b:ro --mount type=volume,src=data,dst=/d a").options.mounts;
    let targets: Vec<&str> = mounts.iter().map(|mount| mount.target.as_str()).collect();
    assert_eq!(targets, ["/b", "/d", "/t"]);
    assert!(mounts[0].readonly && !mounts[1].readonly);
    assert_eq!(mounts[1].source, MountSource::Volume { name: Some(String::from("data")), copy: true });
}

#[test]
fn a_bundle_takes_the_place_of_the_image() {
    let options = run("run --bundle /b sh -c true").options;
    assert_eq!(options.source, Source::Bundle(String::from("/b")));
    assert_eq!(options.command, ["sh", "-c", "true"]);
}

#[test]
fn what_docker_calls_by_two_names_is_one() {
    for (one, other) in [
        ("ps -a", "container ls -a"),
        ("ps -a", "container list --all"),
        ("run a", "container run a"),
        ("images -q", "image ls -q"),
        ("rmi a", "image rm a"),
        ("rm -f a", "container remove --force a"),
        ("stop -t 3 a", "stop --time 3 a"),
        ("info", "system info"),
        ("ps -l", "ps -n 1"),
        ("-v", "--version"),
        ("inspect --type image a", "image inspect a"),
    ] {
        assert_eq!(command(one), command(other), "{one} and {other}");
    }
}

#[test]
fn each_verb_has_its_meaning() {
    let Command::Ps(ps) = command("ps -aqf status=exited --filter name=x --format json -n 3") else {
        panic!("ps")
    };
    assert!(ps.all && ps.quiet && ps.last == Some(3) && ps.format.as_deref() == Some("json"));
    assert_eq!(ps.filters.iter().map(|filter| filter.key).collect::<Vec<_>>(), ["status", "name"]);
    let Command::Logs(logs) = command("logs -ft --tail 20 --since 10m c") else { panic!("logs") };
    assert!(logs.follow && logs.timestamps && logs.tail == Some(20));
    assert_eq!(logs.since, Some(Moment::Ago(600_000_000_000)));
    let Command::Exec(exec) = command("exec -it -u 33 -e A=b c ls -l") else { panic!("exec") };
    assert_eq!((exec.container.as_str(), exec.command), ("c", vec![String::from("ls"), String::from("-l")]));
    let Command::Kill(kill) = command("kill a b") else { panic!("kill") };
    assert_eq!((kill.signal, kill.containers.len()), (9, 2));
    let Command::Stop(stop) = command("stop a -t 0 b") else { panic!("stop") };
    assert_eq!((stop.grace, stop.signal, stop.containers.len()), (Some(Grace::Ms(0)), None, 2));
    let Command::Inspect(inspect) = command("inspect -f {{.State.Status}} --type container x") else {
        panic!("inspect")
    };
    assert_eq!(
        (inspect.kind, inspect.format.as_deref()),
        (Some(InspectKind::Container), Some("{{.State.Status}}"))
    );
    let Command::Load(load) = command("load -qi x.tar --platform linux/aarch64 --max-size 1g") else {
        panic!("load")
    };
    assert_eq!((load.input.as_deref(), load.size_bytes_max), (Some("x.tar"), Some(1 << 30)));
    assert_eq!(load.platform.map(|platform| platform.architecture).as_deref(), Some("arm64"));
    let Command::Top(live) = command("top") else { panic!("top") };
    assert_eq!(live.container, None);
    let Command::Top(top) = command("top c -o pid,cmd") else { panic!("top") };
    assert_eq!(top.columns, ["pid", "args"]);
    let Command::Update(update) = command("update -m 1g a b") else { panic!("update") };
    assert_eq!((update.limits.memory, update.containers.len()), (Memory::MaxBytes(1 << 30), 2));
    assert_eq!(command("completion fish"), Command::Completion(Shell::Fish));
    assert_eq!(command("version"), Command::Version(FormatArgs::default()));
}

#[test]
fn cp_knows_which_end_is_inside() {
    let Command::Cp(cp) = command("cp -a ./a:b web:/c") else { panic!("cp") };
    assert_eq!(cp.source, CpEnd::Board(String::from("./a:b")));
    assert_eq!(cp.destination, CpEnd::Container { container: String::from("web"), path: String::from("/c") });
    let Command::Cp(cp) = command("cp web:c -") else { panic!("cp") };
    assert_eq!(cp.destination, CpEnd::Stream);
}

#[test]
fn help_can_be_asked_for_in_many_ways() {
    for text in [
        "",
        "--help",
        "-h",
        "help",
        "run --help",
        "ps -h",
        "help run",
        "image",
        "image --help",
        "image ls --help",
        "help image ls",
        "run --bad-order --help",
    ] {
        if text == "run --bad-order --help" {
            assert!(super::line(text).is_err());
            continue;
        }
        assert!(matches!(command(text), Command::Help(_)), "{text}");
    }
    assert_eq!(command("run --help"), command("help run"));
}
