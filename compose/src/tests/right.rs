//! Every field, as it should be.

use super::{app_of, project, web};
use limpet_protocol::app::{
    AppMount, AppMountSource, Condition, Dependency, DeviceRequest, GraceRequest, LogRequest, OnFailure,
    Order, Pull, SeccompRequest, ThrottleRequest, UpdateConfig, Workload,
};
use limpet_protocol::health::{HealthChoice, OnUnhealthy, Probe};
use limpet_protocol::keeper::LogRate;
use limpet_protocol::launch::{DeviceAccess, Network, Rlimit};
use limpet_protocol::limits::{Memory, Pids, Swap, ThrottleKind};
use limpet_protocol::restart::{RestartPolicy, When};

/// Lines of a service, and what they change of a service that says only its image.
type Case = (&'static str, fn(&mut Workload));

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn bind(path: &str) -> AppMountSource {
    AppMountSource::Bind { path: path.to_owned(), create: true, id_mapped: true }
}

fn mount(target: &str, source: AppMountSource, read_only: bool) -> AppMount {
    AppMount { target: target.to_owned(), source, read_only }
}

const ANONYMOUS: AppMountSource = AppMountSource::Volume { name: None, copy: true };
const TMPFS: AppMountSource =
    AppMountSource::Tmpfs { size_bytes: None, mode: 0o1777, exec: false, suid: false, dev: false };
const ALL: DeviceAccess = DeviceAccess { read: true, write: true, mknod: true };

const CASES: &[Case] = &[
    ("", |_| {}),
    ("image: redis:7.2-alpine", |w| w.image = "redis:7.2-alpine".into()),
    ("image: \"redis\"", |w| w.image = "redis".into()),
    ("command: sleep 10", |w| w.command = Some(words(&["sleep", "10"]))),
    ("command: [\"sleep\", \"10\"]", |w| w.command = Some(words(&["sleep", "10"]))),
    ("command:\n  - sh\n  - -c\n  - echo a && echo b", |w| {
        w.command = Some(words(&["sh", "-c", "echo a && echo b"]));
    }),
    ("command: sh -c 'echo \"a b\"'", |w| w.command = Some(words(&["sh", "-c", "echo \"a b\""]))),
    ("command: >\n  redis-server\n  --save 60 1", |w| {
        w.command = Some(words(&["redis-server", "--save", "60", "1"]));
    }),
    ("command: echo $$HOME", |w| w.command = Some(words(&["echo", "$HOME"]))),
    ("command:", |_| {}),
    ("command: null", |_| {}),
    ("command: []", |w| w.command = Some(Vec::new())),
    ("command: \"\"", |w| w.command = Some(Vec::new())),
    ("entrypoint: /docker-entrypoint.sh -x", |w| {
        w.entrypoint = Some(words(&["/docker-entrypoint.sh", "-x"]));
    }),
    ("entrypoint: []", |w| w.entrypoint = Some(Vec::new())),
    ("environment:\n  A: b\n  N: 1\n  F: 1.10\n  T: true\n  E: \"\"\n  U:", |w| {
        w.environment = [("A", "b"), ("N", "1"), ("F", "1.10"), ("T", "true"), ("E", "")]
            .map(|(name, value)| (name.into(), Some(value.into())))
            .to_vec();
        w.environment.push(("U".into(), None));
    }),
    ("environment:\n  - A=b=c\n  - E=\n  - U\n  - \"Q=a b\"", |w| {
        w.environment = [("A", "b=c"), ("E", ""), ("Q", "a b")]
            .map(|(name, value)| (name.into(), Some(value.into())))
            .to_vec();
        w.environment.insert(2, ("U".into(), None));
    }),
    ("environment:", |_| {}),
    ("labels:\n  com.example.a: b\n  n: 1", |w| w.labels = pairs(&[("com.example.a", "b"), ("n", "1")])),
    ("labels: [\"a=b=c\", \"d\"]", |w| w.labels = pairs(&[("a", "b=c"), ("d", "")])),
    ("user: \"1000:1000\"", |w| w.user = Some("1000:1000".into())),
    ("user: www-data", |w| w.user = Some("www-data".into())),
    ("group_add: [audio, 44]", |w| w.groups = words(&["audio", "44"])),
    ("working_dir: /app", |w| w.working_dir = Some("/app".into())),
    ("hostname: board-1", |w| w.hostname = Some("board-1".into())),
    ("init: true", |w| w.init = true),
    ("init: false", |_| {}),
    ("tty: true\nstdin_open: true", |w| (w.tty, w.stdin_open) = (true, true)),
    ("read_only: true\nprivileged: true", |w| (w.read_only, w.privileged) = (true, true)),
    ("stop_signal: SIGQUIT", |w| w.stop_signal = Some(3)),
    ("stop_grace_period: 1m30s", |w| w.grace = GraceRequest::Ms(90_000)),
    ("stop_grace_period: 1.5s", |w| w.grace = GraceRequest::Ms(1500)),
    ("platform: linux/arm64/v8", |w| w.platform = Some("linux/arm64/v8".into())),
    ("pull_policy: always", |w| w.pull = Pull::Always),
    ("pull_policy: if_not_present", |_| {}),
    ("pull_policy: never", |w| w.pull = Pull::Never),
    ("container_name: redis", |w| w.container_name = Some("redis".into())),
    ("scale: 3", |w| w.replicas = 3),
    ("scale: 0", |w| w.replicas = 0),
    ("deploy: {replicas: 4}", |w| w.replicas = 4),
    ("deploy: {replicas: 4}\nscale: 4", |w| w.replicas = 4),
    ("deploy: {mode: replicated}", |_| {}),
    ("deploy:", |_| {}),
    ("restart: no", |_| {}),
    ("restart: \"no\"", |_| {}),
    ("restart: always", |w| w.restart = RestartPolicy::plain(When::Always)),
    ("restart: unless-stopped", |w| w.restart = RestartPolicy::plain(When::UnlessStopped)),
    ("restart: on-failure:3", |w| {
        w.restart = RestartPolicy { tries_max: Some(3), ..RestartPolicy::plain(When::OnFailure) };
    }),
    ("deploy: {restart_policy: {}}", |w| w.restart = RestartPolicy::plain(When::Always)),
    (
        "restart: no\ndeploy:\n  restart_policy:\n    condition: on-failure\n    delay: 5s\n    max_attempts: 3\n    \
         window: 2m",
        |w| {
            w.restart = RestartPolicy {
                when: When::OnFailure,
                tries_max: Some(3),
                delay_ms: Some(5000),
                window_ms: Some(120_000),
            };
        },
    ),
    ("deploy: {restart_policy: {condition: none}}", |_| {}),
    // deploy.md, "update_config": failure_action "(default: pause)", monitor "(default 0s)", which docker's API takes for its
    // own 5 s; docker service create: --update-parallelism 1, --update-delay 0s, --update-order stop-first.
    ("deploy: {update_config:}", |w| w.update = Some(UpdateConfig::default())),
    ("deploy: {update_config: {}}", |w| w.update = Some(UpdateConfig::default())),
    ("deploy: {update_config: {monitor: 0s}}", |w| w.update = Some(UpdateConfig::default())),
    // "The number of containers to update at a time", 0 being all at once.
    ("deploy: {update_config: {parallelism: 0}}", |w| {
        w.update = Some(UpdateConfig { parallelism: 0, ..UpdateConfig::default() });
    }),
    (
        "deploy:\n  update_config:\n    parallelism: 2\n    delay: 10s\n    failure_action: rollback\n    monitor: 1m30s\n    \
         max_failure_ratio: 0.25\n    order: stop-first\n",
        |w| {
            w.update = Some(UpdateConfig {
                parallelism: 2,
                delay_ms: 10_000,
                monitor_ms: 90_000,
                failures_max_ppm: 250_000,
                on_failure: Some(OnFailure::Rollback),
                order: Order::StopFirst,
            });
        },
    ),
    ("deploy: {update_config: {failure_action: continue, max_failure_ratio: 1}}", |w| {
        let on_failure = Some(OnFailure::Continue);
        let config = UpdateConfig { failures_max_ppm: 1_000_000, on_failure, ..UpdateConfig::default() };
        w.update = Some(config);
    }),
    // "rollback_config": failure_action "One of continue or pause (default: pause)", parallelism "If set to 0, all containers
    // rollback simultaneously".
    ("deploy: {rollback_config: {parallelism: 0}}", |w| {
        let on_failure = Some(OnFailure::Pause);
        w.rollback = Some(UpdateConfig { parallelism: 0, on_failure, ..UpdateConfig::default() });
    }),
    ("healthcheck:\n  test: curl -f http://localhost || exit 1", |w| {
        w.health.choice =
            HealthChoice::Probe(Probe::Exec(words(&["/bin/sh", "-c", "curl -f http://localhost || exit 1"])));
    }),
    ("healthcheck:\n  test: [\"CMD-SHELL\", \"redis-cli ping | grep PONG\"]", |w| {
        w.health.choice =
            HealthChoice::Probe(Probe::Exec(words(&["/bin/sh", "-c", "redis-cli ping | grep PONG"])));
    }),
    (
        "healthcheck:\n  test: [CMD, redis-cli, ping]\n  interval: 1m30s\n  timeout: 10s\n  retries: 5\n  \
         start_period: 40s\n  start_interval: 500ms",
        |w| {
            w.health.choice = HealthChoice::Probe(Probe::Exec(words(&["redis-cli", "ping"])));
            w.health.interval_ms = Some(90_000);
            w.health.timeout_ms = Some(10_000);
            w.health.retries = Some(5);
            w.health.start_period_ms = Some(40_000);
            w.health.start_interval_ms = Some(500);
        },
    ),
    ("healthcheck:\n  interval: 1m\n  start_period: 0s", |w| w.health.interval_ms = Some(60_000)),
    ("healthcheck: {disable: true}", |w| w.health.choice = HealthChoice::Disabled),
    ("healthcheck: {test: [NONE]}", |w| w.health.choice = HealthChoice::Disabled),
    ("x-limpet: {on-unhealthy: restart, health-http: 8080/healthz}\nhealthcheck: {interval: 10s}", |w| {
        w.health.choice = HealthChoice::Probe(Probe::Http { port: 8080, path: "/healthz".into() });
        w.health.on_unhealthy = Some(OnUnhealthy::Restart);
        w.health.interval_ms = Some(10_000);
    }),
    ("healthcheck: {interval: 10s}\nx-limpet: {on-unhealthy: none, health-tcp: 6379}", |w| {
        w.health.choice = HealthChoice::Probe(Probe::Tcp { port: 6379 });
        w.health.on_unhealthy = Some(OnUnhealthy::Report);
        w.health.interval_ms = Some(10_000);
    }),
    ("x-limpet: {log-storage: disk, log-rate: 64k}", |w| {
        w.log = LogRequest { disk: Some(true), rate: Some(LogRate::Bytes(65536)), ..LogRequest::default() };
    }),
    ("x-limpet: {log-rate: 200lines/s}", |w| w.log.rate = Some(LogRate::Lines(200))),
    ("x-limpet: {log-rate: 0}", |w| w.log.rate = Some(LogRate::Unlimited)),
    ("x-limpet: {log-storage: ram}", |w| w.log.disk = Some(false)),
    ("logging:\n  driver: json-file\n  options:\n    max-size: 10m\n    max-file: \"3\"", |w| {
        w.log = LogRequest { file_bytes_max: Some(10 << 20), files_max: Some(3), ..LogRequest::default() };
    }),
    ("logging: {driver: local, options: {max-file: 2}}", |w| w.log.files_max = Some(2)),
    ("logging: {driver: none, options: {max-file: 2}}", |w| w.log.files_max = Some(0)),
    ("logging: {options: {max-file: 2}, driver: none}", |w| w.log.files_max = Some(0)),
    ("volumes: [\"/etc/localtime:/etc/localtime:ro\"]", |w| {
        w.mounts = vec![mount("/etc/localtime", bind("/etc/localtime"), true)];
    }),
    ("volumes: [\"./conf/../www:/www/\", \".:/here:z\", \"../up:/up:rw,Z,cached\"]", |w| {
        w.mounts = vec![
            mount("/www", bind("/srv/shop/www"), false),
            mount("/here", bind("/srv/shop"), false),
            mount("/up", bind("/srv/up"), false),
        ];
    }),
    ("volumes: [\"./a:/a:ro,noidmap\"]", |w| {
        let source = AppMountSource::Bind { path: "/srv/shop/a".into(), create: true, id_mapped: false };
        w.mounts = vec![mount("/a", source, true)];
    }),
    ("volumes: [/data]", |w| w.mounts = vec![mount("/data", ANONYMOUS, false)]),
    (
        "volumes:\n  - type: bind\n    source: ./a\n    target: /a\n    read_only: true\n    bind: {create_host_path: \
         false, propagation: rprivate}",
        |w| {
            let source = AppMountSource::Bind { path: "/srv/shop/a".into(), create: false, id_mapped: true };
            w.mounts = vec![mount("/a", source, true)];
        },
    ),
    ("volumes:\n  - {type: volume, target: /a, volume: {nocopy: true}}", |w| {
        w.mounts = vec![mount("/a", AppMountSource::Volume { name: None, copy: false }, false)];
    }),
    ("volumes:\n  - {type: tmpfs, target: /a, tmpfs: {size: 64m, mode: 01770}}", |w| {
        let source = AppMountSource::Tmpfs {
            size_bytes: Some(64 << 20),
            mode: 0o1770,
            exec: false,
            suid: false,
            dev: false,
        };
        w.mounts = vec![mount("/a", source, false)];
    }),
    ("tmpfs: /run", |w| w.mounts = vec![mount("/run", TMPFS, false)]),
    ("tmpfs: [/run, \"/tmp:size=1m,mode=755,exec,suid,dev,ro\"]", |w| {
        let source = AppMountSource::Tmpfs {
            size_bytes: Some(1 << 20),
            mode: 0o755,
            exec: true,
            suid: true,
            dev: true,
        };
        w.mounts = vec![mount("/run", TMPFS, false), mount("/tmp", source, true)];
    }),
    ("devices: [\"/dev/ttyUSB0:/dev/modem:rw\", /dev/snd]", |w| {
        let access = DeviceAccess { read: true, write: true, mknod: false };
        w.devices = vec![
            DeviceRequest { source: "/dev/ttyUSB0".into(), target: "/dev/modem".into(), access },
            DeviceRequest { source: "/dev/snd".into(), target: "/dev/snd".into(), access: ALL },
        ];
    }),
    ("devices: [{source: /dev/i2c-1, permissions: r}]", |w| {
        let access = DeviceAccess { read: true, ..DeviceAccess::default() };
        w.devices = vec![DeviceRequest { source: "/dev/i2c-1".into(), target: "/dev/i2c-1".into(), access }];
    }),
    ("network_mode: host", |w| w.network = Network::Host),
    ("network_mode: \"none\"", |_| {}),
    ("userns_mode: host", |w| w.userns_host = true),
    ("cgroup: private\nipc: private", |_| {}),
    ("cgroup_parent: /apps/shop/", |w| w.cgroup_parent = Some("apps/shop".into())),
    ("cap_add: [NET_ADMIN, CAP_SYS_TIME, all]", |w| w.cap_add = words(&["NET_ADMIN", "SYS_TIME", "ALL"])),
    ("cap_drop:\n  - ALL", |w| w.cap_drop = words(&["ALL"])),
    ("security_opt: [\"no-new-privileges:true\", seccomp=unconfined, apparmor:unconfined]", |w| {
        (w.no_new_privileges, w.seccomp) = (true, SeccompRequest::Unconfined);
    }),
    ("security_opt: [no-new-privileges]", |w| w.no_new_privileges = true),
    ("sysctls:\n  net.core.somaxconn: 1024\n  kernel.sem: \"1 2 3 4\"", |w| {
        w.sysctls = pairs(&[("net.core.somaxconn", "1024"), ("kernel.sem", "1 2 3 4")]);
    }),
    ("sysctls: [net.core.somaxconn=1024]", |w| w.sysctls = pairs(&[("net.core.somaxconn", "1024")])),
    ("ulimits:\n  nproc: 65535\n  core: -1\n  nofile: {soft: 20000, hard: \"40000\"}", |w| {
        w.rlimits = vec![
            Rlimit { resource: 6, soft: 65535, hard: 65535 },
            Rlimit { resource: 4, soft: u64::MAX, hard: u64::MAX },
            Rlimit { resource: 7, soft: 20000, hard: 40000 },
        ];
    }),
    ("shm_size: 64m", |w| w.shm_bytes = Some(64 << 20)),
    ("shm_size: 1048576", |w| w.shm_bytes = Some(1 << 20)),
    ("oom_score_adj: -500", |w| w.oom_score_adj = Some(-500)),
    ("mem_limit: 512m", |w| w.limits.memory = Memory::MaxBytes(512 << 20)),
    ("mem_limit: 1073741824", |w| w.limits.memory = Memory::MaxBytes(1 << 30)),
    ("mem_limit: 1.5gb\nmemswap_limit: 2g", |w| {
        (w.limits.memory, w.limits.swap) = (Memory::MaxBytes(3 << 29), Swap::TotalBytes(2 << 30));
    }),
    ("memswap_limit: -1", |w| w.limits.swap = Swap::Unlimited),
    ("mem_reservation: 64m", |w| w.limits.memory_reservation_bytes = Some(64 << 20)),
    ("cpus: 0.5", |w| w.limits.cpu_millis = Some(500)),
    ("cpus: \"1.25\"", |w| w.limits.cpu_millis = Some(1250)),
    ("cpu_shares: 73", |w| w.limits.cpu_shares = Some(73)),
    ("cpu_quota: 50000", |w| w.limits.cpu_millis = Some(500)),
    ("cpu_quota: 25000\ncpu_period: 10000", |w| w.limits.cpu_millis = Some(2500)),
    ("cpu_quota: -1", |_| {}),
    ("cpuset: 0-2,7", |w| w.limits.cpuset_cpus = Some("0-2,7".into())),
    ("cpuset: \"0\"", |w| w.limits.cpuset_cpus = Some("0".into())),
    ("pids_limit: 100", |w| w.limits.pids = Pids::Max(100)),
    ("pids_limit: -1", |w| w.limits.pids = Pids::Unlimited),
    (
        "deploy:\n  resources:\n    limits: {cpus: '0.50', memory: 50M, pids: 64}\n    reservations: {cpus: '0.25', \
         memory: 20M}",
        |w| {
            w.limits.cpu_millis = Some(500);
            w.limits.memory = Memory::MaxBytes(50 << 20);
            w.limits.pids = Pids::Max(64);
            w.limits.cpu_shares = Some(256);
            w.limits.memory_reservation_bytes = Some(20 << 20);
        },
    ),
    ("mem_limit: 50m\ndeploy: {resources: {limits: {memory: 51200k}}}", |w| {
        w.limits.memory = Memory::MaxBytes(50 << 20);
    }),
    (
        "blkio_config:\n  device_read_bps: [{path: /dev/sda, rate: 12mb}]\n  device_write_iops: [{path: /dev/sda, \
         rate: 30}]",
        |w| {
            let throttle = |kind, rate| ThrottleRequest { kind, path: "/dev/sda".into(), rate };
            w.limits.throttles =
                vec![throttle(ThrottleKind::ReadBps, 12 << 20), throttle(ThrottleKind::WriteIops, 30)];
        },
    ),
    ("profiles: []", |_| {}),
    ("ports: []\nnetworks:\nlinks: []\nbuild:", |_| {}),
    ("x-anything: {a: [1, two, {b: }]}", |_| {}),
];

#[test]
fn every_field_means_what_the_specification_says() {
    for (fields, change) in CASES {
        let mut expected = Workload::new("web", "busybox");
        change(&mut expected);
        // The image is in the file of the test already.
        let seen = match fields.strip_prefix("image: ") {
            Some(image) => app_of(&[&format!("services: {{web: {{image: {image}}}}}")]).workloads.remove(0),
            None => web(fields),
        };
        assert_eq!(seen, expected, "{fields}");
    }
}

#[test]
fn dependencies_are_lists_or_mappings() {
    let depends = |text: &str| {
        let others = "  db: {image: a}\n  cache: {image: b}\n  init: {image: c}\n";
        app_of(&[&format!("services:\n  web:\n    image: d\n    depends_on: {text}\n{others}")])
            .workloads
            .remove(0)
            .depends_on
    };
    let on = |service: &str, condition, required, restart| Dependency {
        service: service.to_owned(),
        condition,
        required,
        restart,
    };
    assert_eq!(
        depends("[db, cache]"),
        [on("db", Condition::Started, true, false), on("cache", Condition::Started, true, false)]
    );
    assert_eq!(
        depends(
            "{db: {condition: service_healthy, restart: true}, init: {condition: service_completed_successfully}, \
             cache: {condition: service_started, required: false}}"
        ),
        [
            on("db", Condition::Healthy, true, true),
            on("init", Condition::Completed, true, false),
            on("cache", Condition::Started, false, false)
        ]
    );
    assert_eq!(depends("{gone: {condition: service_started, required: false}}"), []);
}

#[test]
fn volumes_are_named_after_the_project_unless_they_have_a_name() {
    let app = app_of(&["services:
  web:
    image: a
    volumes:
      - data:/data
      - {type: volume, source: named, target: /named, read_only: true}
      - \"shared:/shared:nocopy\"
volumes:
  data:
  named: {name: my-volume, driver: local}
  shared: {external: true}
  other: {external: true, name: foreign}
"]);
    let named = |name: &str, copy| AppMountSource::Volume { name: Some(name.to_owned()), copy };
    assert_eq!(
        app.workloads[0].mounts,
        [
            mount("/data", named("shop_data", true), false),
            mount("/named", named("my-volume", true), true),
            mount("/shared", named("shared", false), false),
        ]
    );
    assert_eq!(app.volumes, ["shop_data", "my-volume"]);
}

#[test]
fn configs_and_secrets_become_files() {
    let text = "services:
  web:
    image: a
    configs:
      - plain
      - {source: long, target: /etc/long.conf, uid: \"103\", gid: \"104\", mode: 0440}
    secrets:
      - key
      - {source: token, target: t.txt, mode: \"0400\"}
configs:
  plain: {content: \"hello $NAME\\n\"}
  long: {file: ./long.conf}
secrets:
  key: {file: ../key}
  token: {environment: TOKEN}
";
    let files: &[_] = &[("/srv/shop/long.conf", "# long\n"), ("/srv/key", "k\u{0}ey")];
    let parsed = project(&[text], &[("NAME", "you"), ("TOKEN", "t0k")], files).expect("right");
    let seen: Vec<_> = parsed.app.workloads[0]
        .files
        .iter()
        .map(|file| (file.target.as_str(), file.uid, file.gid, file.mode, file.secret, &file.contents[..]))
        .collect();
    assert_eq!(
        seen,
        [
            ("/plain", 0, 0, 0o444, false, &b"hello you\n"[..]),
            ("/etc/long.conf", 103, 104, 0o440, false, b"# long\n"),
            ("/run/secrets/key", 0, 0, 0o444, true, b"k\0ey"),
            ("/run/secrets/t.txt", 0, 0, 0o400, true, b"t0k"),
        ]
    );
}

#[test]
fn a_service_without_a_network_mode_is_remarked() {
    let remarks = |text: &str| {
        let parsed = project(&[text], &[], &[]).expect("right");
        parsed.remarks.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(remarks("services: {web: {image: a, network_mode: none}}"), [""; 0]);
    let [remark] = &remarks("services:\n  web:\n    image: a\n")[..] else { panic!("one remark") };
    assert!(remark.starts_with("compose.yaml:2:3: services.web: says no network_mode"), "{remark}");
    let three =
        "services: {web: {image: a}, db: {image: a}, in: {image: a, network_mode: none}, cache: {image: a}}";
    let [remark] = &remarks(three)[..] else { panic!("one remark") };
    assert!(remark.ends_with(" or none to silence this; also db, cache"), "{remark}");
}

#[test]
fn a_seccomp_profile_is_embedded() {
    let text = "services: {web: {image: a, security_opt: [\"seccomp:./profile.json\"]}}";
    let parsed = project(&[text], &[], &[("/srv/shop/profile.json", "{}")]).expect("right");
    assert_eq!(parsed.app.workloads[0].seccomp, SeccompRequest::Profile("{}".to_owned()));
}
