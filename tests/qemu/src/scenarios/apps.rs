//! An app from a compose file: up, over a reboot, changed, down.

use crate::Stage;

const FILE: &str = "\
name: shop
services:
  store:
    image: redis
    restart: always
    mem_limit: 48m
    network_mode: host
    volumes: [ 'kept:/data' ]
    healthcheck:
      test: [ CMD, redis-cli, ping ]
      interval: 1s
      start_period: 30s
  clerk:
    image: busybox
    restart: always
    init: true
    command: sh -c 'echo open; exec sleep 100000'
    depends_on:
      store: { condition: service_healthy }
volumes:
  kept: {}
";

pub(super) fn from_a_file(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().reboots());
    board.load("redis");
    board.load("busybox");
    board.write("/root/compose.yaml", FILE.as_bytes());
    board.limpet(&["up", "-f", "/root/compose.yaml"]).ok();
    board.until_logged("shop-clerk-1", "open");
    board.limpet(&["exec", "shop-store-1", "redis-cli", "set", "boat", "limpet"]).ok();
    board.limpet(&["exec", "shop-store-1", "redis-cli", "save"]).ok();
    board.reboot();
    board.until_status("shop-clerk-1", "running");
    let said = board.limpet(&["exec", "shop-store-1", "redis-cli", "get", "boat"]).ok();
    assert_eq!(said.text(), "limpet", "the volume outlives the reboot");
    let changed = FILE.replace("48m", "40m");
    board.write("/root/changed.yaml", changed.as_bytes());
    let clerk = board.field("shop-clerk-1", "/Id");
    board.limpet(&["up", "-f", "/root/changed.yaml"]).ok();
    assert_eq!(board.field("shop-store-1", "/HostConfig/Memory"), 40 << 20);
    assert_eq!(board.field("shop-clerk-1", "/Id"), clerk, "what did not change is not touched");
    board.limpet(&["down", "-v", "shop"]).ok();
    assert_eq!(board.limpet(&["ps", "-aq"]).ok().text(), "");
    assert_eq!(board.sh("ls /var/lib/limpet/volumes"), "");
    board.power_off();
}
