//! Plays scenarios, and says of each how it went and how long it took.

use crate::powercut::{self, Campaign};
use crate::scenarios::{ALL, Scenario};
use crate::stage::Stage;
use crate::target::Target;
use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

/// What to play.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Names, or none for the usual ones.
    pub names: Vec<String>,
    /// Also those that are not usual.
    pub all: bool,
    /// On which targets.
    pub targets: Vec<Target>,
    /// How often each.
    pub repeat: u32,
    /// Leave the files of each board.
    pub keep: bool,
}

/// How one went.
struct Played {
    title: String,
    is_ok: bool,
    took: Duration,
}

/// Plays them one after the other, the targets side by side: a board keeps one CPU of this machine busy. Whether all
/// went well.
///
/// # Panics
/// A name is no scenario's.
#[must_use]
pub fn play(wish: &Wish) -> bool {
    let chosen = choose(wish);
    side_by_side(&wish.targets, |target| play_on(target, &chosen, wish))
}

/// Cuts the power of a board of each target, likewise.
#[must_use]
pub fn cut(targets: &[Target], campaign: &Campaign, keep: bool) -> bool {
    let play = |stage: &Stage| powercut::play(stage, campaign);
    side_by_side(targets, |target| vec![play_one("powercut", play, target, keep)])
}

fn side_by_side(targets: &[Target], play: impl Fn(&Target) -> Vec<Played> + Sync) -> bool {
    let begin = Instant::now();
    let play = &play;
    let played: Vec<Played> = thread::scope(|scope| {
        let sides = targets.iter().map(|target| {
            let side = thread::Builder::new().name(target.arch.clone());
            side.spawn_scoped(scope, move || play(target)).expect("a thread can be made")
        });
        let sides: Vec<_> = sides.collect();
        sides.into_iter().flat_map(|side| side.join().expect("scenarios' panics are caught")).collect()
    });
    sum_up(&played, begin.elapsed())
}

fn choose(wish: &Wish) -> Vec<&'static Scenario> {
    let named = |name: &String| {
        let found = ALL.iter().find(|scenario| scenario.name == name);
        found.unwrap_or_else(|| panic!("there is no scenario {name}; --list shows them"))
    };
    if wish.names.is_empty() {
        ALL.iter().filter(|scenario| wish.all || scenario.is_usual).collect()
    } else {
        wish.names.iter().map(named).collect()
    }
}

fn play_on(target: &Target, chosen: &[&Scenario], wish: &Wish) -> Vec<Played> {
    let rounds = chosen.iter().flat_map(|scenario| (0..wish.repeat).map(move |_| scenario));
    rounds.map(|scenario| play_one(scenario.name, scenario.play, target, wish.keep)).collect()
}

fn play_one(name: &str, play: impl Fn(&Stage), target: &Target, keep: bool) -> Played {
    let begin = Instant::now();
    let stage = Stage::new(target);
    let result = panic::catch_unwind(AssertUnwindSafe(|| play(&stage)));
    let played =
        Played { title: format!("{:<8} {name}", target.arch), is_ok: result.is_ok(), took: begin.elapsed() };
    let mut text = played.line();
    if !played.is_ok {
        text.push_str(&stage.evidence());
    }
    if keep {
        text.push_str(&format!("its files are in {}\n", stage.keep().display()));
    }
    // In one piece: another target's thread writes too. Nobody can be told when nobody reads.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    played
}

impl Played {
    fn line(&self) -> String {
        let verdict = if self.is_ok { "ok  " } else { "FAIL" };
        format!("{verdict} {:<40} {:6.1} s\n", self.title, self.took.as_secs_f64())
    }
}

fn sum_up(played: &[Played], took: Duration) -> bool {
    let failed: Vec<&Played> = played.iter().filter(|played| !played.is_ok).collect();
    println!("scenarios: {} played, {} failed, {:.0} s", played.len(), failed.len(), took.as_secs_f64());
    for played in &failed {
        print!("{}", played.line());
    }
    failed.is_empty()
}
