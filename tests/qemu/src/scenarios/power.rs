//! A few power cuts, so that every change meets some; `./x powercut` makes as many as are wanted.

use crate::Stage;
use crate::powercut::{self, Behaviour, Campaign};

const CUTS: u32 = 2;
const SEED: u64 = 7;

pub(super) fn a_few_cuts(stage: &Stage) {
    powercut::play(stage, &Campaign { cycles: CUTS, seed: SEED, disk: Behaviour::Honest });
}
