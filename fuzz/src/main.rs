//! libFuzzer with the target that `LIMPET_FUZZ` names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use limpet_fuzz::{Run, TARGETS};
use std::sync::LazyLock;

static TARGET: LazyLock<Run> = LazyLock::new(|| {
    let name = std::env::var("LIMPET_FUZZ").expect("LIMPET_FUZZ names a target");
    TARGETS.iter().find(|(known, _)| *known == name).expect("LIMPET_FUZZ names a target").1
});

fuzz_target!(|input: &[u8]| TARGET(input));
