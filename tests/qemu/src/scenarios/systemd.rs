//! A board that systemd starts, with the units that `limpet install` writes.

use crate::{Board, Stage, disk};

/// Each waits for the next, and writes down when it was asked to end; the last does not listen.
const FILE: &str = "\
name: row
services:
  front:
    image: busybox
    restart: always
    command: &row [ sh, -c, 'trap \"echo $$NAME >> /v/order; exit 0\" TERM; echo ready; while :; do sleep 1000 & wait; done' ]
    environment: { NAME: front }
    volumes: [ 'order:/v' ]
    depends_on: [ middle ]
  middle:
    image: busybox
    restart: always
    command: *row
    environment: { NAME: middle }
    volumes: [ 'order:/v' ]
    depends_on: [ back ]
  back:
    image: busybox
    restart: always
    command: *row
    environment: { NAME: back }
    volumes: [ 'order:/v' ]
    depends_on: [ deaf ]
  deaf:
    image: probe
    restart: always
    command: ignore-term
    stop_grace_period: 2s
volumes:
  order: {}
";
const ROW: [&str; 3] = ["front", "middle", "back"];
/// Instead of 30 s, so that it need not be waited for.
const PATIENCE_S: u32 = 5;

pub(super) fn keeps_what_limpet_installs(stage: &Stage) {
    let spec = stage.systemd_spec().reboots();
    let mut board = stage.boot(&spec);
    install(&mut board);
    in_a_unit(&mut board);
    let kept = begin(&mut board);
    let survives = |board: &mut Board, why: &str, end: &dyn Fn(&mut Board, &str)| {
        let main = main_pid(board);
        end(board, &main);
        starts_anew(board, &main);
        assert_eq!(board.field("kept", "/State/Pid"), kept, "the container runs on after {why}");
    };
    is_heard_of(&mut board);
    survives(&mut board, "SIGKILL", &|board, main| drop(board.sh(&format!("kill -KILL {main}"))));
    survives(&mut board, "a restart", &|board, _| drop(board.sh("systemctl restart limpet")));
    survives(&mut board, "the watchdog", &hangs);
    // What systemd does again with all cgroups must not take limits away.
    board.sh("systemctl daemon-reload");
    let group = board.cgroup("kept", "");
    assert_eq!(board.show(&format!("{group}/memory.max")), (16 << 20).to_string());
    assert_eq!(board.field("in-a-unit", "/State/Status"), "running");
    over_a_reboot(&mut board);
    in_order(&mut board);
    let [system, data] = [0, 1].map(|number| spec.disks[number].path.clone());
    board.power_off();
    assert_eq!(disk::read(&data, "volumes/row_order/order"), "front\nmiddle\nback\n");
    [system, data].iter().for_each(|path| disk::assert_left_clean(path));
}

/// With less patience than it has by itself.
fn install(board: &mut Board) {
    let impatient = format!("[Service]\nWatchdogSec={PATIENCE_S}\n");
    board.sh("mkdir /etc/systemd/system/limpet.service.d");
    board.write("/etc/systemd/system/limpet.service.d/test.conf", impatient.as_bytes());
    board.install();
    assert_eq!(board.sh("systemctl is-active limpet limpet-containers"), "active\nactive");
    let shown = board.sh("systemctl show limpet -p Type,WatchdogUSec,Delegate,KillMode,NRestarts,StatusText");
    for line in ["Type=notify", "WatchdogUSec=5s", "Delegate=yes", "KillMode=process", "NRestarts=0"] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is missing:\n{shown}");
    }
    assert!(shown.lines().any(|line| line.starts_with("StatusText=") && line.len() > 11), "{shown}");
    board.assert_answered();
}

/// A container that was made by a command of some other service is not that service's: it outlives its end.
fn in_a_unit(board: &mut Board) {
    board.load("probe");
    board.load("busybox");
    let words = "limpet run -d --name in-a-unit --restart always -m 16m probe on-term 0";
    board.sh(&format!("systemd-run --quiet --unit other --property TimeoutStopSec=1 {words}"));
    board.until("the service has ended", "[ $(systemctl is-active other) = inactive ]");
    assert_eq!(board.field("in-a-unit", "/State/Status"), "running");
    assert_eq!(board.field("in-a-unit", "/RestartCount"), 0, "it was never ended");
}

/// A container that the supervisor has started anew; its process.
fn begin(board: &mut Board) -> serde_json::Value {
    board.detached("kept", &["--restart", "always", "-m", "16m", "probe", "on-term", "0"]);
    board.until_logged("kept", "ready");
    let pid = board.field("kept", "/State/Pid");
    board.sh(&format!("kill -9 {pid}"));
    let line = "limpet inspect -f '{{.State.Status}} {{.State.Pid}}' kept";
    board.until("it runs anew", &format!("{line} | grep '^running ' | grep -qv ' {pid}$'"));
    board.field("kept", "/State/Pid")
}

/// For longer than systemd would wait.
fn is_heard_of(board: &mut Board) {
    let main = main_pid(board);
    board.sh(&format!("sleep {}", PATIENCE_S + 3));
    assert_eq!(main_pid(board), main, "it is heard of in time, or systemd would have started it anew");
}

fn main_pid(board: &mut Board) -> String {
    board.sh("systemctl show limpet -p MainPID --value")
}

/// systemd ends it (SIGKILL, as the unit says) when it has not been heard of for too long.
fn hangs(board: &mut Board, main: &str) {
    board.sh(&format!("kill -STOP {main}"));
    board.until("the watchdog bites", "systemctl show limpet -p NRestarts --value | grep -qx 1");
}

fn starts_anew(board: &mut Board, before: &str) {
    let other = format!("systemctl show limpet -p MainPID --value | grep -vx -e 0 -e {before} | grep -q .");
    board.until("systemd has started it anew", &other);
    board.until("it is up", "[ $(systemctl is-active limpet) = active ]");
    board.assert_answered();
}

/// What was installed comes up with the board, and so do its containers.
fn over_a_reboot(board: &mut Board) {
    let boot = board.show("/proc/sys/kernel/random/boot_id");
    board.reboot();
    assert_ne!(board.show("/proc/sys/kernel/random/boot_id"), boot);
    board.until(
        "the unit is up",
        "[ \"$(systemctl is-active limpet limpet-containers | tr '\\n' ' ')\" = 'active active ' ]",
    );
    for name in ["kept", "in-a-unit"] {
        board.until_status(name, "running");
        assert_eq!(board.field(name, "/State/OOMKilled"), false);
    }
    let group = board.cgroup("kept", "");
    assert_eq!(board.show(&format!("{group}/memory.max")), (16 << 20).to_string());
    assert_eq!(board.sh("systemctl --failed --no-legend --plain"), "");
}

fn in_order(board: &mut Board) {
    board.write("/root/compose.yaml", FILE.as_bytes());
    board.limpet(&["up", "-f", "/root/compose.yaml"]).ok();
    for name in ROW.iter().chain(&["deaf"]) {
        board.until_logged(&format!("row-{name}-1"), "ready");
    }
    assert_eq!(board.sh("systemctl --failed --no-legend --plain"), "");
}
