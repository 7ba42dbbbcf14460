//! The black-box tests of this machine's kernel, the same code, on a board's.

use crate::{Board, Spec, Stage};
use std::time::Duration;

/// What cannot be run on a board, by the beginning of its name, and why.
const NATIVE_ONLY: [(&str, &str); 27] = [
    ("::crun::", "the independent runtime is a package with libraries"),
    ("store::an_independent_tool_reads_what_was_saved", "skopeo is a package with libraries"),
    ("pull::", REGISTRY),
    ("hostile_registries::", REGISTRY),
    ("verify::", REGISTRY),
    ("app_images::", REGISTRY),
    ("disk_reserve::a_pull_", REGISTRY),
    ("ballast::", "mke2fs is a package with libraries"),
    ("disk_reserve::what_the_file_system_keeps", "mke2fs is a package with libraries"),
    ("peers::", REGISTRY),
    ("fleet::what_", REGISTRY),
    ("fleet::a_lock_holds", REGISTRY),
    ("fleet::outside_of", REGISTRY),
    ("fleet::a_board_that_follows", REGISTRY),
    ("joined::", CONTROLLER),
    ("own_file::", CONTROLLER),
    ("reordering::", "strace is a package with libraries; the scenario `power-cuts` cuts boards"),
    ("power::", "strace is a package with libraries; the scenario `power-cuts` cuts boards"),
    ("upkeep::install_writes_units", "systemd-analyze is one, too"),
    (
        "health::what_is_well_wakes_the_supervisor_once",
        "an emulated CPU takes longer for a probe than its interval",
    ),
    ("bad_input::a_hostile_archive", "python3 is a package with libraries"),
    ("hostile::a_stranger_is_refused", "busybox's setpriv(1) takes no user"),
    ("upgrade::one_that_ends_at_once", IMPOSTOR),
    ("upgrade::one_that_hangs", IMPOSTOR),
    ("upgrade::one_that_crashes", IMPOSTOR),
    ("upgrade::a_service_manager", IMPOSTOR),
    ("upgrade::what_is_no_limpet", IMPOSTOR),
];
const REGISTRY: &str = "docker-registry and skopeo are packages with libraries";
const CONTROLLER: &str =
    "the controller is no part of a board; the scenarios `fleet` and `fleet-upgrade` have one";
const IMPOSTOR: &str = "it makes programs with a C compiler; the scenario `upgrade` does the like";

/// The topics that `./x test` plays on boards, by the beginning of their tests' names.
const SHORT: [&str; 10] = [
    "isolation::limpet::",
    "limits::limpet::",
    "exit_codes::",
    "restart::",
    "update::",
    "lifecycle::pause_",
    "flags::memory_and_swap",
    "flags::shares_and_cpus",
    "escape::the_path_of_a_command",
    "keeper::a_keeper_has_no_mounts",
];

const PATIENCE: Duration = Duration::from_secs(2700);

/// Supervisors cut off at every boundary, which takes an emulated CPU longer than all the rest.
const SURVIVAL: &str = "survival";

/// The runner's own tests of control groups, on this kernel's.
const GROUPS: [&str; 2] = ["cgroup::tests::live::", "--nocapture"];
/// How they say that a kernel has nothing to test.
const NOT_HERE: &str = "not here: ";

/// All of it but that, or the parts that the variable names.
pub(super) fn suite(stage: &Stage) {
    let topics = std::env::var("NATIVE_TOPICS").unwrap_or_default();
    play(stage, &topics.split_whitespace().collect::<Vec<_>>(), &[SURVIVAL]);
}

pub(super) fn survival(stage: &Stage) {
    play(stage, &[SURVIVAL], &[]);
}

/// The parts that say most about the kernel: isolation, limits, supervision; and control groups from below.
pub(super) fn short(stage: &Stage) {
    play_short(stage, &spec(stage));
}

/// The same with the older kernel,
pub(super) fn short_on_the_older(stage: &Stage) {
    play_short(stage, &spec(stage).kernel("6.1"));
}

/// and with its hierarchies of v1, as the machines have them that `./x test` runs on.
pub(super) fn short_of_v1(stage: &Stage) {
    play_short(stage, &spec(stage).kernel("6.1").words(&["limpet.cgroup=v1"]));
}

fn play_short(stage: &Stage, spec: &Spec) {
    let mut board = boot(stage, spec);
    run_native(&mut board, &SHORT, &[SURVIVAL]);
    let told = run(&mut board, "runner", &GROUPS);
    assert!(!told.contains(NOT_HERE), "a board has control groups");
    board.power_off();
}

/// Throttles of disks, which take their time.
pub(super) fn io(stage: &Stage) {
    play(stage, &["throttles::"], &[]);
}

fn play(stage: &Stage, topics: &[&str], without: &[&str]) {
    let mut board = boot(stage, &spec(stage));
    run_native(&mut board, topics, without);
    board.power_off();
}

/// The tests start supervisors of their own, as on a machine that has none.
fn spec(stage: &Stage) -> Spec {
    stage.spec().disk(stage.suites(), "/suites").module("loop").words(&["limpet.supervise=off"])
}

fn boot(stage: &Stage, spec: &Spec) -> Board {
    let mut board = stage.boot(spec);
    board.sh("mkdir /var/lib/limpet/tests");
    board
}

fn run_native(board: &mut Board, topics: &[&str], without: &[&str]) {
    for (name, why) in NATIVE_ONLY {
        eprintln!("native only: {name} ({why})");
    }
    let others = NATIVE_ONLY.iter().map(|(name, _)| name).chain(without);
    let skipped = others.flat_map(|name| ["--skip", name]);
    run(board, "native", &topics.iter().copied().chain(skipped).collect::<Vec<_>>());
}

/// A suite on the board, which must pass; what it said.
fn run(board: &mut Board, suite: &str, args: &[&str]) -> String {
    // As natively, away from the root: limpet shows paths as seen from here.
    let script = format!("cd /tmp && exec /suites/{suite} \"$@\"");
    let mut command = vec!["sh", "-c", &script, suite];
    command.extend(args);
    let environment = [
        ("LIMPET_BIN", "/bin/limpet"),
        ("PROBE_BIN", "/bin/probe"),
        ("LIMPET_IMAGES", "/payload/images"),
        ("TMPDIR", "/var/lib/limpet/tests"),
    ];
    let outcome = board.run_with(&command, &environment, PATIENCE);
    println!("{}", outcome.stdout);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    outcome.stdout + &outcome.stderr
}
