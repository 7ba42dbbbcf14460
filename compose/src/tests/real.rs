//! Files as people have them: what they come to, or exactly what has to change.

use super::project;
use limpet_protocol::app::{AppMountSource, Condition};
use limpet_protocol::launch::Network;
use limpet_protocol::limits::Memory;
use limpet_protocol::restart::When;

const REDIS_AND_APP: &str = "\
version: \"3.8\"

x-logging: &logging
  logging:
    driver: json-file
    options:
      max-size: 10m
      max-file: \"3\"

services:
  redis:
    <<: *logging
    image: redis:7.2-alpine
    container_name: shop-redis
    command: redis-server --appendonly yes --maxmemory ${REDIS_MAX:-64mb}
    network_mode: host
    restart: unless-stopped
    volumes:
      - redis-data:/data
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
      interval: 10s
      timeout: 3s
      retries: 5

  app:
    <<: *logging
    image: ghcr.io/example/shop:${TAG:?which version}
    network_mode: host
    restart: unless-stopped
    env_file:
      - ./app.env
    environment:
      REDIS_URL: redis://127.0.0.1:6379/0
    depends_on:
      redis:
        condition: service_healthy
    mem_limit: 256m
    read_only: true
    tmpfs: /tmp
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]

volumes:
  redis-data:
";

#[test]
fn a_database_and_an_app() {
    let files = [("/srv/shop/app.env", "SECRET='a b'\n")];
    let parsed = project(&[REDIS_AND_APP], &[("TAG", "1.4.2")], &files)
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(parsed.remarks, []);
    let (redis, app) = (&parsed.app.workloads[0], &parsed.app.workloads[1]);
    assert_eq!(
        redis.command.as_ref().map(|words| words.join(" ")).as_deref(),
        Some("redis-server --appendonly yes --maxmemory 64mb")
    );
    assert_eq!((redis.log.file_bytes_max, redis.log.files_max), (Some(10 << 20), Some(3)));
    assert_eq!(
        redis.mounts[0].source,
        AppMountSource::Volume { name: Some("shop_redis-data".into()), copy: true }
    );
    assert_eq!(app.image, "ghcr.io/example/shop:1.4.2");
    assert_eq!(app.depends_on[0].condition, Condition::Healthy);
    assert_eq!((app.network, app.restart.when), (Network::Host, When::UnlessStopped));
    assert_eq!(app.limits.memory, Memory::MaxBytes(256 << 20));
    assert_eq!(app.environment[0], ("SECRET".into(), Some("a b".into())));
    let said = project(&[REDIS_AND_APP], &[], &files).expect_err("no TAG").to_string();
    assert_eq!(said, "compose.yaml:28:12: services.app.image: variable TAG must be set: which version");
}

const NEXTCLOUD: &str = "\
services:
  db:
    image: mariadb:10.11
    restart: always
    command: --transaction-isolation=READ-COMMITTED --log-bin=binlog --binlog-format=ROW
    volumes:
      - db:/var/lib/mysql:Z
    environment:
      - MYSQL_ROOT_PASSWORD=
      - MYSQL_PASSWORD
      - MYSQL_DATABASE=nextcloud

  cron:
    image: nextcloud:apache
    restart: always
    volumes:
      - nextcloud:/var/www/html:z
    entrypoint: /cron.sh
    depends_on:
      - db

  app:
    image: nextcloud:apache
    restart: always
    ports:
      - 127.0.0.1:8080:80
    links:
      - db
    volumes:
      - nextcloud:/var/www/html:z
      - /etc/localtime:/etc/localtime:ro
    environment:
      - MYSQL_HOST=db
    depends_on:
      - db

volumes:
  db:
  nextcloud:
";

#[test]
fn a_file_with_ports_says_what_to_change_and_an_override_changes_it() {
    let said = project(&[NEXTCLOUD], &[], &[]).expect_err("ports").to_string();
    let places: Vec<_> = said.lines().map(|line| line.split(": is").next().expect("a place")).collect();
    assert_eq!(places, ["compose.yaml:25:5: services.app.ports", "compose.yaml:27:5: services.app.links"]);
    let ours = "services:
  app: {ports: !reset [], links: !reset [], network_mode: host, environment: [MYSQL_HOST=127.0.0.1]}
  db: {network_mode: host}
  cron: {network_mode: host}
";
    let parsed = project(&[NEXTCLOUD, ours], &[("MYSQL_PASSWORD", "x")], &[]).expect("right");
    assert_eq!(parsed.remarks, []);
    let app = parsed.app.workload("app").expect("there");
    assert_eq!(app.environment, [("MYSQL_HOST".to_owned(), Some("127.0.0.1".to_owned()))]);
    let db = parsed.app.workload("db").expect("there");
    assert_eq!(db.environment[1], ("MYSQL_PASSWORD".to_owned(), Some("x".to_owned())));
    assert_eq!(parsed.app.volumes, ["shop_db", "shop_nextcloud"]);
}

const HOME_ASSISTANT: &str = "\
services:
  homeassistant:
    container_name: homeassistant
    image: \"ghcr.io/home-assistant/home-assistant:stable\"
    volumes:
      - ./config:/config
      - /etc/localtime:/etc/localtime:ro
      - /run/dbus:/run/dbus:ro
    devices:
      - /dev/ttyUSB0:/dev/ttyUSB0
    restart: unless-stopped
    stop_grace_period: 4m
    privileged: true
    network_mode: host
    environment:
      TZ: Europe/Berlin

  mosquitto:
    image: eclipse-mosquitto:2
    user: \"1883:1883\"
    network_mode: host
    init: true
    configs:
      - source: mosquitto
        target: /mosquitto/config/mosquitto.conf
    volumes:
      - type: volume
        source: mosquitto
        target: /mosquitto/data
    x-limpet:
      health-tcp: 1883
      on-unhealthy: restart
      log-storage: disk
    deploy:
      resources:
        limits: {cpus: \"0.5\", memory: 64M}
        reservations: {memory: 16M}

configs:
  mosquitto:
    content: |
      listener 1883
      allow_anonymous true

volumes:
  mosquitto: {external: true, name: mqtt}
";

#[test]
fn a_home_automation() {
    let parsed = project(&[HOME_ASSISTANT], &[], &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let (home, mqtt) = (&parsed.app.workloads[0], &parsed.app.workloads[1]);
    assert!(home.privileged);
    assert_eq!((home.mounts.len(), home.devices.len()), (3, 1));
    assert_eq!(parsed.app.container_name(home, 1), "homeassistant");
    assert_eq!(mqtt.files[0].contents, b"listener 1883\nallow_anonymous true\n");
    assert_eq!(mqtt.mounts[0].source, AppMountSource::Volume { name: Some("mqtt".into()), copy: true });
    assert_eq!(parsed.app.volumes, [""; 0]);
}

#[test]
fn typical_mistakes_are_found_all_at_once() {
    let text = "\
version: 3
services:
  web
    image: nginx
";
    let said = project(&[text], &[], &[]).expect_err("a colon is missing").to_string();
    assert!(said.starts_with("compose.yaml:4:"), "{said}");
    let text = "\
services:
  web:
    image: nginx:1.27
    restart_policy: always
    enviroment:
      - A=1
    volume:
      - ./www:/www
    mem_limit: 64mib
    user: 1000
    privileged: \"yes\"
    depends_on: [dbb]
  db:
    image: postgres
    networkmode: host
";
    let said = project(&[text], &[], &[]).expect_err("mistakes").to_string();
    let expected = "\
compose.yaml:4:5: services.web.restart_policy: there is no field restart_policy
compose.yaml:5:5: services.web.enviroment: there is no field enviroment; did you mean environment?
compose.yaml:7:5: services.web.volume: there is no field volume; did you mean volumes?
compose.yaml:10:11: services.web.user: 1000 is a number, and text is wanted; put it in quotes: \"1000\"
compose.yaml:11:17: services.web.privileged: \"yes\" is text; write true or false, without quotes
compose.yaml:15:5: services.db.networkmode: there is no field networkmode; did you mean network_mode?
compose.yaml:12:18: services.web: depends on dbb, and there is no such service";
    assert_eq!(said, expected);
}
