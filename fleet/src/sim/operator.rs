//! People: they pause, resume, undo, cordon and revoke as they like, and in the end see to it that everything comes to rest.

use super::Broken;
use super::board::Fate;
use super::world::{Event, World, at};
use crate::rollout::{Has, Input, Part, Status};

/// Seconds between two looks.
const LOOK_S: u64 = 150;

impl World {
    pub(super) fn operate(&mut self) -> Result<(), Broken> {
        let seconds = LOOK_S / 2 + self.dice.up_to(LOOK_S);
        self.after(seconds, Event::Operate);
        let by_hand = || String::from("by hand");
        let input = match self.header.status {
            Status::Paused(_) if self.was_restored && !self.is_known() => match self.dice.up_to(9) {
                0 => Input::Undo(by_hand()),
                _ => return Ok(()),
            },
            Status::Paused(_) => match self.dice.up_to(3) {
                0 => Input::Undo(by_hand()),
                1 if self.trouble => return Ok(()),
                _ => Input::Resume,
            },
            // Refused but where nobody is left who could tell.
            Status::Canary | Status::Batch(_) if self.dice.permille(300) => Input::Resume,
            Status::Done if !self.trouble && self.is_torn() => Input::Undo(by_hand()),
            Status::Canary | Status::Batch(_) | Status::Undoing(_) | Status::Done | Status::Undone(_)
                if self.trouble =>
            {
                return self.meddle();
            }
            Status::Canary
            | Status::Batch(_)
            | Status::Undoing(_)
            | Status::Done
            | Status::Undone(_)
            | Status::Superseded => return Ok(()),
        };
        self.input(&input)?;
        // A wish may be lost with the controller.
        self.was_restored &= matches!(self.header.status, Status::Paused(_));
        Ok(())
    }

    fn meddle(&mut self) -> Result<(), Broken> {
        let board = u32::try_from(self.dice.index(self.boards.len())).unwrap_or(0);
        let by_hand = || String::from("by hand");
        let input = match self.dice.up_to(99) {
            0..=3 => Input::Pause(by_hand()),
            4..=5 => Input::Undo(by_hand()),
            6..=19 => Input::Cordoned(board, true),
            20..=29 => Input::Cordoned(board, false),
            30 => Input::Revoked(board),
            31 => {
                self.boards[at(board)].is_later |= self.live.is_some();
                Input::TakenOver(board)
            }
            _ => return Ok(()),
        };
        self.input(&input)
    }

    /// Whether the controller knows what boards have.
    fn is_known(&self) -> bool {
        let pairs = self.boards.iter().zip(&self.rows);
        pairs.into_iter().all(|(board, row)| row.gone || row.has == board.taken)
    }

    /// Some have what was before although it is done: an undo was lost with the backup.
    fn is_torn(&self) -> bool {
        self.boards
            .iter()
            .zip(&self.rows)
            .any(|(board, row)| !row.gone && !board.is_later && board.taken == Has::Undo)
    }

    /// Faults and meddling end, and all must come to what is wanted.
    pub(super) fn come_to_rest(&mut self) -> Result<(), Broken> {
        self.trouble = false;
        for board in (0..).take(self.boards.len()) {
            self.join(board);
        }
        let strategy = &self.plan.strategy;
        let most_s = 60 * (strategy.patience_s + strategy.soak_s + 500) + 4000;
        let end_s = self.now_s + most_s;
        let mut uncordoned = false;
        let mut outcome = Err(String::from("no time went by"));
        let mut look_s = self.now_s;
        while self.now_s < end_s {
            self.next()?;
            if self.live.is_some() && !uncordoned {
                uncordoned = true;
                for board in (0..).take(self.boards.len()) {
                    self.input(&Input::Cordoned(board, false))?;
                }
            }
            if self.now_s >= look_s {
                look_s = self.now_s + LOOK_S;
                outcome = self.is_at_rest();
                if outcome.is_ok() {
                    return outcome;
                }
            }
        }
        outcome.map_err(|why| format!("it does not come to rest: {why}"))
    }

    fn is_at_rest(&self) -> Result<(), Broken> {
        if !self.header.status.is_over() {
            return Err(format!("it is {:?}", self.header.status));
        }
        for (board, row) in self.rows.iter().enumerate() {
            let it = &self.boards[board];
            if row.gone || it.is_later {
                continue;
            }
            let is_right = match (&self.header.status, &row.part, it.taken) {
                (Status::Done, Part::Committed { .. }, Has::Forward) => true,
                (Status::Done, Part::Failed(_), Has::Forward) => {
                    matches!(it.fate, Fate::Reverts | Fate::Stops | Fate::Hangs)
                }
                (Status::Undone(_), Part::Undone, Has::Undo) => true,
                (Status::Undone(_), Part::Skipped, Has::Before) => true,
                _ => false,
            };
            if !is_right {
                return Err(format!(
                    "{:?}, board {board} has {:?} and is {it:?}, {row:?}",
                    self.header.status, it.taken
                ));
            }
        }
        Ok(())
    }
}
