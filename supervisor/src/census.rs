//! All containers of an instance with what each does now.
//!
//! In: a board. Out: a [`Census`], newest container first. A container that goes away meanwhile is not in it; one whose
//! records are damaged is named apart, so that it hides nobody else.

use crate::board::Board;
use crate::control::{self, ControlError};
use crate::failure::Failure;
use limpet_protocol::container::Container;
use limpet_protocol::control::{Course, Instance, Report, State};
use limpet_protocol::id::ContainerId;
use limpet_runner::home::HomeError;
use limpet_runner::status::Status;

/// One container.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its record.
    pub container: Container,
    /// What it does.
    pub status: Status,
    /// What the supervisor says of it, if it was asked and answers for it.
    pub supervision: Option<Instance>,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Census {
    /// Newest first.
    pub containers: Vec<Listed>,
    /// Why others cannot be shown.
    pub damaged: Vec<Failure>,
}

impl Census {
    /// Counts them now.
    ///
    /// # Errors
    /// The directory of containers cannot be read.
    pub fn take(board: &Board) -> Result<Self, Failure> {
        let mut census = Self::default();
        for id in board.home.ids()? {
            match look(board, &id) {
                Ok(listed) => census.containers.push(listed),
                Err(HomeError::NotFound(_)) => {}
                Err(error) => census.damaged.push(error.into()),
            }
        }
        census.containers.sort_by_key(|listed| std::cmp::Reverse(listed.container.created_ns));
        Ok(census)
    }

    /// The same, with what the supervisor says of each that it answers for. A supervisor that does not answer is
    /// complained of, and one that is not there is not missed.
    ///
    /// # Errors
    /// The directory of containers cannot be read.
    pub fn take_supervised(board: &Board) -> Result<Self, Failure> {
        let mut census = Self::take(board)?;
        let complain = |error: &ControlError| crate::screen::complain(&error.to_string());
        let report = control::report_if_there(board.state(), complain);
        for listed in &mut census.containers {
            listed.supervise(&report);
        }
        Ok(census)
    }

    /// The containers, after a complaint about each that is damaged.
    #[must_use]
    pub fn complaining(self) -> Vec<Listed> {
        for failure in &self.damaged {
            crate::screen::complain(&failure.to_string());
        }
        self.containers
    }
}

fn look(board: &Board, id: &ContainerId) -> Result<Listed, HomeError> {
    let container = board.home.load(id)?;
    let status = limpet_runner::status::status(&board.home, id)?;
    Ok(Listed { container, status, supervision: None })
}

impl Listed {
    /// Takes from the report what is about it.
    pub fn supervise(&mut self, report: &Report) {
        let id = &self.container.keep.launch.id;
        let of_it = |instance: &&Instance| instance.container.as_ref() == Some(id);
        self.supervision = report.instances.iter().find(of_it).cloned();
    }

    /// docker's word for what it does: one that the supervisor is about to start again is restarting.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.is_restarting() { "restarting" } else { self.status.word() }
    }

    /// The supervisor is about to start it.
    #[must_use]
    pub fn is_on_its_way(&self) -> bool {
        self.supervision.as_ref().is_some_and(|instance| instance.course == Course::Going)
    }

    /// It has ended and the supervisor will start it again, or is about it.
    #[must_use]
    pub fn is_restarting(&self) -> bool {
        let Some(instance) = &self.supervision else { return false };
        match instance.state {
            State::Restarting => self.status.running().is_none(),
            State::Starting => matches!(self.status, Status::Exited(_)),
            State::Absent
            | State::Creating
            | State::Created
            | State::Running
            | State::Stopping
            | State::Ended
            | State::Clearing
            | State::Removing => false,
        }
    }

    /// Whether it was made from the image `digest`.
    #[must_use]
    pub fn uses(&self, digest: &str) -> bool {
        self.container.image.as_ref().is_some_and(|image| image.digest == digest)
    }
}
