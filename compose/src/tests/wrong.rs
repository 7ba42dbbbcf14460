//! What is refused: the whole line that a person sees.

use super::{problems, project, web_file};

/// Lines of a service (from line 4 on), and what is said: place and text.
const CASES: &[(&str, &str)] = &[
    // Types.
    ("image: 5", "3:5"),
    (
        "user: 1000",
        "4:11: services.web.user: 1000 is a number, and text is wanted; put it in quotes: \"1000\"",
    ),
    ("init: \"true\"", "4:11: services.web.init: \"true\" is text; write true or false, without quotes"),
    ("init: yes", "4:11: services.web.init: 'yes' is not true or false"),
    ("init: 1", "4:11: services.web.init: '1' is not true or false"),
    ("init: [true]", "4:11: services.web.init: is a list, and true or false is wanted"),
    (
        "hostname: 12",
        "4:15: services.web.hostname: 12 is a number, and text is wanted; put it in quotes: \"12\"",
    ),
    ("hostname: {a: b}", "4:15: services.web.hostname: is a mapping, and text is wanted"),
    ("hostname:", "4:13: services.web.hostname: is empty; write a text"),
    (
        "command: [sleep, 10]",
        "4:22: services.web.command: 10 is a number, and text is wanted; put it in quotes: \"10\"",
    ),
    ("command: {a: b}", "4:14: services.web.command: is a mapping, and a line or a list of texts is wanted"),
    ("environment: text", "4:18: services.web.environment: is neither a mapping nor a list of NAME=VALUE"),
    ("environment: {A: [b]}", "4:22: services.web.environment: is a list, and one value is wanted"),
    ("environment: [A, {B: c}]", "4:22: services.web.environment: is a mapping, and text is wanted"),
    ("environment: [\"=a\"]", "4:19: services.web.environment: a name is empty; write NAME=VALUE"),
    ("labels: [5]", "4:14: services.web.labels: 5 is a number, and text is wanted; put it in quotes: \"5\""),
    ("cap_add: ALL", "4:14: services.web.cap_add: is text, and a list is wanted"),
    ("volumes: {a: b}", "4:14: services.web.volumes: is a mapping, and a list is wanted"),
    ("healthcheck: curl", "4:18: services.web.healthcheck: is text, and a mapping is wanted"),
    // Unknown fields.
    ("imagee: a", "4:5: services.web.imagee: there is no field imagee; did you mean image?"),
    (
        "enviroment: {}",
        "4:5: services.web.enviroment: there is no field enviroment; did you mean environment?",
    ),
    ("Volumes: []", "4:5: services.web.Volumes: there is no field Volumes; did you mean volumes?"),
    ("frobnicate: 1", "4:5: services.web.frobnicate: there is no field frobnicate"),
    (
        "healthcheck: {tests: a}",
        "4:19: services.web.healthcheck.tests: there is no field tests; did you mean test?",
    ),
    (
        "x-limpet: {on-unhealty: a}",
        "4:16: services.web.x-limpet.on-unhealty: there is no field on-unhealty; did you mean on-unhealthy?",
    ),
    // Values.
    (
        "hostname: -a",
        "4:15: services.web.hostname: host names are of a-z A-Z 0-9 . - and begin and end with a letter or digit",
    ),
    ("user: \"a:b:c\"", "4:11: services.web.user: write USER or USER:GROUP, names or numbers"),
    ("working_dir: app", "4:18: services.web.working_dir: write an absolute path"),
    (
        "stop_signal: SIGFOO",
        "4:18: services.web.stop_signal: no such signal; write a name such as TERM, or a number from 1 to 64",
    ),
    (
        "stop_grace_period: 10",
        "4:24: services.web.stop_grace_period: '10' is no duration; write a duration with its unit, such as 10s, 1m30s or 500ms",
    ),
    ("stop_grace_period: 2000h", "4:24: services.web.stop_grace_period: is longer than 49 days"),
    ("platform: windows/amd64", "4:15: services.web.platform: only linux containers can run"),
    (
        "pull_policy: daily",
        "4:18: services.web.pull_policy: daily is not supported; write missing, always or never",
    ),
    (
        "pull_policy: build",
        "4:18: services.web.pull_policy: Limpet builds no images; write missing, always or never",
    ),
    (
        "container_name: a/b",
        "4:21: services.web.container_name: names are two or more of a-z A-Z 0-9 _ . - and begin with a letter or digit",
    ),
    ("scale: 65", "4:12: services.web.scale: '65' is not a whole number up to 64"),
    ("scale: -1", "4:12: services.web.scale: '-1' is not a whole number up to 64"),
    (
        "scale: 2\ncontainer_name: aa",
        "5:21: services.web: container_name needs one replica, as names differ; leave it out",
    ),
    (
        "scale: 2\ndeploy: {replicas: 3}",
        "2:3: services.web: scale and deploy.replicas say different things; leave one out",
    ),
    (
        "restart: sometimes",
        "4:14: services.web.restart: a restart policy is no, always, unless-stopped, on-failure or on-failure:TRIES",
    ),
    (
        "restart: false",
        "4:14: services.web.restart: a restart policy is no, always, unless-stopped, on-failure or on-failure:TRIES",
    ),
    (
        "deploy: {mode: global}",
        "4:20: services.web.deploy.mode: global is not supported: there is one board; leave it out",
    ),
    (
        "deploy: {update_config: {order: both}}",
        "4:37: services.web.deploy.update_config.order: there is no order both; there are stop-first, start-first",
    ),
    (
        "deploy: {update_config: {max_failure_ratio: 1.5}}",
        "4:49: services.web.deploy.update_config.max_failure_ratio: '1.5' is no share; write a number from 0 to 1, such as 0.25",
    ),
    (
        "deploy: {update_config: {monitor: 5}}",
        "4:39: services.web.deploy.update_config.monitor: '5' is no duration; write a duration with its unit, such as 10s, 1m30s or 500ms",
    ),
    (
        "deploy: {rollback_config: {failure_action: rollback}}",
        "4:48: services.web.deploy.rollback_config.failure_action: there is no action rollback; there are continue, pause",
    ),
    (
        "deploy: {update_config: {parallel: 2}}",
        "4:30: services.web.deploy.update_config.parallel: there is no field parallel",
    ),
    (
        "deploy: {restart_policy: {condition: always}}",
        "4:42: services.web.deploy.restart_policy.condition: there is no condition always; there are none, on-failure and any",
    ),
    (
        "deploy: {resources: {limits: {memory: 52428800}}}",
        "4:43: services.web.deploy.resources.limits.memory: 52428800 is a number, and text is wanted; put it in quotes: \"52428800\"",
    ),
    (
        "healthcheck: {interval: 10}",
        "4:29: services.web.healthcheck.interval: '10' is no duration; write a duration with its unit, such as 10s, 1m30s or 500ms",
    ),
    ("healthcheck: {interval: 100us}", "4:29: services.web.healthcheck.interval: is shorter than 1ms"),
    (
        "healthcheck: {test: []}",
        "4:25: services.web.healthcheck.test: write a line, [\"CMD\", \"program\", \"argument\"], [\"CMD-SHELL\", \"line\"] or [\"NONE\"]",
    ),
    (
        "healthcheck: {test: [curl, -f]}",
        "4:25: services.web.healthcheck.test: write a line, [\"CMD\", \"program\", \"argument\"], [\"CMD-SHELL\", \"line\"] or [\"NONE\"]",
    ),
    (
        "healthcheck: {test: \" \"}",
        "4:25: services.web.healthcheck.test: is empty; write disable: true to have none",
    ),
    (
        "healthcheck: {test: a, disable: true}",
        "4:18: services.web.healthcheck: disable: true and test: contradict each other; leave one out",
    ),
    (
        "healthcheck: {test: a}\nx-limpet: {health-tcp: 80}",
        "5:28: services.web.x-limpet.health-tcp: healthcheck.test, health-http and health-tcp contradict each other; leave all but one out",
    ),
    (
        "x-limpet: {health-tcp: 80}\nhealthcheck: {test: a}",
        "5:18: services.web.healthcheck: healthcheck.test, health-http and health-tcp contradict each other; leave all but one out",
    ),
    (
        "x-limpet: {health-tcp: 0}",
        "4:28: services.web.x-limpet.health-tcp: write a port of the container, 1 to 65535",
    ),
    ("x-limpet: {log-storage: flash}", "4:29: services.web.x-limpet.log-storage: write ram or disk"),
    (
        "logging: {driver: syslog}",
        "4:23: services.web.logging.driver: the driver syslog is not supported; write json-file or none, and read it with limpet logs",
    ),
    (
        "logging: {options: {max-size: 1k}}",
        "4:35: services.web.logging.options.max-size: a log file has at least 4k",
    ),
    (
        "logging: {options: {compress: \"true\"}}",
        "4:25: services.web.logging.options.compress: is not supported: old files are not compressed; leave it out",
    ),
    (
        "volumes: [\"data:/data\"]",
        "4:15: services.web.volumes: the volume data is not declared; write data: below volumes: at the top, or ./data",
    ),
    ("volumes: [\"a/b:/data\"]", "4:15: services.web.volumes: paths of the board begin with /, . or ~"),
    (
        "volumes: [\"./a:data\"]",
        "4:15: services.web.volumes: the path inside must be absolute, such as /data, and shorter than 4096 bytes",
    ),
    ("volumes: [\"./a:/\"]", "4:15: services.web.volumes: nothing can be mounted on /"),
    (
        "volumes: [\"./a:/b:shared\"]",
        "4:15: services.web.volumes: shared: mounts never propagate (rprivate); leave it out",
    ),
    (
        "volumes: [\"./a:/b:nocopy\"]",
        "4:15: services.web.volumes: no option nocopy here; there are ro, rw, noidmap (paths), nocopy (volumes)",
    ),
    (
        "volumes: [\"a:b:c:d\"]",
        "4:15: services.web.volumes: write SRC:DST[:OPTIONS], such as ./www:/srv/www:ro",
    ),
    (
        "volumes: [\"./a:/b\", \"./c:/b/\"]",
        "4:25: services.web.volumes: something else is mounted at /b already",
    ),
    ("volumes: [\"~/a:/b\"]", "4:15: services.web.volumes: ~ is the variable HOME, which is not set"),
    (
        "volumes:\n  - type: bind\n    target: /b",
        "5:9: services.web.volumes: a bind needs source:, a path of the board",
    ),
    (
        "volumes:\n  - {type: npipe, target: /b}",
        "5:9: services.web.volumes: there is no type 'npipe'; there are bind, volume and tmpfs",
    ),
    (
        "volumes:\n  - {type: tmpfs, target: /b, bind: {propagation: rprivate}}",
        "5:41: services.web.volumes: options of a bind mean nothing for type: tmpfs",
    ),
    (
        "volumes:\n  - {type: volume, source: b}",
        "5:9: services.web.volumes: the volume b is not declared; write b: below volumes: at the top, or ./b",
    ),
    ("volumes:\n  - {type: volume}", "5:9: services.web.volumes: has no target:, the path inside"),
    (
        "volumes:\n  - {type: volume, target: /b, volume: {subpath: c}}",
        "5:45: services.web.volumes.volume.subpath: is not supported: mount the whole volume, or bind a directory",
    ),
    (
        "tmpfs: run",
        "4:12: services.web.tmpfs: the path inside must be absolute, such as /data, and shorter than 4096 bytes",
    ),
    (
        "tmpfs: \"/run:uid=5\"",
        "4:12: services.web.tmpfs: no option uid=5; there are size=, mode=, ro, exec, suid, dev",
    ),
    ("devices: [/etc/passwd]", "4:15: services.web.devices: devices are below /dev, on the board and inside"),
    ("devices: [{target: /dev/a}]", "4:15: services.web.devices: names no source"),
    (
        "network_mode: bridge",
        "4:19: services.web.network_mode: bridge comes with the network version of Limpet; write host (the board's network) or none",
    ),
    (
        "network_mode: service:db",
        "4:19: services.web.network_mode: service:db comes with the network version of Limpet; write host (the board's network) or none",
    ),
    (
        "userns_mode: keep-id",
        "4:18: services.web.userns_mode: write host; without it a container has ids of its own where the kernel can",
    ),
    (
        "cgroup: host",
        "4:13: services.web.cgroup: a container has a cgroup namespace of its own; leave it out",
    ),
    ("ipc: host", "4:10: services.web.ipc: a container has an IPC namespace of its own; leave it out"),
    ("cgroup_parent: ../a", "4:20: services.web.cgroup_parent: write the path of a cgroup, such as apps/web"),
    (
        "cap_add: [NET_ADMINN]",
        "4:15: services.web.cap_add: there is no capability NET_ADMINN; did you mean NET_ADMIN?; see capabilities(7) for the names",
    ),
    (
        "security_opt: [\"apparmor:mine\"]",
        "4:20: services.web.security_opt: AppArmor profiles are not supported; leave it out",
    ),
    (
        "security_opt: [\"seccomp:mine.json\"]",
        "4:20: services.web.security_opt: the file mine.json is not there",
    ),
    (
        "security_opt: [\"systempaths=unconfined\"]",
        "4:20: services.web.security_opt: write no-new-privileges, seccomp=FILE or seccomp=unconfined",
    ),
    (
        "sysctls: {vm.swappiness: 1}",
        "4:30: services.web.sysctls: not a parameter of a container; kernel.msg*, kernel.sem, kernel.shm*, fs.mqueue.* and net.* are",
    ),
    (
        "network_mode: host\nsysctls: {net.core.somaxconn: 1}",
        "2:3: services.web: the sysctl net.core.somaxconn would change the board, whose network network_mode: host shares; leave it out",
    ),
    (
        "ulimits: {files: 1}",
        "4:22: services.web.ulimits.files: no such resource; there are cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, as, locks, sigpending, msgqueue, nice, rtprio, rttime",
    ),
    (
        "ulimits: {nofile: {soft: 2, hard: 1}}",
        "4:23: services.web.ulimits.nofile: the soft limit is above the hard one",
    ),
    (
        "ulimits: {nofile: {soft: 2}}",
        "4:23: services.web.ulimits.nofile: wants a number, or both soft: and hard:",
    ),
    (
        "ulimits: {nofile: many}",
        "4:23: services.web.ulimits.nofile: 'many' is not a whole number up to 18446744073709551614",
    ),
    (
        "shm_size: big",
        "4:15: services.web.shm_size: not a size; write a number and b, k, m, g or t, such as 64m",
    ),
    ("oom_score_adj: 2000", "4:20: services.web.oom_score_adj: write a number from -1000 to 1000"),
    ("mem_limit: 1k", "4:16: services.web.mem_limit: too small to start anything; the least is 512k"),
    ("memswap_limit: 1g", "2:3: services.web: memswap_limit needs mem_limit, which it includes"),
    (
        "memswap_limit: 1g\nmem_limit: 2g",
        "2:3: services.web: memswap_limit is less than mem_limit, which it includes",
    ),
    ("cpus: 0.0001", "4:11: services.web.cpus: finer than a thousandth of a CPU"),
    (
        "cpus: 1\ndeploy: {resources: {limits: {cpus: \"2\"}}}",
        "2:3: services.web: cpus and deploy.resources.limits.cpus say different things; leave one out",
    ),
    (
        "mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}",
        "2:3: services.web: mem_limit and deploy.resources.limits.memory say different things; leave one out",
    ),
    ("cpu_shares: 1", "4:17: services.web.cpu_shares: write a number from 2 to 262144"),
    (
        "cpu_quota: 12345",
        "2:3: services.web: cpu_quota is no whole thousandth of cpu_period; write cpus: 0.5",
    ),
    ("cpu_period: 1000", "2:3: services.web: cpu_period means nothing without cpu_quota; write cpus: 0.5"),
    (
        "cpu_quota: 5\ncpu_period: 0",
        "2:3: services.web: cpu_quota is no whole thousandth of cpu_period; write cpus: 0.5",
    ),
    ("cpuset: 0", "4:13: services.web.cpuset: 0 is a number, and text is wanted; put it in quotes: \"0\""),
    ("cpuset: 3-1", "4:13: services.web.cpuset: write numbers and ranges, such as 0-2,7"),
    (
        "pids_limit: lots",
        "4:17: services.web.pids_limit: write a number from 1 to 4194304, or -1 for no limit",
    ),
    (
        "blkio_config: {weight: 300}",
        "4:20: services.web.blkio_config.weight: is not supported: weights of block devices are not; bound rates with device_read_bps and its like",
    ),
    (
        "blkio_config: {device_read_bps: [{path: sda, rate: 1}]}",
        "4:45: services.web.blkio_config.device_read_bps.path: is no path below /dev",
    ),
    ("depends_on: [db]", "4:18: services.web: depends on db, and there is no such service"),
    (
        "depends_on: {db: {condition: ready}}",
        "4:34: services.web.depends_on.db.condition: there is no condition ready; there are service_started, service_healthy and service_completed_successfully",
    ),
    (
        "depends_on: {db: {required: true}}",
        "4:22: services.web.depends_on: has no condition:, such as service_started",
    ),
    (
        "configs: [mine]",
        "4:15: services.web.configs: the config mine is not declared; write mine: below configs: at the top",
    ),
    (
        "secrets: [{source: mine, uid: 5}]",
        "4:35: services.web.secrets.uid: 5 is a number, and text is wanted; put it in quotes: \"5\"",
    ),
    (
        "secrets: [{source: mine, mode: 440}]",
        "4:36: services.web.secrets.mode: '440' is no mode in octal, such as 0440",
    ),
    ("env_file: missing.env", "4:15: services.web.env_file: the file missing.env is not there"),
    (
        "env_file: [{path: a, format: json}]",
        "4:34: services.web.env_file.format: there is no format json; there is raw",
    ),
    (
        "command: echo a | b",
        "4:14: services.web.command: | needs a shell, and there is none; write [\"sh\", \"-c\", \"...\"], or put it in quotes",
    ),
    ("command: echo 'a", "4:14: services.web.command: the quote ' is not closed"),
    ("command: echo ${A", "4:14: services.web.command: a ${ has no }; write $$ for a dollar sign"),
    ("command: echo ${A:?say it}", "4:14: services.web.command: variable A must be set: say it"),
    (
        "command: echo ${}",
        "4:14: services.web.command: after ${ stands no name of a variable; write $$ for a dollar sign",
    ),
    (
        "command: echo ${A/b/c}",
        "4:14: services.web.command: ${A goes on in a way that means nothing; there are ${A} and the forms with :- - :? ? :+ +",
    ),
    // What other tools do.
    (
        "build: .",
        "4:5: services.web.build: is not supported: Limpet builds no images; build it elsewhere and name it with image:",
    ),
    (
        "ports: [\"80:80\"]",
        "4:5: services.web.ports: is not supported: ports come with the network version of Limpet; use network_mode: host, or take them away in an override with ports: !reset []",
    ),
    (
        "links: [db]",
        "4:5: services.web.links: is not supported: it comes with the network version of Limpet; use network_mode: host, or take it away in an override with !reset",
    ),
    (
        "networks: [front]",
        "4:5: services.web.networks: is not supported: it comes with the network version of Limpet; use network_mode: host, or take it away in an override with !reset",
    ),
    ("gpus: all", "4:5: services.web.gpus: is not supported: name the device files with devices:"),
    (
        "deploy: {placement: {constraints: [a]}}",
        "4:25: services.web.deploy.placement: is not supported: there is one board; leave it out",
    ),
    // YAML.
    ("init: true\ninit: true", "5:5: services.web: init stands here twice, first in line 4"),
    (
        "init: !wrong true",
        "4:11: services.web: the tag !wrong means nothing here; there are !reset and !override",
    ),
    ("1: a", "4:5: services.web: a key is a number, and text is wanted; put it in quotes"),
];

#[test]
fn every_refusal_says_where_and_what_instead() {
    let mut wrong = Vec::new();
    for (fields, said) in CASES {
        let text = match fields.strip_prefix("image: ") {
            Some(image) => format!("services:\n  web:\n    image: {image}\n"),
            None => web_file(fields),
        };
        let seen = problems(&text);
        let seen = seen.lines().next().expect("one problem").strip_prefix("compose.yaml:").expect("a place");
        // What YAML itself is wrong about has no field yet.
        let said = said
            .replace("services.web: init stands", "init stands")
            .replace("services.web: the tag", "the tag");
        let said = said.replace("services.web: a key", "a key");
        if said == "3:5" {
            assert!(seen.contains("is a number"), "{seen}");
            continue;
        }
        if seen != said {
            wrong.push(format!("{text}\n  said: {seen}\n  not:  {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whole files, and everything that is said.
const FILES: &[(&str, &str)] = &[
    ("", "compose.yaml: the file is empty; write services:"),
    ("# nothing\n", "compose.yaml: the file is empty; write services:"),
    ("- a\n", "compose.yaml:1:1: is a list, and a mapping is wanted"),
    ("version: '3'\n", "compose.yaml:1:1: has no services:"),
    ("services: [web]\n", "compose.yaml:1:11: services: is a list, and a mapping is wanted"),
    (
        "services:\n  web:\n    command: a\n",
        "compose.yaml:2:3: services.web: names no image; write image: NAME",
    ),
    (
        "services:\n  web:\n",
        "compose.yaml:2:6: services.web: is empty, and a mapping is wanted\ncompose.yaml:2:3: services.web: names no image; write image: NAME",
    ),
    (
        "services:\n  .web: {image: a}\n",
        "compose.yaml:2:3: services..web: is no name of a service; write letters, digits, - _ and ., beginning with a letter or digit, at most 63",
    ),
    (
        "name: Shop\nservices: {}\n",
        "compose.yaml:1:7: 'Shop' is no name of a project; write lower-case letters, digits, - and _, beginning with a letter or digit, at most 63",
    ),
    (
        "service:\n  web: {image: a}\nservices: {}\n",
        "compose.yaml:1:1: service: there is no field service; did you mean services?",
    ),
    (
        "services: {}\nnetworks:\n  front: {}\n",
        "compose.yaml:2:1: networks: is not supported: networks come with the network version of Limpet; use network_mode: host, or take them away in an override with networks: !reset {}",
    ),
    (
        "services: {}\ninclude: [a.yaml]\n",
        "compose.yaml:2:1: include: is not supported: give both files: -f ONE -f OTHER",
    ),
    (
        "services: {}\nvolumes:\n  a: {driver: nfs}\n",
        "compose.yaml:3:15: volumes.a.driver: the only driver is local; leave it out",
    ),
    (
        "services: {}\nvolumes:\n  a: {driver_opts: {type: nfs}}\n",
        "compose.yaml:3:7: volumes.a.driver_opts: is not supported: bind a path of the board instead: /PATH:/TARGET",
    ),
    (
        "services: {}\nvolumes:\n  \"a b\":\n",
        "compose.yaml:3:8: volumes.a b: names are two or more of a-z A-Z 0-9 _ . - and begin with a letter or digit",
    ),
    (
        "services: {}\nsecrets:\n  a: {external: true}\n",
        "compose.yaml:3:17: secrets.a.external: there is no store of configs and secrets to take it from; write file:",
    ),
    (
        "services: {}\nsecrets:\n  a: {content: b}\n",
        "compose.yaml:3:16: secrets.a.content: a secret is not written in the file; write file: or environment:",
    ),
    (
        "services: {}\nsecrets:\n  a: {environment: NOT_SET}\n",
        "compose.yaml:3:20: secrets.a.environment: the variable NOT_SET is not set",
    ),
    (
        "services: {}\nconfigs:\n  a: {}\n",
        "compose.yaml:3:6: configs.a: says none of file:, environment: and content:",
    ),
    (
        "services: {}\nconfigs:\n  a: {content: b, file: c}\n",
        "compose.yaml:3:6: configs.a: says more than one of file:, environment: and content:",
    ),
    (
        "services:\n  web: {image: a, configs: [c]}\nconfigs:\n  c: {file: ./c.conf}\n",
        "compose.yaml:4:13: services.web.configs: the file ./c.conf is not there",
    ),
    (
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [a]}\n",
        "compose.yaml:2:29: services.a: it depends on itself, by way of others or directly",
    ),
    (
        "services:\n  web: {image: a, depends_on: [a]}\n  a: {image: a, depends_on: [b]}\n  b:\n    image: b\n    depends_on:\n      a: {condition: service_started}\n",
        "compose.yaml:3:29: services.a: it depends on itself, by way of others or directly",
    ),
    (
        "services:\n  a:\n    image: a\n    depends_on:\n      b: {condition: service_healthy}\n  b: {image: b, healthcheck: {disable: true}}\n",
        "compose.yaml:5:10: services.a: waits for b to be healthy, which turns its health check off; write condition: service_started, or give b a healthcheck",
    ),
    (
        "services:\n  a:\n    image: a\n    depends_on:\n      b: {condition: service_healthy}\n  b: {image: b, healthcheck: {test: [NONE]}}\n",
        "compose.yaml:5:10: services.a: waits for b to be healthy, which turns its health check off; write condition: service_started, or give b a healthcheck",
    ),
    (
        "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, profiles: [p]}\n",
        "compose.yaml:2:30: services.a: depends on b, whose profiles are not active; activate one, or write required: false",
    ),
    (
        "services:\n  a: {image: a, container_name: xx}\n  b: {image: b, container_name: xx}\n",
        "compose.yaml:3:33: services: the container_name xx is another service's too",
    ),
    (
        "services:\n  a: {image: a, configs: [{source: c, target: /x}], tmpfs: /x}\nconfigs: {c: {content: c}}\n",
        "compose.yaml:2:60: services.a.tmpfs: something else is mounted at /x already",
    ),
    (
        "services:\n  a: {image: a, tmpfs: /x, configs: [{source: c, target: /x}]}\nconfigs: {c: {content: c}}\n",
        "compose.yaml:2:3: services.a: two things are to be at /x; give one another target",
    ),
    (
        "services:\n  web:\n\timage: a\n",
        "compose.yaml:3:2: is no YAML: tabs disallowed within this context (block indentation)",
    ),
    (
        "services: {web: {image: *none}}\n",
        "compose.yaml:1:25: is no YAML: while parsing node, found unknown anchor",
    ),
    ("a: &a [*a]\n", "compose.yaml:1:8: an alias stands within what it is an alias of"),
    (
        "x-a: {<<: 5}\nservices: {}\n",
        "compose.yaml:1:11: << takes mappings: write <<: *ANCHOR or <<: [*ONE, *OTHER]",
    ),
    (
        "? [a, b]\n: c\nservices: {}\n",
        "compose.yaml:1:3: a key is a list, and text is wanted; put it in quotes",
    ),
];

#[test]
fn whole_files_are_refused_with_everything_that_is_wrong() {
    let mut wrong = Vec::new();
    for (text, said) in FILES {
        let seen = problems(text);
        if seen != *said {
            wrong.push(format!("{text}\n  said: {seen}\n  not:  {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_problems_are_reported_in_one_run() {
    let text = "services:
  web:
    image: a
    build: .
    ports: [\"80:80\"]
    init: \"yes\"
  db:
    imagee: b
    restart: perhaps
";
    let seen = problems(text);
    let lines: Vec<&str> = seen.lines().collect();
    let places: Vec<&str> = lines.iter().map(|line| line.split(": ").next().expect("a place")).collect();
    assert_eq!(
        places,
        [
            "compose.yaml:4:5",
            "compose.yaml:5:5",
            "compose.yaml:6:11",
            "compose.yaml:8:5",
            "compose.yaml:9:14",
            "compose.yaml:7:3"
        ]
    );
    let many: String = (0..50).map(|n| format!("  s{n}: {{image: a, build: b}}\n")).collect();
    let seen = problems(&format!("services:\n{many}"));
    assert_eq!((seen.lines().count(), seen.lines().last()), (33, Some("and 18 more")));
}

#[test]
fn an_anchor_that_is_wrong_is_wrong_once() {
    let text = "x-base: &base {image: a, build: .}\nservices:\n  a: *base\n  b: *base\n";
    let seen = problems(text);
    let lines: Vec<&str> = seen.lines().collect();
    assert_eq!(lines.len(), 2, "{seen}");
    assert!(lines[0].starts_with("compose.yaml:1:26: services.a.build: "), "{seen}");
}

#[test]
fn what_a_person_wrote_cannot_break_a_message() {
    let long = "x".repeat(5000);
    let seen = problems(&format!("services:\n  web: {{image: a, \"{long}\": 1, \"a\\nb\": 2}}\n"));
    assert_eq!(seen.lines().count(), 2, "{seen}");
    assert!(seen.lines().all(|line| line.len() < 300) && seen.contains("a\\nb"), "{seen}");
}

#[test]
fn an_app_that_is_too_large_is_refused() {
    let big = "x".repeat(600 * 1024);
    let text = "services: {web: {image: a, configs: [a, b]}}\nconfigs: {a: {file: a}, b: {file: b}}\n";
    let files = [("/srv/shop/a", big.as_str()), ("/srv/shop/b", big.as_str())];
    let problems = project(&[text], &[], &files).expect_err("1.2 MiB");
    assert_eq!(
        problems.to_string(),
        "compose.yaml:1:1: it has more than 1024 KiB, configs and secrets included"
    );
}
