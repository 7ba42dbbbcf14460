//! The black-box tests of this machine's kernel, the same code, on a board's.

use crate::Stage;
use std::time::Duration;

/// What cannot be run on a board, by the beginning of its name, and why.
const NATIVE_ONLY: [(&str, &str); 2] = [
    ("::crun::", "the independent runtime is a package with libraries"),
    ("store::an_independent_tool_reads_what_was_saved", "skopeo is a package with libraries"),
];

const PATIENCE: Duration = Duration::from_secs(900);

pub(super) fn suite(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().disk(stage.suites(), "/suites"));
    board.sh("mkdir /var/lib/limpet/tests");
    let mut command = vec!["/suites/native"];
    for (name, why) in NATIVE_ONLY {
        eprintln!("native only: {name} ({why})");
        command.extend(["--skip", name]);
    }
    let environment = [
        ("LIMPET_BIN", "/bin/limpet"),
        ("PROBE_BIN", "/bin/probe"),
        ("LIMPET_IMAGES", "/payload/images"),
        ("TMPDIR", "/var/lib/limpet/tests"),
    ];
    let outcome = board.run_with(&command, &environment, PATIENCE);
    println!("{}", outcome.stdout);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    board.power_off();
}
