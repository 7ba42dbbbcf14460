//! What the tasks tell the one place that decides, in the order in which it happened.

use crate::supervise::jobs::Finished;
use limpet_plan::{InstanceId, RunId};
use limpet_protocol::exit::Exit;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// One thing that a task has seen.
#[derive(Debug)]
pub(crate) enum Message {
    /// A child has ended.
    Job(Finished),
    /// One of those that are not waited for is to be looked at.
    Rung,
    /// A keeper said that its container's run is over.
    Ended {
        /// Which instance.
        id: InstanceId,
        /// How, and which run.
        exit: Exit,
    },
    /// A keeper is gone without a word.
    Lost {
        /// Which instance.
        id: InstanceId,
        /// Which run.
        run: RunId,
    },
    /// Time to look at a container again.
    Again(InstanceId),
    /// A signal.
    Signal(i32),
    /// The process that asks the controller has said something.
    Post,
    /// It can be told more.
    PostWritable,
    /// A client of the control socket asks for something.
    Client(crate::supervise::clients::Asked),
}

/// The queue; clones are the same queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailbox(Rc<RefCell<VecDeque<Message>>>);

impl Mailbox {
    /// Adds one.
    pub(crate) fn put(&self, message: Message) {
        self.0.borrow_mut().push_back(message);
    }

    /// Takes the oldest.
    #[must_use]
    pub(crate) fn take(&self) -> Option<Message> {
        self.0.borrow_mut().pop_front()
    }

    /// Nothing is waiting.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
