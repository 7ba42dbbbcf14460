//! The examples of the Compose Specification (05-services.md, deploy.md and others), in its own words where Limpet takes
//! them, and what is said where it does not.

use super::{Files, project};

/// Whole files that are taken. What an example leaves out (the image) is put in.
const TAKEN: &[&str] = &[
    // 00-overview
    "services:\n  backend:\n    image: example/database\n    volumes: [\"db-data:/etc/data\"]\nvolumes:\n  db-data:\n",
    // blkio_config
    "services:\n  foo:\n    image: busybox\n    blkio_config:\n      device_read_bps:\n        - path: /dev/sdb\n          rate: '12mb'\n      device_read_iops:\n        - path: /dev/sdb\n          rate: 120\n      device_write_bps:\n        - path: /dev/sdb\n          rate: '1024k'\n      device_write_iops:\n        - path: /dev/sdb\n          rate: 30\n",
    // cap_add, cap_drop
    "services: {a: {image: a, cap_add: [ALL], cap_drop: [NET_ADMIN, SYS_ADMIN]}}",
    // command
    "services: {a: {image: a, command: bundle exec thin -p 3000}}",
    "services: {a: {image: a, command: [ \"bundle\", \"exec\", \"thin\", \"-p\", \"3000\" ]}}",
    // configs, short and long
    "services:\n  redis:\n    image: redis:latest\n    configs:\n      - my_config\n      - my_other_config\nconfigs:\n  my_config:\n    file: ./my_config.txt\n  my_other_config:\n    content: |\n      other\n",
    "services:\n  redis:\n    image: redis:latest\n    configs:\n      - source: my_config\n        target: /redis_config\n        uid: \"103\"\n        gid: \"103\"\n        mode: 0440\nconfigs:\n  my_config:\n    file: ./my_config.txt\n",
    // depends_on, short and long
    "services:\n  web:\n    image: web\n    depends_on:\n      - db\n      - redis\n  redis:\n    image: redis\n  db:\n    image: postgres:18\n",
    "services:\n  web:\n    image: web\n    depends_on:\n      db:\n        condition: service_healthy\n        restart: true\n      redis:\n        condition: service_started\n  redis:\n    image: redis\n  db:\n    image: postgres:18\n",
    // deploy
    "services:\n  frontend:\n    image: example/webapp\n    deploy:\n      mode: replicated\n      replicas: 6\n",
    "services:\n  frontend:\n    image: example/webapp\n    deploy:\n      resources:\n        limits:\n          cpus: '0.50'\n          memory: 50M\n          pids: 1\n        reservations:\n          cpus: '0.25'\n          memory: 20M\n",
    "services:\n  a:\n    image: a\n    deploy:\n      restart_policy:\n        condition: on-failure\n        delay: 5s\n        max_attempts: 3\n        window: 120s\n",
    "services:\n  frontend:\n    image: example/webapp\n    deploy:\n      rollback_config:\n        parallelism: 0\n        order: stop-first\n",
    "services:\n  frontend:\n    image: example/webapp\n    deploy:\n      update_config:\n        parallelism: 2\n        delay: 10s\n        order: stop-first\n",
    // devices
    "services: {a: {image: a, devices: [\"/dev/ttyUSB0:/dev/ttyUSB0\", \"/dev/sda:/dev/xvda:rwm\"]}}",
    // entrypoint
    "services:\n  a:\n    image: a\n    entrypoint:\n      - php\n      - -d\n      - zend_extension=/usr/local/lib/php/extensions/no-debug-non-zts-20100525/xdebug.so\n      - -d\n      - memory_limit=-1\n      - vendor/bin/phpunit\n",
    // env_file
    "services: {a: {image: a, env_file: .env}}",
    "services:\n  a:\n    image: a\n    env_file:\n      - ./a.env\n      - ./b.env\n",
    "services:\n  a:\n    image: a\n    env_file:\n      - path: ./default.env\n        required: false # default\n      - path: ./a.env\n        format: raw\n",
    // environment
    "services:\n  a:\n    image: a\n    environment:\n      RACK_ENV: development\n      SHOW: \"true\"\n      USER_INPUT:\n",
    "services:\n  a:\n    image: a\n    environment:\n      - RACK_ENV=development\n      - SHOW=true\n      - USER_INPUT\n",
    // extends
    "services:\n  web:\n    extends:\n      file: common.yml\n      service: webapp\n",
    // group_add
    "services:\n  myservice:\n    image: alpine\n    group_add:\n      - mail\n",
    // healthcheck
    "services:\n  a:\n    image: a\n    healthcheck:\n      test: [\"CMD\", \"curl\", \"-f\", \"http://localhost\"]\n      interval: 1m30s\n      timeout: 10s\n      retries: 3\n      start_period: 40s\n      start_interval: 5s\n",
    "services: {a: {image: a, healthcheck: {test: [\"CMD-SHELL\", \"curl -f http://localhost || exit 1\"]}}}",
    "services: {a: {image: a, healthcheck: {disable: true}}}",
    // image
    "services: {a: {image: redis}, b: {image: \"redis:5\"}, c: {image: library/redis}, d: {image: docker.io/library/redis}, e: {image: my_private.registry:5000/redis}, f: {image: redis@sha256:0ed5d5928d4737458944eb604cc8509e245c3e19d02ad83935398bc4b991aac7}}",
    // init
    "services:\n  web:\n    image: alpine:latest\n    init: true\n",
    // labels
    "services:\n  a:\n    image: a\n    labels:\n      com.example.description: \"Accounting webapp\"\n      com.example.department: \"Finance\"\n      com.example.label-with-empty-value: \"\"\n",
    "services:\n  a:\n    image: a\n    labels:\n      - \"com.example.description=Accounting webapp\"\n      - \"com.example.department=Finance\"\n      - \"com.example.label-with-empty-value\"\n",
    // network_mode
    "services: {a: {image: a, network_mode: \"host\"}, b: {image: b, network_mode: \"none\"}}",
    // profiles
    "services:\n  frontend:\n    image: frontend\n    profiles: [\"frontend\"]\n  phpmyadmin:\n    image: phpmyadmin\n    profiles:\n      - debug\n",
    // pull_policy, restart
    "services: {a: {image: a, pull_policy: missing, restart: \"no\"}, b: {image: b, restart: always}, c: {image: c, restart: on-failure}, d: {image: d, restart: \"on-failure:3\"}, e: {image: e, restart: unless-stopped}}",
    // secrets, short and long
    "services:\n  frontend:\n    image: example/webapp\n    secrets:\n      - server-certificate\nsecrets:\n  server-certificate:\n    file: ./server.cert\n",
    "services:\n  frontend:\n    image: example/webapp\n    secrets:\n      - source: server-certificate\n        target: server.cert\n        uid: \"103\"\n        gid: \"103\"\n        mode: 0o440\nsecrets:\n  server-certificate:\n    file: ./server.cert\n",
    // stop_grace_period, stop_signal
    "services: {a: {image: a, stop_grace_period: 1s}, b: {image: b, stop_grace_period: 1m30s, stop_signal: SIGUSR1}}",
    // sysctls
    "services:\n  a:\n    image: a\n    sysctls:\n      net.core.somaxconn: 1024\n      net.ipv4.tcp_syncookies: 0\n",
    "services:\n  a:\n    image: a\n    sysctls:\n      - net.core.somaxconn=1024\n      - net.ipv4.tcp_syncookies=0\n",
    // tmpfs
    "services: {a: {image: a, tmpfs: [/run, /tmp]}, b: {image: b, tmpfs: [\"/data:mode=755,size=1m\", \"/tmp:mode=1770\"]}}",
    // ulimits
    "services:\n  a:\n    image: a\n    ulimits:\n      nproc: 65535\n      nofile:\n        soft: 20000\n        hard: 40000\n",
    // volumes
    "services:\n  backend:\n    image: example/backend\n    volumes:\n      - type: volume\n        source: db-data\n        target: /data\n        volume:\n          nocopy: true\n      - type: bind\n        source: /var/run/postgres/postgres.sock\n        target: /var/run/postgres/postgres.sock\nvolumes:\n  db-data:\n",
    // 10-fragments
    "volumes:\n  db-data: &default-volume\n    name: \"data\"\n  metrics: *default-volume\nservices: {}\n",
    "services:\n  first:\n    image: my-image:latest\n    environment: &env\n      - CONFIG_KEY\n      - EXAMPLE_KEY\n      - DEMO_VAR\n  second:\n    image: another-image:latest\n    environment: *env\n",
    "services:\n  first:\n    image: my-image:latest\n    environment: &env\n      FOO: BAR\n      ZOT: QUIX\n  second:\n    image: another-image:latest\n    environment:\n      <<: *env\n      YET_ANOTHER: VARIABLE\n",
    // 11-extension
    "x-custom:\n  foo:\n    - bar\n    - zot\nservices:\n  webapp:\n    image: example/webapp\n    x-foo: bar\n",
    "x-logging: &default-logging\n  options:\n    max-size: \"12m\"\n    max-file: \"5\"\n  driver: json-file\nservices:\n  frontend:\n    image: example/webapp\n    logging: *default-logging\n  backend:\n    image: example/database\n    logging: *default-logging\n",
    "x-environment: &default-environment\n  FOO: BAR\n  ZOT: QUIX\nx-keys: &keys\n  KEY: VALUE\nservices:\n  frontend:\n    image: example/webapp\n    environment:\n      << : [*default-environment, *keys]\n      YET_ANOTHER: VARIABLE\n",
    // 04-version-and-name
    "version: \"3.8\"\nname: myapp\nservices:\n  foo:\n    image: busybox\n    command: echo \"I'm running ${COMPOSE_PROJECT_NAME}\"\n",
];

const FILES: Files<'_> = &[
    ("/srv/shop/my_config.txt", "x"),
    ("/srv/shop/server.cert", "x"),
    ("/srv/shop/.env", "A=1"),
    ("/srv/shop/a.env", "A=1"),
    ("/srv/shop/b.env", "B=1"),
    (
        "/srv/shop/common.yml",
        "services:\n  webapp:\n    image: examples/web\n    volumes:\n      - \"/data\"\n",
    ),
];

#[test]
fn the_specifications_examples_are_taken() {
    for text in TAKEN {
        if let Err(problems) = project(&[text], &[], FILES) {
            panic!("{problems}\n{text}");
        }
    }
}

/// Examples that are not, and how the refusal ends.
const REFUSED: &[(&str, &str)] = &[
    ("services: {a: {build: ./dir}}", "Limpet builds no images; build it elsewhere and name it with image:"),
    ("services: {a: {image: a, deploy: {mode: global}}}", "there is one board; leave it out"),
    ("services: {a: {image: a, deploy: {endpoint_mode: vip}}}", "it is of swarm's network; leave it out"),
    (
        "services: {a: {image: a, develop: {watch: [{action: sync, path: a, target: b}]}}}",
        "take it away in an override with !reset",
    ),
    ("services: {a: {image: a, device_cgroup_rules: ['c 1:3 mr']}}", "name the devices with devices:"),
    ("services: {a: {image: a, dns: 8.8.8.8}}", "in an override with !reset"),
    ("services: {a: {image: a, expose: [\"3000\"]}}", "in an override with !reset"),
    ("services: {a: {image: a, extra_hosts: [\"somehost=162.242.195.82\"]}}", "in an override with !reset"),
    (
        "services: {a: {image: a, ports: [\"3000\", \"8000:8000\", \"127.0.0.1:5000-5010:5000-5010\"]}}",
        "with ports: !reset []",
    ),
    ("services: {a: {image: a, volumes_from: [service_name]}}", "name the volumes in both services"),
    ("services: {a: {image: a, post_start: [{command: b}]}}", "do it"),
    ("services: {a: {image: a, provider: {type: awesomecloud}}}", "only containers can be services"),
    (
        "services: {a: {image: a, logging: {driver: syslog, options: {syslog-address: \"tcp://192.168.0.42:123\"}}}}",
        "there is no field syslog-address",
    ),
    (
        "services: {a: {image: a}}\nnetworks: {front-tier: {driver: custom-driver}}",
        "with networks: !reset {}",
    ),
    (
        "services: {a: {image: a}}\nsecrets: {s: {external: true, name: n}}",
        "there is no store in which it would have a name; leave it out",
    ),
];

#[test]
fn what_of_the_specification_is_not_supported_is_refused_by_name() {
    for (text, end) in REFUSED {
        let said = project(&[text], &[], &[]).expect_err(text).to_string();
        assert!(said.lines().any(|line| line.ends_with(end)), "{said}\n{text}");
    }
}
