//! A fleet that goes wrong: boards, a controller that stores, crashes and is restored, and what is on its way between.

use super::Broken;
use super::account::Account;
use super::board::{Board, Fate};
use super::dice::Dice;
use crate::rollout::{
    Has, Header, Input, Member, Offer, Part, Position, Rollout, Share, Status, Strategy, Told,
};
use std::collections::BTreeMap;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A state comes to a board, if that connection to that run of the controller still is.
    Deliver { board: u32, connection: u32, run: u32, what: Has },
    /// A report comes to the controller.
    Report { board: u32, told: Box<Told> },
    /// A board asks, and says again how it is.
    Poll { board: u32, connection: u32 },
    /// A board goes on with what it does.
    Work { board: u32, work: u32 },
    /// The controller sees that a board is there.
    Joined { board: u32, connection: u32 },
    /// The controller sees that a connection has ended.
    Lost { board: u32, connection: u32 },
    /// A board's connection or power goes, or comes back.
    Churn,
    /// The time that the rollout wanted to be woken at.
    Timer,
    /// A controller starts.
    Start { from_backup: bool },
    /// The operator looks.
    Operate,
}

/// What a history is about.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) boards: usize,
    pub(super) poll_s: u64,
    pub(super) churn_s: u64,
    /// Boards of a thousand on which the new state is bad.
    pub(super) bad_permille: u64,
    pub(super) strategy: Strategy,
}

impl Plan {
    /// One of the kind of which there are many.
    pub(super) fn small(dice: &mut Dice) -> Self {
        let boards = 2 + dice.index(30);
        let count = |dice: &mut Dice, most: u64| Share::Count(u32::try_from(dice.up_to(most)).unwrap_or(0));
        let least = u32::try_from(boards.div_ceil(8)).unwrap_or(1);
        let strategy = Strategy {
            canary: if dice.permille(700) { count(dice, 4) } else { Share::Percent(10) },
            batch: if dice.permille(700) {
                Share::Count(least + u32::try_from(dice.up_to(4)).unwrap_or(0))
            } else {
                Share::Percent(20)
            },
            soak_s: dice.pick(&[0, 30, 120]),
            failures: if dice.permille(700) { count(dice, 3) } else { Share::Percent(20) },
            undo: dice.permille(600),
            patience_s: dice.pick(&[200, 400]),
        };
        let bad_permille = dice.pick(&[0, 0, 100, 300, 1000]);
        Self { boards, poll_s: 100, churn_s: dice.pick(&[15, 40, 200]), bad_permille, strategy }
    }
}

/// All of it.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) plan: Plan,
    pub(super) now_s: u64,
    sequence: u64,
    events: BTreeMap<(u64, u64), Event>,
    pub(super) boards: Vec<Board>,
    pub(super) live: Option<Rollout>,
    run: u32,
    /// What is stored.
    pub(super) header: Header,
    pub(super) rows: Vec<Member>,
    backup: Option<(Header, Vec<Member>)>,
    /// What each board is offered.
    offers: Vec<Has>,
    timer_s: Option<u64>,
    pub(super) account: Account,
    /// The operator waits until the controller knows again what boards have.
    pub(super) was_restored: bool,
    /// That it was restored is still to be said to the rollout.
    is_to_say: bool,
    /// Things still go wrong.
    pub(super) trouble: bool,
    pub(super) steps: u64,
    pub(super) trace: bool,
}

pub(super) fn forward(board: u32) -> Position {
    (1, 10 + u64::from(board) * 2)
}

pub(super) fn undo(board: u32) -> Position {
    (1, 11 + u64::from(board) * 2)
}

pub(super) fn at(board: u32) -> usize {
    usize::try_from(board).unwrap_or(0)
}

impl World {
    pub(super) fn new(seed: u64, plan: impl FnOnce(&mut Dice) -> Plan, trace: bool) -> Result<Self, Broken> {
        let mut dice = Dice::new(seed);
        let plan = plan(&mut dice);
        let fate = |dice: &mut Dice| match dice.permille(plan.bad_permille) {
            true => dice.pick(&[Fate::Reverts, Fate::Reverts, Fate::Stops, Fate::Hangs]),
            false => dice.pick(&[
                Fate::Good,
                Fate::Good,
                Fate::Good,
                Fate::Good,
                Fate::Good,
                Fate::Stumbles,
                Fate::IsLocked,
            ]),
        };
        let boards: Vec<_> = (0..plan.boards).map(|_| Board::new(fate(&mut dice))).collect();
        let places: Vec<_> = (0..).take(plan.boards).map(|board| (forward(board), undo(board))).collect();
        let live =
            Rollout::begin(plan.strategy.clone(), &places, 10_000).map_err(|wrong| wrong.to_string())?;
        let (header, rows) = (live.header().clone(), live.members().to_vec());
        let mut world = Self {
            dice,
            now_s: 10_000,
            sequence: 0,
            events: BTreeMap::new(),
            offers: vec![Has::Before; boards.len()],
            account: Account::new(plan.strategy.clone(), boards.len()),
            boards,
            plan,
            live: Some(live),
            run: 1,
            header,
            rows,
            backup: None,
            timer_s: None,
            was_restored: false,
            is_to_say: false,
            trouble: true,
            steps: 0,
            trace,
        };
        for board in (0..).take(world.boards.len()) {
            if world.dice.permille(900) {
                world.join(board);
            }
        }
        world.after(world.plan.churn_s, Event::Churn);
        world.after(50, Event::Operate);
        Ok(world)
    }

    pub(super) fn after(&mut self, seconds: u64, event: Event) {
        self.sequence += 1;
        self.events.insert((self.now_s + seconds, self.sequence), event);
    }

    /// The next thing happens.
    pub(super) fn next(&mut self) -> Result<(), Broken> {
        let Some(((at_s, _), event)) = self.events.pop_first() else {
            return Err(String::from("nothing happens"));
        };
        self.now_s = at_s;
        self.steps += 1;
        if self.trace {
            std::println!("{at_s} {event:?}");
        }
        match event {
            Event::Deliver { board, connection, run, what } => self.deliver(board, (connection, run), what),
            Event::Report { board, told } => return self.input(&Input::Told(board, told)),
            Event::Poll { board, connection } => self.poll(board, connection),
            Event::Work { board, work } => self.work(board, work),
            Event::Joined { board, connection } => return self.joined(board, connection),
            Event::Lost { board, connection } => return self.lost(board, connection),
            Event::Churn => self.churn(),
            Event::Timer => {
                self.timer_s = None;
                return self.input(&Input::Time);
            }
            Event::Start { from_backup } => return self.start(from_backup),
            Event::Operate => return self.operate(),
        }
        Ok(())
    }

    fn deliver(&mut self, board: u32, (connection, run): (u32, u32), what: Has) {
        let it = &mut self.boards[at(board)];
        let is_whole = it.online && it.connection == connection && run == self.run && self.live.is_some();
        if is_whole && it.take(what) {
            self.begin_work(board);
            self.report(board);
        }
    }

    fn begin_work(&mut self, board: u32) {
        let it = &self.boards[at(board)];
        let (work, is_long) = (it.work, it.held);
        let seconds = if is_long { 300 + self.dice.up_to(2000) } else { 5 + self.dice.up_to(60) };
        self.after(seconds, Event::Work { board, work });
    }

    fn work(&mut self, board: u32, work: u32) {
        if self.boards[at(board)].work == work {
            if let Some(more_s) = self.boards[at(board)].go_on(&mut self.dice) {
                self.after(more_s, Event::Work { board, work });
            }
            self.report(board);
        }
    }

    /// Sends what there is to say; it may be lost, late or come twice.
    fn report(&mut self, board: u32) {
        let it = &self.boards[at(board)];
        if !it.online || (self.trouble && self.dice.permille(100)) {
            return;
        }
        let told = Box::new(it.tells(forward(board), undo(board)));
        let is_double = self.trouble && self.dice.permille(50);
        for _ in 0..=u32::from(is_double) {
            let late_s = if self.trouble && self.dice.permille(50) {
                self.dice.up_to(1000)
            } else {
                self.dice.up_to(3)
            };
            self.after(late_s, Event::Report { board, told: told.clone() });
        }
    }

    fn poll(&mut self, board: u32, connection: u32) {
        let it = &self.boards[at(board)];
        if !it.online || it.connection != connection {
            return;
        }
        self.report(board);
        self.answer(board);
        let poll_s = self.plan.poll_s / 2 + self.dice.up_to(self.plan.poll_s);
        self.after(poll_s, Event::Poll { board, connection });
    }

    /// What a board is offered sets out for it.
    fn answer(&mut self, board: u32) {
        let it = &self.boards[at(board)];
        let (what, connection, run) = (self.offers[at(board)], it.connection, self.run);
        if !it.online || self.live.is_none() || (self.trouble && self.dice.permille(100)) {
            return;
        }
        let seconds = self.dice.up_to(5);
        self.after(seconds, Event::Deliver { board, connection, run, what });
        if self.trouble && self.dice.permille(50) {
            self.after(seconds + 3, Event::Deliver { board, connection, run, what });
        }
    }

    pub(super) fn join(&mut self, board: u32) {
        let it = &mut self.boards[at(board)];
        if it.online {
            return;
        }
        it.online = true;
        it.connection += 1;
        let connection = it.connection;
        if it.progress.as_ref().is_some_and(|progress| !progress.is_final()) {
            it.work += 1;
            self.begin_work(board);
        }
        self.after(1, Event::Joined { board, connection });
        self.after(2, Event::Poll { board, connection });
    }

    fn joined(&mut self, board: u32, connection: u32) -> Result<(), Broken> {
        let it = &self.boards[at(board)];
        if it.online && it.connection == connection { self.input(&Input::Online(board)) } else { Ok(()) }
    }

    fn lost(&mut self, board: u32, connection: u32) -> Result<(), Broken> {
        let it = &self.boards[at(board)];
        if !it.online && it.connection == connection { self.input(&Input::Offline(board)) } else { Ok(()) }
    }

    fn churn(&mut self) {
        if !self.trouble {
            return;
        }
        let seconds = 1 + self.dice.up_to(self.plan.churn_s * 2);
        self.after(seconds, Event::Churn);
        let board = u32::try_from(self.dice.index(self.boards.len())).unwrap_or(0);
        match self.dice.up_to(19) {
            0 => self.crash(),
            1 if self.live.is_some() => self.backup = Some((self.header.clone(), self.rows.clone())),
            2 => self.boards[at(board)].is_later |= self.dice.permille(100),
            _ if self.boards[at(board)].online => self.leave(board),
            _ => self.join(board),
        }
    }

    fn leave(&mut self, board: u32) {
        let it = &mut self.boards[at(board)];
        it.online = false;
        let connection = it.connection;
        // Half of them lose their power, and what they did.
        it.work += u32::from(self.dice.permille(500));
        let seen_s = self.dice.up_to(30);
        self.after(seen_s, Event::Lost { board, connection });
    }

    pub(super) fn crash(&mut self) {
        if self.live.take().is_some() {
            let from_backup = self.trouble && self.backup.is_some() && self.dice.permille(200);
            let seconds = 1 + self.dice.up_to(300);
            self.after(seconds, Event::Start { from_backup });
        }
    }

    fn start(&mut self, from_backup: bool) -> Result<(), Broken> {
        self.run += 1;
        let backup = if from_backup { self.backup.take() } else { None };
        let is_older = backup.is_some();
        if let Some((header, rows)) = backup {
            (self.header, self.rows) = (header, rows);
        }
        let live = Rollout::restore(self.header.clone(), self.rows.clone(), self.now_s);
        let offers: Vec<_> = (0..).take(self.rows.len()).map(|board| has(live.offer(board))).collect();
        if !is_older && offers != self.offers {
            return Err(String::from("after a restart others are offered something than before"));
        }
        self.offers = offers;
        self.live = Some(live);
        self.timer_s = None;
        self.account.start(self.now_s);
        if is_older {
            self.was_restored = true;
            let boards = &self.boards;
            // A board that has a state of a later rollout is on its way with nothing of this one.
            let really =
                |board| if boards[at(board)].is_later { Has::Before } else { boards[at(board)].taken };
            self.account.restored(&self.header, &self.rows, really);
        }
        if is_older || self.is_to_say {
            // Said at each start until it is stored.
            self.is_to_say = true;
            self.input(&Input::Restored)?;
        }
        self.input(&Input::Time)?;
        for board in (0..).take(self.boards.len()) {
            let it = &self.boards[at(board)];
            if it.online {
                let (connection, told) = (it.connection, Box::new(it.tells(forward(board), undo(board))));
                let seconds = self.dice.up_to(30);
                self.after(seconds, Event::Joined { board, connection });
                self.after(seconds + 1, Event::Report { board, told });
            }
        }
        Ok(())
    }

    /// The controller takes something in, stores what changed, and only then lets boards know.
    pub(super) fn input(&mut self, input: &Input) -> Result<(), Broken> {
        let is_cut = self.trouble && self.dice.permille(2);
        let Some(live) = &mut self.live else { return Ok(()) };
        let Ok(changes) = live.step(input, self.now_s) else { return Ok(()) };
        if is_cut {
            self.crash();
            return Ok(());
        }
        let deadline = live.deadline();
        if deadline.is_some_and(|at_s| at_s <= self.now_s) {
            return Err(format!("it wants to be woken in the past, at {deadline:?}"));
        }
        let before = std::mem::replace(&mut self.header, live.header().clone());
        if before != self.header && !changes.header {
            return Err(String::from("the header changed and is not stored"));
        }
        if self.trace {
            std::println!("    {input:?} -> {:?}, {changes:?}", self.header.status);
        }
        self.is_to_say &= *input != Input::Restored;
        self.note(input);
        self.account.step(self.header.step, self.now_s)?;
        for board in &changes.members {
            self.store(*board)?;
        }
        self.account.check_step(self.header.status.is_over())?;
        self.check_stored(&changes.members)?;
        if let Some(at_s) = deadline
            && self.timer_s.is_none_or(|timer_s| at_s < timer_s)
        {
            self.timer_s = Some(at_s);
            self.after(at_s - self.now_s, Event::Timer);
        }
        Ok(())
    }

    fn note(&mut self, input: &Input) {
        match input {
            Input::Told(board, told) if told.taken > undo(*board) => self.account.leave(*board),
            Input::Told(board, told) => {
                if told.taken == undo(*board) {
                    self.account.went_back(*board);
                }
                let is_forward = told.taken == forward(*board) && self.rows[at(*board)].has < Has::Undo;
                self.account.told(*board, told, is_forward, self.now_s);
            }
            Input::Online(board) => self.account.came(*board, true, self.now_s),
            Input::Offline(board) => self.account.came(*board, false, self.now_s),
            Input::Cordoned(board, is_on) => self.account.cordon(*board, *is_on),
            Input::Revoked(board) | Input::TakenOver(board) => self.account.leave(*board),
            Input::Resume => self.account.resume(self.now_s),
            Input::Pause(_) | Input::Undo(_) | Input::Restored | Input::Time => {}
        }
    }

    /// A row is stored; then the board hears of it.
    fn store(&mut self, board: u32) -> Result<(), Broken> {
        let Some(live) = &self.live else { return Ok(()) };
        let row = live.members()[at(board)].clone();
        let offer = has(live.offer(board));
        let before = std::mem::replace(&mut self.rows[at(board)], row);
        let (row, goes_back) = (&self.rows[at(board)], self.goes_back());
        match (&before.part, &row.part) {
            (Part::Failed(_), Part::Failed(_)) => {}
            (Part::Offered { .. }, Part::Away | Part::Skipped) if !goes_back => {
                self.account.given_up(board, self.now_s)?;
            }
            (_, Part::Failed(_)) if !goes_back && row.has < Has::Undo => {
                self.account.silent(board, self.now_s)?;
            }
            (Part::Committed { .. }, Part::Committed { .. } | Part::Undoing { .. } | Part::Undone) => {}
            (Part::Committed { .. }, other) => {
                return Err(format!("board {board} had come to it, and is {other:?} now"));
            }
            _ => {}
        }
        if offer != self.offers[at(board)] {
            self.offers[at(board)] = offer;
            self.account.offered(board, self.boards[at(board)].taken, offer, self.now_s)?;
            self.answer(board);
        }
        Ok(())
    }

    pub(super) fn goes_back(&self) -> bool {
        matches!(self.header.status, Status::Undoing(_) | Status::Undone(_))
    }

    /// What was not said to have changed has not: some boards each time, now and then all of them.
    fn check_stored(&mut self, changed: &[u32]) -> Result<(), Broken> {
        let Some(live) = &self.live else { return Ok(()) };
        let count = self.rows.len();
        let all = self.dice.index(count) == 0;
        let first = self.dice.index(count);
        let some = (0..count).map(|index| (first + index) % count).take(if all { count } else { 2 });
        for index in some {
            let board = u32::try_from(index).unwrap_or(0);
            if !live.members()[index].is_stored_as(&self.rows[index])
                || has(live.offer(board)) != self.offers[index]
            {
                return Err(format!("board {board} changed, and only {changed:?} are stored"));
            }
        }
        if all && !live.index_is_true() {
            return Err(String::from("what was counted is not what counting gives"));
        }
        Ok(())
    }
}

fn has(offer: Offer) -> Has {
    match offer {
        Offer::Before => Has::Before,
        Offer::Forward => Has::Forward,
        Offer::Undo => Has::Undo,
    }
}
