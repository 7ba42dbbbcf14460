//! Staged rollouts: which boards may get a new state when, and when to stop or to go back.
//!
//! In: the strategy, reports as they come, who is there, what the operator wants, and a time. Out: which state each board
//! is to be offered. Deciding is pure: a controller that was killed decides the same again from what it stored.
//!
//! How it is used:
//!
//! 1. [`Rollout::begin`] with both positions of each board, in the order in which their turn comes. Store
//!    [`Rollout::header`] and a row per [`Rollout::members`].
//! 2. For whatever happens: [`Rollout::step`]. Store what its [`Changes`] name, **durably, before anything else is told to
//!    any board**: then wake the boards of those rows, as what they are offered may have changed.
//! 3. Whenever a board asks: [`Rollout::offer`].
//! 4. At [`Rollout::deadline`]: `step` with [`Input::Time`].
//! 5. After a start: [`Rollout::restore`] from what was stored. Nobody is there yet; say who is as they come.
//!    After a restore from a backup: [`Input::Restored`], too, before anything is offered, at each start until that is stored.
//!    Who is cordoned, revoked or has a later rollout is what the backup says: what was said since then is to be said again.
//!
//! What holds at any time, also when inputs come twice, late, in another order or not at all:
//!
//! - until the canaries are over, no more boards than canaries have ever been offered the new state, but for those in whose
//!   place an operator wanted others;
//! - in each later step no more than a batch are offered it, and no more than a batch are on their way altogether. A
//!   board that took it, vanished, was given up and comes back in the middle of it is on its way besides;
//! - nothing that a board does not have already is offered to it while it is cordoned or revoked.
//!
//! Who is away is offered nothing and waited for by nobody; it gets its turn when it is back. Who vanished on its way is
//! waited for during `patience_s`. A board that puts things off (its lock, its windows) holds its place, but nobody waits.
//! No step is passed that only failures came of, nor the first if nobody has come to it: then all of its boards are
//! away, which may be the new state's doing. It waits for one of them, and says so ([`Rollout::waits`]); an operator who knows
//! better resumes it, and as many others have their turn in their place: the one way to more canaries than were asked for.

mod index;
mod member;
mod observe;
mod proceed;
mod told;

pub use member::{Has, Member, Part};
pub use told::{PROGRAM, Told};

use index::Index;
use limpet_protocol::fleet::report::Progress;
use serde::{Deserialize, Serialize};

/// Root and generation of a state.
pub type Position = (u64, u64);

/// How many: a count, or hundredths of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// So many.
    Count(u32),
    /// 0 to 100; rounded up, so that something is never nothing.
    Percent(u8),
}

impl Share {
    /// How many that is of so many.
    #[must_use]
    pub fn of(self, all: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                let part = (u64::from(all) * u64::from(percent)).div_ceil(100);
                u32::try_from(part).unwrap_or(u32::MAX)
            }
        }
    }
}

/// By which steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strategy {
    /// Boards that go first; none goes straight to batches.
    pub canary: Share,
    /// Boards that are on their way at a time after the canaries.
    pub batch: Share,
    /// Seconds that each step is watched after its last board has come to it.
    pub soak_s: u64,
    /// Failures at which it stops: more than so many of those offered. `Count(0)` stops at the first.
    pub failures: Share,
    /// What follows then: undo, or only stop.
    pub undo: bool,
    /// Seconds that a board is waited for: one that was offered the state and is online, but has not come to it, counts
    /// as failed then; one that is away then holds nobody up any more.
    pub patience_s: u64,
}

/// Longest time that a step is watched or a board waited for: 30 days.
pub const SECONDS_MAX: u64 = 30 * 24 * 3600;
/// Most boards of one rollout.
pub const BOARDS_MAX: usize = 100_000;

/// A rollout that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nobody would get it.
    #[error("there is no board")]
    NoBoard,
    /// See [`BOARDS_MAX`].
    #[error("there are more than {BOARDS_MAX} boards")]
    Boards,
    /// Of `canary`, `batch` or `failures`.
    #[error("{0} is over 100 percent")]
    Percent(&'static str),
    /// It would never end.
    #[error("a batch is of one board at least")]
    Batch,
    /// See [`SECONDS_MAX`].
    #[error("{0} is over 30 days")]
    Long(&'static str),
    /// Every board would count as failed at once.
    #[error("boards are waited for during one second at least")]
    Patience,
    /// What undoes it could not follow it.
    #[error("what undoes it is not of a higher generation for board {0} of the list")]
    Undo(usize),
}

impl Strategy {
    /// Whether it can be followed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Invalid> {
        for (share, name) in [(self.canary, "canary"), (self.batch, "batch"), (self.failures, "failures")] {
            if matches!(share, Share::Percent(101..)) {
                return Err(Invalid::Percent(name));
            }
        }
        match self {
            Self { batch: Share::Count(0) | Share::Percent(0), .. } => Err(Invalid::Batch),
            Self { patience_s: 0, .. } => Err(Invalid::Patience),
            Self { soak_s, .. } if *soak_s > SECONDS_MAX => Err(Invalid::Long("soak")),
            Self { patience_s, .. } if *patience_s > SECONDS_MAX => Err(Invalid::Long("patience")),
            Self { .. } => Ok(()),
        }
    }
}

/// Where a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The canaries are on their way or watched.
    Canary,
    /// So many batches are done.
    Batch(u32),
    /// It goes no further until it is resumed or undone; why.
    Paused(String),
    /// Boards are offered what they had before; why.
    Undoing(String),
    /// All that were to go back went back, or are offered to; why.
    Undone(String),
    /// Every board has come to it, or gets it when it is back.
    Done,
    /// A later rollout took over all of its boards.
    Superseded,
}

impl Status {
    /// It is over but for boards that are away. One that is not over holds its boards: they are in no other rollout.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self {
            Self::Done | Self::Undone(_) | Self::Superseded => true,
            Self::Canary | Self::Batch(_) | Self::Paused(_) | Self::Undoing(_) => false,
        }
    }

    /// Boards are offered, or have been offered, what they had before.
    fn goes_back(&self) -> bool {
        matches!(self, Self::Undoing(_) | Self::Undone(_))
    }
}

/// What is stored of a rollout besides its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// By which steps.
    pub strategy: Strategy,
    /// Where it stands.
    pub status: Status,
    /// The step it is in, also while it is paused: 0 are the canaries.
    pub step: u32,
    /// Since when the step is watched, in seconds since 1970: all of its boards are settled.
    pub soak_since_s: Option<u64>,
    /// Failures that the operator knew of when they resumed, less one for each board that came to it after all.
    pub forgiven: u32,
    /// The operator resumed during this step: it may be passed although nobody came to it.
    pub accepted: bool,
    /// Boards of this step that vanished, and in whose place the operator wanted others.
    #[serde(default)]
    pub spared: u32,
}

/// What a rollout waits for. Boards are places in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Nothing: it is over, or paused.
    Nothing,
    /// These boards are on their way.
    Boards(Vec<u32>),
    /// All boards of the step were offered it, and are away: one has to tell, or the operator to resume.
    Vanished(Vec<u32>),
    /// The step is being watched.
    Time,
    /// Nobody whose turn it is is there, or all put it off.
    Turns,
}

/// Something that happened. A board is named by its place in the list that the rollout began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A board reported.
    Told(u32, Box<Told>),
    /// It has a connection.
    Online(u32),
    /// It has none.
    Offline(u32),
    /// No rollout is to go there, or may again.
    Cordoned(u32, bool),
    /// It gets nothing any more.
    Revoked(u32),
    /// A later rollout has it now.
    TakenOver(u32),
    /// An operator wants it to go no further.
    Pause(String),
    /// An operator wants it to go on, and accepts what failed so far.
    Resume,
    /// An operator wants it undone.
    Undo(String),
    /// What is stored is an older backup: boards may be further than it says.
    Restored,
    /// The time came that [`Rollout::deadline`] said.
    Time,
}

/// Why an operator's wish makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It stands already.
    #[error("it is paused already")]
    IsPaused,
    /// Nothing to resume.
    #[error("it is not paused")]
    IsNotPaused,
    /// It is over.
    #[error("it is over")]
    IsOver,
    /// It goes back.
    #[error("it is being undone; what it undid can be applied again")]
    IsUndone,
    /// Other rollouts have its boards.
    #[error("later rollouts have all of its boards; undo those")]
    IsSuperseded,
    /// No such place in the list.
    #[error("it has no board of that number")]
    NoBoard,
}

/// What is to be stored again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// [`Rollout::header`] is another.
    pub header: bool,
    /// These members are others, in any order, each once. No other board's offer changed.
    pub members: Vec<u32>,
}

impl Changes {
    /// Nothing is to be stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.header && self.members.is_empty()
    }
}

/// What a board is to be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// What it was offered before this rollout: it may be lower than what the board has, which then needs no answer.
    Before,
    /// The new state.
    Forward,
    /// The state that says again what was before.
    Undo,
}

/// A rollout with all of its boards.
#[derive(Clone, Debug)]
pub struct Rollout {
    header: Header,
    members: Vec<Member>,
    index: Index,
    changes: Changes,
    /// For what people are told.
    last_failed: Option<u32>,
}

impl Rollout {
    /// Begins one. `boards` are the positions of the new state and of what undoes it, by turn. Nobody is there yet.
    ///
    /// # Errors
    /// It cannot be followed.
    pub fn begin(strategy: Strategy, boards: &[(Position, Position)], now_s: u64) -> Result<Self, Invalid> {
        strategy.check()?;
        match boards.len() {
            0 => return Err(Invalid::NoBoard),
            count if count > BOARDS_MAX => return Err(Invalid::Boards),
            _ => {}
        }
        if let Some(at) = boards.iter().position(|(forward, undo)| undo <= forward) {
            return Err(Invalid::Undo(at));
        }
        let (status, step) = match strategy.canary {
            Share::Count(0) | Share::Percent(0) => (Status::Batch(0), 1),
            Share::Count(_) | Share::Percent(_) => (Status::Canary, 0),
        };
        let header =
            Header { strategy, status, step, soak_since_s: None, forgiven: 0, accepted: false, spared: 0 };
        let members = boards.iter().map(|(forward, undo)| Member::new(*forward, *undo)).collect();
        Ok(Self::restore(header, members, now_s))
    }

    /// The rollout that was stored. Nobody is there: who is, is told again.
    #[must_use]
    pub fn restore(header: Header, members: Vec<Member>, now_s: u64) -> Self {
        let (index, changes) = (Index::default(), Changes::default());
        let mut rollout = Self { header, members, index, changes, last_failed: None };
        rollout.wake(now_s);
        rollout
    }

    /// Takes in one thing that happened.
    ///
    /// # Errors
    /// An operator's wish that makes no sense, or a board that it does not have. Nothing changed then.
    pub fn step(&mut self, input: &Input, now_s: u64) -> Result<Changes, Refusal> {
        self.observe(input, now_s)?;
        self.proceed(now_s);
        self.changes.members.sort_unstable();
        self.changes.members.dedup();
        Ok(std::mem::take(&mut self.changes))
    }

    /// What a board is to be offered now.
    #[must_use]
    pub fn offer(&self, board: u32) -> Offer {
        self.member(board).map_or(Offer::Before, |member| member.offer(self.header.status.goes_back()))
    }

    /// When to come back with [`Input::Time`] at the latest, in seconds since 1970.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let patience_s = self.header.strategy.patience_s;
        let waits = match self.header.status {
            Status::Superseded | Status::Undone(_) => None,
            Status::Undoing(_) => self.index.undoing_away_since_s(),
            Status::Canary | Status::Batch(_) => self.index.waiting_away_since_s(),
            Status::Paused(_) | Status::Done => None,
        };
        let soaked = match self.header.status {
            Status::Canary | Status::Batch(_) => self.header.soak_since_s,
            Status::Paused(_)
            | Status::Undoing(_)
            | Status::Undone(_)
            | Status::Done
            | Status::Superseded => None,
        };
        [
            self.index.first_timer_s().map(|since_s| since_s.saturating_add(patience_s)),
            waits.map(|since_s| since_s.saturating_add(patience_s)).filter(|at_s| *at_s > self.index.now_s()),
            soaked.map(|since_s| since_s.saturating_add(self.header.strategy.soak_s)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What it waits for.
    #[must_use]
    pub fn waits(&self) -> Waits {
        let those = |is_one: &dyn Fn(&Member) -> bool| {
            let all = (0..).zip(&self.members);
            all.filter(|(_, member)| is_one(member)).map(|(board, _)| board).collect()
        };
        let step = self.header.step;
        match self.header.status {
            Status::Paused(_) | Status::Undone(_) | Status::Done | Status::Superseded => Waits::Nothing,
            Status::Undoing(_) => Waits::Boards(those(&|member| {
                matches!(member.part, Part::Undoing { .. }) && member.is_open()
            })),
            Status::Canary | Status::Batch(_) if self.is_waited_for() => {
                Waits::Boards(those(&|member| matches!(member.part, Part::Offered { .. }) && !member.held))
            }
            Status::Canary | Status::Batch(_) if self.all_vanished() => {
                Waits::Vanished(those(&|member| member.step == Some(step) && !member.gone))
            }
            Status::Canary | Status::Batch(_) if self.header.soak_since_s.is_some() => Waits::Time,
            Status::Canary | Status::Batch(_) => Waits::Turns,
        }
    }

    /// What is stored besides the members.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Every board's part, in the order of [`Rollout::begin`].
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    fn member(&self, board: u32) -> Option<&Member> {
        self.members.get(usize::try_from(board).ok()?)
    }
}

/// How far a board says that it is.
type Said = Option<Progress>;
