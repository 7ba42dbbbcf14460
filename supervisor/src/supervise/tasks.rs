//! The tasks of the supervisor's one thread: smol's executor over this crate's [`Reactor`].

use crate::supervise::mailbox::Mailbox;
use crate::supervise::reactor::Reactor;
use rustix::io::Result;
use smol::{LocalExecutor, Task};
use std::future::Future;
use std::rc::Rc;

/// What every task needs; clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    executor: Rc<LocalExecutor<'static>>,
    /// Waiting.
    pub(crate) reactor: Rc<Reactor>,
    /// Telling.
    pub(crate) mailbox: Mailbox,
}

impl Tasks {
    /// None yet.
    ///
    /// # Errors
    /// The kernel has no epoll instance for us.
    pub(crate) fn new() -> Result<Self> {
        let reactor = Rc::new(Reactor::new()?);
        Ok(Self { executor: Rc::new(LocalExecutor::new()), reactor, mailbox: Mailbox::default() })
    }

    /// Begins a task; it ends with its handle.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) -> Task<()> {
        self.executor.spawn(task)
    }

    /// Runs every task as far as it gets without waiting.
    pub(crate) fn run(&self) {
        while self.executor.try_tick() {}
    }
}
