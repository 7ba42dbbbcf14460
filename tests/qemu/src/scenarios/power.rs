//! A few power cuts, so that every change meets some; `./x powercut` makes as many as are wanted.

use crate::powercut::{self, Behaviour, Campaign};
use crate::{Init, Stage};

const CUTS: u32 = 2;
const SEED: u64 = 7;

pub(super) fn a_few_cuts(stage: &Stage) {
    play(stage, Init::Limpet);
}

/// The same of a board whose every file is on the disk that is cut off.
pub(super) fn of_systemd(stage: &Stage) {
    play(stage, Init::Systemd);
}

fn play(stage: &Stage, init: Init) {
    let campaign = Campaign { cycles: CUTS, seed: SEED, moment: None, disk: Behaviour::Honest, init };
    powercut::play(stage, &campaign);
}
