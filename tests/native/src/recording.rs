//! What a command does to a directory, recorded by strace(1), and every state that a power cut could leave of it.
//!
//! In: a command, and the directory before it. Out: operations on names and contents, with the syncs between them. A cut
//! after any of them leaves what was synced; of the rest the disk may have any part. That is stricter than a journal is:
//! names and contents are lost each for itself, whatever came first.

mod model;
mod words;

use crate::scratch::Scratch;
pub use model::State;
use model::{Content, Model, Op};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use words::{Call, calls};

/// Up to so many operations that were not synced, each subset of them is played.
const ALL_SUBSETS_OF: usize = 5;
/// Of more, so many subsets that a seed chooses.
const SUBSETS: u64 = 48;

/// A recorded command.
#[derive(Debug)]
pub struct Recording {
    steps: Vec<Step>,
    before: Model,
}

#[derive(Clone, Debug)]
enum Step {
    Do(Op),
    /// All that was done to this node is on the disk.
    Sync(usize),
    /// All that was done.
    SyncAll,
}

impl Recording {
    /// Runs `command`, which works on `root`. Of layers, the whole is one file to this.
    ///
    /// # Panics
    /// It fails, or does what the model does not know.
    #[must_use]
    pub fn of(command: &Command, root: &Path, scratch: &Scratch) -> Self {
        let (before, trace) = (scratch.path().join("before"), scratch.path().join("trace"));
        copy(root, &before);
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-xx", "-s", "65536", "-qq", "-e", words::TRACED, "-o"]).arg(&trace);
        strace.arg(command.get_program()).args(command.get_args());
        strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        crate::Outcome::of(&mut strace).ok();
        let after = scratch.path().join("after");
        copy(root, &after);
        let text = std::fs::read_to_string(&trace).expect("strace writes it");
        let mut model = Model::of(&before);
        let start = model.clone();
        let mut steps = Vec::new();
        for call in calls(&text, root) {
            steps.extend(step(&mut model, &call, &after));
        }
        Self { steps, before: start }
    }

    /// How many operations and syncs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// It did nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Every state that a cut could leave, each once.
    #[must_use]
    pub fn states(&self) -> Vec<State> {
        let mut seen = BTreeSet::new();
        let mut states = Vec::new();
        for end in 0..=self.steps.len() {
            let (durable, open) = self.at(end);
            for subset in subsets(open.len(), end as u64) {
                let kept = |index: usize| {
                    durable.contains(&index)
                        || open.iter().zip(&subset).any(|(at, kept)| *at == index && *kept)
                };
                let mut model = self.before.clone();
                for (index, step) in self.steps[..end].iter().enumerate() {
                    if let Step::Do(op) = step
                        && kept(index)
                    {
                        model.apply(op);
                    }
                }
                let lost = subset.iter().filter(|kept| !**kept).count();
                let state = State::new(&model, format!("step {end}, {lost} of {} lost", open.len()));
                if seen.insert(state.key().to_owned()) {
                    states.push(state);
                }
            }
        }
        states
    }

    /// Which operations before a step are on the disk for sure, and which are not.
    fn at(&self, end: usize) -> (BTreeSet<usize>, Vec<usize>) {
        let mut durable = BTreeSet::new();
        let ops = |end: usize| {
            self.steps[..end].iter().enumerate().filter_map(|(index, step)| match step {
                Step::Do(op) => Some((index, op)),
                Step::Sync(_) | Step::SyncAll => None,
            })
        };
        for (index, step) in self.steps[..end].iter().enumerate() {
            match step {
                Step::Do(_) => {}
                Step::Sync(node) => {
                    durable.extend(ops(index).filter(|(_, op)| op.touches(*node)).map(|(index, _)| index));
                }
                Step::SyncAll => durable.extend(ops(index).map(|(index, _)| index)),
            }
        }
        let open = ops(end).map(|(index, _)| index).filter(|index| !durable.contains(index)).collect();
        (durable, open)
    }
}

/// Which of `count` operations are kept: every choice, or those of a seed, among them all and none.
fn subsets(count: usize, seed: u64) -> Vec<Vec<bool>> {
    let choice = |bits: u64| (0..count).map(|bit| bits >> (bit % 64) & 1 == 1).collect();
    if count <= ALL_SUBSETS_OF {
        return (0..1 << count).map(choice).collect();
    }
    // splitmix64
    let mut state = seed;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    [0, u64::MAX].into_iter().chain((0..SUBSETS).map(|_| random())).map(choice).collect()
}

fn step(model: &mut Model, call: &Call, after: &Path) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut act = |model: &mut Model, op: Option<Op>| {
        if let Some(op) = op {
            model.apply(&op);
            steps.push(Step::Do(op));
        }
    };
    match call {
        Call::Make(path) => {
            let op = model.make(path);
            act(model, op);
        }
        Call::Open(path) => {
            let made = model.create(path);
            act(model, made);
            let emptied = model.data(path, Content::Bytes(Vec::new()));
            act(model, emptied);
        }
        Call::Write(path, bytes) => {
            let op = model.append(path, bytes);
            act(model, op);
        }
        Call::Rename(from, to) => {
            let op = model.rename(from, to);
            act(model, op);
        }
        Call::Remove(path) => {
            let op = model.remove(path);
            act(model, op);
        }
        Call::Filled(path) => {
            // What the unpacking process wrote is what the finished layer has.
            let layer = path.file_name().expect("a layer has a name");
            let source = after.join("layers").join(layer);
            for op in model.fill(path, &source) {
                act(model, Some(op));
            }
        }
        Call::Sync(path) => steps.extend(model.node(path).map(Step::Sync)),
        Call::SyncAll => steps.push(Step::SyncAll),
    }
    steps
}

fn copy(from: &Path, to: &PathBuf) {
    crate::Outcome::of(Command::new("cp").arg("-a").arg(from).arg(to)).ok();
}
