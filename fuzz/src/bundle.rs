//! `config.json` of OCI bundles.

use limpet_protocol::id::ContainerId;
use limpet_protocol::launch::{MOUNTS_MAX, STRINGS_MAX};
use limpet_runner::bundle::{Circumstances, parse};
use limpet_runner::features::Features;
use std::path::Path;

/// One input.
///
/// # Panics
/// It is a finding.
pub fn run(input: &[u8]) {
    // A kernel that has everything.
    let features = Features::of((6, 1), true, true);
    let circumstances = Circumstances {
        id: ContainerId::parse(&"a".repeat(64)).expect("an id"),
        features: &features,
        last_capability: 40,
        board: "board".to_owned(),
        cgroup: "limpet/a".to_owned(),
        window: None,
    };
    if let Ok(bundle) = parse(input, Path::new("/bundle"), circumstances) {
        assert!(bundle.launch.mounts.len() <= MOUNTS_MAX);
        assert!(bundle.launch.process.args.len() + bundle.launch.process.env.len() <= 2 * STRINGS_MAX);
        assert!(!bundle.launch.process.args.is_empty());
    }
}
